// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// Why a Socket.IO packet is malformed (as the reference server has it). Every case closes the connection.
package enum SocketIOError: Error, Equatable, Sendable {
    /// No digit from 0 to 6, or nothing at all.
    case unknownPacketType
    /// The number of attachments is no number, or a placeholder names one that there is not.
    case illegalAttachments
    case tooManyAttachments
    /// Above 2^53 - 1.
    case invalidAckID
    /// The payload is not JSON, or not what its packet type asks for.
    case invalidPayload
    /// The payload is nested deeper than the limit.
    case nestingTooDeep
    /// An event named as one of those that the protocol keeps for itself.
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
        case .invalidAckID: "invalid acknowledgement id"
        case .invalidPayload: "invalid payload"
        case .nestingTooDeep: "payload nested too deep"
        case .reservedEvent: "reserved event name"
        case .textWhileAttachmentsOutstanding: "text while attachments are outstanding"
        case .unexpectedBinary: "binary with no attachment outstanding"
        }
    }
}
