// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// The type of a Socket.IO 5 packet, its first digit (Protocol.md, section 2).
package enum SocketPacketType: UInt8, Sendable, CaseIterable {
    case connect = 0
    case disconnect = 1
    case event = 2
    case ack = 3
    case connectError = 4
    case binaryEvent = 5
    case binaryAck = 6

    /// Whether attachments follow the packet.
    package var isBinary: Bool { self == .binaryEvent || self == .binaryAck }

    /// The digit as it is written.
    package var digit: UInt8 { UInt8(ascii: "0") + rawValue }
}

/// One Socket.IO packet with its attachments, checked whole; its JSON is kept as text.
///
/// The decoder fills one value in place: it is some 170 bytes, and copying it through each step of decoding cost more
/// than scanning the text (measured in instructions).
package struct SocketPacket: Sendable {
    package internal(set) var type = SocketPacketType.connect
    /// How many attachments the packet announced.
    package internal(set) var attachmentCount = 0
    /// The namespace, `/` when the packet named none. A query in it (`/admin?x=1`) is part of the name.
    package internal(set) var namespace = "/"
    /// The acknowledgement id, 0 to 2^53 - 1.
    package internal(set) var ackID: Int?
    /// The JSON text as it came, a slice of what was decoded; valid JSON of the kind that the type asks for.
    package internal(set) var payload: ByteBuffer?
    /// The name of an event; nil for the other types, and for an event with no payload at all (`42`), which the
    /// reference takes and nobody hears.
    package internal(set) var eventName: EventName?
    /// The binary messages that followed the packet.
    package internal(set) var attachments: [ByteBuffer] = []

    var elements = ElementRanges()

    /// The arguments of an event (without its name) or of an acknowledgement; empty for the other types.
    package var arguments: ArgumentSlices {
        guard let payload else { return ArgumentSlices() }
        return ArgumentSlices(payload: payload, elements: elements, dropFirst: eventName != nil)
    }
}
