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

/// One complete Socket.IO packet with its attachments. Its JSON has been checked, and is kept as text.
///
/// A class, so that the decoder can fill the same instance again: a struct of some 170 bytes with five references would
/// be copied by most functions that pass it on. A caller that keeps a packet must keep the result of ``kept()``
/// instead.
///
/// `@unchecked Sendable`: a packet that is filled again is used on one event loop only; a kept packet never changes.
package final class SocketPacket: @unchecked Sendable {
    /// The members that the decoder fills in.
    struct Contents {
        var type = SocketPacketType.connect
        var attachmentCount = 0
        var namespace = "/"
        var ackID: Int?
        var payload: ByteBuffer?
        /// The bytes of the payload. Valid as long as `payload` holds the memory in which they lie: a ByteBuffer that
        /// writes to memory which others share makes a copy first.
        var payloadBytes = UnsafeRawBufferPointer(start: nil, count: 0)
        var name = EventName()
        var hasName = false
        var attachments: [ByteBuffer] = []
        var elements = ElementRanges()

        /// Copies the payload, so that the packet shares no memory with the decoder's input.
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

    // `@exclusivity(unchecked)`: only the decoder changes it, and the decoder calls nothing meanwhile that comes back
    // to it. Other modules read it through this class's accessors: direct accesses from there would be checked at run
    // time all the same.
    @exclusivity(unchecked) var contents = Contents()
    /// The bytes of the attachments that have come for a packet that waits for them, which is a kept one.
    @exclusivity(unchecked) var attachmentBytes = 0
    /// Whether the packet owns all its memory. Otherwise the payload may lie in a buffer that is used again.
    private let ownsMemory: Bool

    package init() {
        ownsMemory = false
    }

    private init(keeping packet: SocketPacket) {
        contents = packet.contents
        contents.retainPayload()
        ownsMemory = true
    }

    /// The packet in a form that may be kept: this one if it owns its memory, else a copy.
    package func kept() -> SocketPacket {
        ownsMemory ? self : SocketPacket(keeping: self)
    }

    /// Fills in a packet that did not come as Socket.IO text. The caller then adds each argument with
    /// ``addArgument(_:)``.
    /// - Parameters:
    ///   - payload: the bytes in which the arguments lie; for a packet type without arguments, its other data.
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

    /// Adds the next argument, given by its range in the payload, counted from the payload's first byte.
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
    /// The JSON text as it came, a slice of the decoded buffer: valid JSON of the kind that the packet type requires.
    package var payload: ByteBuffer? { contents.payload }
    /// The name of an event; nil for the other types, and for an event without a payload (`42`), which the reference
    /// server accepts and delivers to no listener.
    package var eventName: EventName? { contents.hasName ? contents.name : nil }
    /// The name of an event; the empty name for packets without a name.
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

    /// The JSON text of one argument, a slice of the payload; nil when the packet has fewer arguments.
    package func argument(_ index: Int) -> ByteBuffer? {
        guard let payload, let range = range(from: index, through: index) else { return nil }
        // The range lies within the payload, so the slice always exists.
        return payload.getSlice(at: payload.readerIndex + range.lowerBound, length: range.count)
    }

    /// The JSON text of one argument, copied; nil when the packet has fewer arguments.
    package func copyOfArgument(_ index: Int) -> [UInt8]? {
        copyOfPayload(range(from: index, through: index))
    }

    /// The JSON text of the argument at `index` and all after it, with the commas between them, copied; nil when there
    /// are none.
    package func copyOfArguments(from index: Int) -> [UInt8]? {
        copyOfPayload(range(from: index, through: contents.elements.count - firstArgument - 1))
    }

    /// The range of the arguments from `first` through `last` in the payload.
    private func range(from first: Int, through last: Int) -> Range<Int>? {
        guard first <= last, firstArgument + last < contents.elements.count else { return nil }
        return contents.elements[firstArgument + first].lowerBound..<contents.elements[firstArgument + last].upperBound
    }

    private func copyOfPayload(_ range: Range<Int>?) -> [UInt8]? {
        range.map { Array(UnsafeRawBufferPointer(rebasing: contents.payloadBytes[$0])) }
    }

    /// The index of the first argument among the payload's elements.
    private var firstArgument: Int { hasName ? 1 : 0 }
}
