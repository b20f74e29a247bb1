// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// Why a Socket.IO packet is malformed. As in the reference server, every case closes the connection.
package enum SocketIOError: Error, Equatable, Sendable {
    /// The packet is empty, or does not begin with a digit from 0 to 6.
    case unknownPacketType
    /// The number of attachments is not a number, or a placeholder names an attachment that does not exist.
    case illegalAttachments
    case tooManyAttachments
    case attachmentsTooLarge
    /// The acknowledgement id is above 2^53 - 1.
    case invalidAckID
    /// The payload is not JSON, or is of another kind than the packet type requires.
    case invalidPayload
    /// The payload is nested deeper than the limit.
    case nestingTooDeep
    /// An event has one of the names that the protocol reserves.
    case reservedEvent
    case textWhileAttachmentsOutstanding
    case unexpectedBinary

    init(_ fault: JSONFault) {
        switch fault {
        case .malformed: self = .invalidPayload
        case .tooDeep: self = .nestingTooDeep
        }
    }

    /// The reason with which the connection is closed.
    package var closeReason: String { "parse error" }
}

extension SocketIOError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unknownPacketType: "unknown packet type"
        case .illegalAttachments: "illegal attachments"
        case .tooManyAttachments: "too many attachments"
        case .attachmentsTooLarge: "attachments too large"
        case .invalidAckID: "invalid acknowledgement id"
        case .invalidPayload: "invalid payload"
        case .nestingTooDeep: "payload nested too deep"
        case .reservedEvent: "reserved event name"
        case .textWhileAttachmentsOutstanding: "text while attachments are outstanding"
        case .unexpectedBinary: "binary with no attachment outstanding"
        }
    }
}
