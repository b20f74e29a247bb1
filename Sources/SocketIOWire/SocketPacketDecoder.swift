// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// Assembles the packets of one session from its messages: a text, then the attachments that the text announced. The
/// decoder belongs to the session, so that an event survives a change of transport before its attachments.
///
/// ```
/// text ──► head ──► JSON scanned ──► no attachments ──► packet
///                                 └► attachments ──► binary … binary ──► packet
/// ```
package struct SocketPacketDecoder: Sendable {
    // Three words in all: an existential container has room for them. With more, each connection would have a box for
    // its decoder, and each packet would pay for looking into it: 50 instructions, a hundredth of an echo.
    private let attachmentLimit: UInt32
    private let depthLimit: UInt32
    /// How many bytes the attachments of one packet may have together.
    package let maxAttachmentBytes: Int
    /// The packet whose attachments are outstanding.
    private var pending: SocketPacket?

    /// How many attachments one packet may have.
    package var maxAttachments: Int { Int(attachmentLimit) }
    /// How deep a packet's JSON may be nested.
    package var maxDepth: Int { Int(depthLimit) }

    package init(
        maxAttachments: Int = 10,
        maxAttachmentBytes: Int = .max,
        maxDepth: Int = JSONScanner.defaultMaxDepth
    ) {
        self.attachmentLimit = UInt32(clamping: maxAttachments)
        self.maxAttachmentBytes = maxAttachmentBytes
        self.depthLimit = UInt32(clamping: maxDepth)
    }

    /// Whether the next message must be binary.
    package var isAwaitingAttachments: Bool { pending != nil }

    /// The packet whose attachments are outstanding, as far as it has come.
    package var partial: SocketPacket? { pending }

    /// Takes a text message.
    /// - Parameters:
    ///   - text: the bytes after the `4` of the Engine.IO packet, checked UTF-8. It may be a slice of a buffer that is
    ///     used again after the call: a packet that waits for attachments is copied, a complete packet is not.
    ///   - packet: a new or cleared packet, to be filled.
    /// - Returns: whether the packet is complete; false when attachments are outstanding.
    /// - Throws: ``SocketIOError``; the caller must then close the connection.
    package mutating func text(_ text: consuming ByteBuffer, into packet: SocketPacket) throws(SocketIOError) -> Bool {
        guard pending == nil else {
            pending = nil
            throw .textWhileAttachmentsOutstanding
        }
        if let error = text.withUnsafeReadableBytes({ read($0, into: &packet.contents) }) { throw error }
        let payloadLength = packet.contents.payloadBytes.count
        if payloadLength > 0 {
            text.moveReaderIndex(to: text.writerIndex - payloadLength)
            packet.contents.payload = consume text
        }
        guard packet.attachmentCount > 0 else { return true }
        pending = packet.kept()
        return false
    }

    /// Takes a binary message, an attachment.
    /// - Parameter data: the raw bytes, which are copied.
    /// - Returns: the packet, with memory of its own, or nil when more attachments are outstanding.
    /// - Throws: ``SocketIOError/unexpectedBinary``, ``SocketIOError/attachmentsTooLarge``.
    package mutating func binary(_ data: ByteBuffer) throws(SocketIOError) -> SocketPacket? {
        guard let packet = pending else { throw .unexpectedBinary }
        packet.attachmentBytes += data.readableBytes
        guard packet.attachmentBytes <= maxAttachmentBytes else {
            pending = nil
            throw .attachmentsTooLarge
        }
        packet.contents.attachments.append(Self.copy(data))
        if packet.attachments.count < packet.attachmentCount { return nil }
        pending = nil
        return packet
    }

    /// As ``text(_:into:)``.
    /// - Returns: the packet, or nil when attachments are outstanding.
    package mutating func text(_ text: ByteBuffer) throws(SocketIOError) -> SocketPacket? {
        let packet = SocketPacket()
        return try self.text(text, into: packet) ? packet : nil
    }

    private static func copy(_ buffer: ByteBuffer) -> ByteBuffer {
        var copy = ByteBufferAllocator().buffer(capacity: buffer.readableBytes)
        copy.writeImmutableBuffer(buffer)
        return copy
    }

    // MARK: - One text

    /// Fills in everything but `payload`, the buffer.
    private func read(_ text: UnsafeRawBufferPointer, into packet: inout SocketPacket.Contents) -> SocketIOError? {
        var start = 0
        if let error = SocketPacketHead.read(
            text, maxAttachments: maxAttachments, into: &packet, payloadStart: &start)
        {
            return error
        }
        // A missing payload is accepted for every type, as in the reference server.
        guard start < text.count else { return nil }
        packet.payloadBytes = UnsafeRawBufferPointer(rebasing: text[start...])
        return readPayload(packet.payloadBytes, into: &packet)
    }

    private func readPayload(_ payload: UnsafeRawBufferPointer, into packet: inout SocketPacket.Contents)
        -> SocketIOError?
    {
        let kind: JSONKind
        switch JSONCursor.scan(payload, maxDepth: maxDepth, elements: &packet.elements) {
        case .failure(let fault): return SocketIOError(fault)
        case .success(let scanned): kind = scanned
        }
        switch packet.type {
        case .connect:
            guard kind == .object else { return .invalidPayload }
        case .disconnect:
            return .invalidPayload
        case .connectError:
            guard kind == .object || kind == .string else { return .invalidPayload }
        case .event, .binaryEvent:
            guard kind == .array, packet.elements.count > 0,
                let name = EventName(in: payload, packet.elements[0])
            else { return .invalidPayload }
            guard !name.isReserved else { return .reservedEvent }
            packet.name = name
            packet.hasName = true
        case .ack, .binaryAck:
            guard kind == .array else { return .invalidPayload }
        }
        guard packet.type.isBinary else { return nil }
        let legal = 0..<packet.attachmentCount
        let areLegal = Placeholder.find(in: payload).allSatisfy { $0.index.map(legal.contains) ?? false }
        return areLegal ? nil : .illegalAttachments
    }
}
