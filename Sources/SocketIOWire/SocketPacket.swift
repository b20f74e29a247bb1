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
    package var eventName: EventName? { hasName ? name : nil }
    /// The same; the empty name for packets without one.
    package internal(set) var name = EventName("")
    package internal(set) var hasName = false
    /// The binary messages that followed the packet.
    package internal(set) var attachments: [ByteBuffer] = []

    var elements = ElementRanges()

    package init() {}

    /// The arguments of an event (without its name) or of an acknowledgement, each a slice of the payload; empty for the
    /// other types.
    package var arguments: [ByteBuffer] {
        guard let payload else { return [] }
        return Array(elements.slices(of: payload).dropFirst(firstArgument))
    }

    /// The JSON text of one argument, a slice of the payload; nil when there are fewer.
    package func argument(_ index: Int) -> ByteBuffer? {
        guard let payload, let range = range(from: index, through: index) else { return nil }
        // The range was found within the payload, so there is always a slice.
        return payload.getSlice(at: payload.readerIndex + range.lowerBound, length: range.count)
    }

    /// The same, copied.
    package func copyOfArgument(_ index: Int) -> [UInt8]? {
        copyOfPayload(range(from: index, through: index))
    }

    /// The JSON text of all arguments from one on, with the commas between them, copied; nil when there is none.
    package func copyOfArguments(from index: Int) -> [UInt8]? {
        copyOfPayload(range(from: index, through: elements.count - firstArgument - 1))
    }

    /// Where arguments lie in the payload.
    private func range(from first: Int, through last: Int) -> Range<Int>? {
        guard first <= last, firstArgument + last < elements.count else { return nil }
        return elements[firstArgument + first].lowerBound..<elements[firstArgument + last].upperBound
    }

    private func copyOfPayload(_ range: Range<Int>?) -> [UInt8]? {
        guard let range else { return nil }
        return payload?.withUnsafeReadableBytes { Array($0[range]) }
    }

    /// Which element of the payload the first argument is.
    private var firstArgument: Int { hasName ? 1 : 0 }

    /// Moves what may lie in memory that is used again into memory of its own.
    package mutating func retain() {
        payload = payload.map { ByteBuffer(bytes: $0.readableBytesView) }
        // The decoder has copied all attachments but the last, which is the one that completed the packet.
        if let last = attachments.popLast() { attachments.append(ByteBuffer(bytes: last.readableBytesView)) }
    }
}
