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
/// An object, which can be used again: as a value, of some 170 bytes with five references, it was copied by most of the
/// functions that it passed. Who keeps a packet keeps what ``kept()`` gives.
///
/// `@unchecked Sendable`: one that is used again is used on one event loop only; one that is kept never changes.
package final class SocketPacket: @unchecked Sendable {
    /// What the decoder fills in.
    struct Contents {
        var type = SocketPacketType.connect
        var attachmentCount = 0
        var namespace = "/"
        var ackID: Int?
        var payload: ByteBuffer?
        /// The bytes of the payload. Valid as long as that holds the memory in which they lie: to write to memory that
        /// others hold as well, a ByteBuffer makes a copy.
        var payloadBytes = UnsafeRawBufferPointer(start: nil, count: 0)
        var name = EventName()
        var hasName = false
        var attachments: [ByteBuffer] = []
        var elements = ElementRanges()

        /// Moves the payload into memory of its own.
        mutating func retainPayload() {
            guard let payload else { return }
            let copy = ByteBuffer(bytes: payload.readableBytesView)
            self.payload = copy
            payloadBytes = copy.withUnsafeReadableBytes { $0 }
        }

        mutating func clear() {
            type = .connect
            attachmentCount = 0
            namespace = "/"
            ackID = nil
            payload = nil
            payloadBytes = UnsafeRawBufferPointer(start: nil, count: 0)
            name = EventName()
            hasName = false
            attachments.removeAll()
            elements.removeAll()
        }
    }

    // `@exclusivity(unchecked)`: only the decoder changes it, and calls nothing meanwhile that comes back to it. Other
    // modules read it through accessors, since what they did themselves would be checked at run time all the same.
    @exclusivity(unchecked) var contents = Contents()
    /// Whether nothing of it lies in memory that is used again.
    private let ownsMemory: Bool

    package init() {
        ownsMemory = false
    }

    private init(keeping packet: SocketPacket) {
        contents = packet.contents
        contents.retainPayload()
        ownsMemory = true
    }

    /// The same packet, with memory of its own, to be kept.
    package func kept() -> SocketPacket {
        ownsMemory ? self : SocketPacket(keeping: self)
    }

    /// Fills in a packet that came in another form than this module's. Its arguments, if it has some, are told after.
    /// - Parameters:
    ///   - payload: the bytes in which the arguments lie; of a packet that has none, what else it carries.
    package func fill(
        _ type: SocketPacketType,
        namespace: String,
        ackID: Int? = nil,
        name: EventName? = nil,
        payload: ByteBuffer?
    ) {
        contents.type = type
        contents.namespace = namespace
        contents.ackID = ackID
        contents.payload = payload
        contents.payloadBytes = payload?.withUnsafeReadableBytes { $0 } ?? .init(start: nil, count: 0)
        contents.hasName = name != nil
        guard let name else { return }
        contents.name = name
        contents.elements.append(from: 0, to: 0)
    }

    /// Tells where the next argument lies, which must be in the payload, counted from its first byte.
    package func addArgument(_ range: Range<Int>) {
        contents.elements.append(from: range.lowerBound, to: range.upperBound)
    }

    /// Forgets everything, so that the packet can be filled again.
    package func clear() {
        contents.clear()
    }

    package var type: SocketPacketType { contents.type }
    /// How many attachments the packet announced.
    package var attachmentCount: Int { contents.attachmentCount }
    /// The namespace, `/` when the packet named none. A query in it (`/admin?x=1`) is part of the name.
    package var namespace: String { contents.namespace }
    /// The acknowledgement id, 0 to 2^53 - 1.
    package var ackID: Int? { contents.ackID }
    /// The JSON text as it came, a slice of what was decoded; valid JSON of the kind that the type asks for.
    package var payload: ByteBuffer? { contents.payload }
    /// The name of an event; nil for the other types, and for an event with no payload at all (`42`), which the
    /// reference takes and nobody hears.
    package var eventName: EventName? { contents.hasName ? contents.name : nil }
    /// The same; the empty name for packets without one.
    package var name: EventName { contents.name }
    package var hasName: Bool { contents.hasName }
    /// The binary messages that followed the packet.
    package var attachments: [ByteBuffer] { contents.attachments }

    /// The arguments of an event (without its name) or of an acknowledgement, each a slice of the payload; empty for the
    /// other types.
    package var arguments: [ByteBuffer] {
        guard let payload else { return [] }
        return Array(contents.elements.slices(of: payload).dropFirst(firstArgument))
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
        copyOfPayload(range(from: index, through: contents.elements.count - firstArgument - 1))
    }

    /// Where arguments lie in the payload.
    private func range(from first: Int, through last: Int) -> Range<Int>? {
        guard first <= last, firstArgument + last < contents.elements.count else { return nil }
        return contents.elements[firstArgument + first].lowerBound..<contents.elements[firstArgument + last].upperBound
    }

    private func copyOfPayload(_ range: Range<Int>?) -> [UInt8]? {
        range.map { Array(UnsafeRawBufferPointer(rebasing: contents.payloadBytes[$0])) }
    }

    /// Which element of the payload the first argument is.
    private var firstArgument: Int { hasName ? 1 : 0 }
}
