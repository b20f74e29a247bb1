// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// Puts the packets of one session together from its messages: a text, then the attachments that it announced.
/// It lives with the session, so that an event survives a change of transport before its attachments.
///
/// ```
/// text ──► head ──► JSON scanned ──► no attachments ──► packet
///                                 └► attachments ──► binary … binary ──► packet
/// ```
package struct SocketPacketDecoder: Sendable {
    /// How many attachments one packet may have.
    package let maxAttachments: Int
    /// How deep a packet's JSON may be nested.
    package let maxDepth: Int

    /// The packet whose attachments are outstanding, or none: an empty array takes 8 bytes, and an Optional 170.
    private var pending: [SocketPacket] = []

    package init(maxAttachments: Int = 10, maxDepth: Int = JSONScanner.defaultMaxDepth) {
        self.maxAttachments = maxAttachments
        self.maxDepth = maxDepth
    }

    /// Whether the next message must be binary.
    package var isAwaitingAttachments: Bool { !pending.isEmpty }

    /// Takes a text message.
    /// - Parameters:
    ///   - text: what follows the `4` of the Engine.IO packet, checked UTF-8. It may be a slice of a buffer that is
    ///     used again after the call: what has to wait for attachments is copied, what is returned is not.
    ///   - packet: a new one, to be filled in place: one is some 170 bytes with five references, and each copy on its
    ///     way cost as much as scanning the text (measured in instructions).
    /// - Returns: whether the packet is complete; false when attachments are outstanding.
    /// - Throws: ``SocketIOError``, after which the connection has to be closed.
    package mutating func text(_ text: ByteBuffer, into packet: inout SocketPacket) throws(SocketIOError) -> Bool {
        guard pending.isEmpty else {
            pending = []
            throw .textWhileAttachmentsOutstanding
        }
        var payloadStart = 0
        if let error = text.withUnsafeReadableBytes({ read($0, into: &packet, payloadStart: &payloadStart) }) {
            throw error
        }
        let length = text.readableBytes - payloadStart
        if length > 0 {
            packet.payload = text.getSlice(at: text.readerIndex + payloadStart, length: length)
        }
        guard packet.attachmentCount > 0 else { return true }
        packet.payload = packet.payload.map(Self.copy)
        packet.attachments.reserveCapacity(packet.attachmentCount)
        pending = [packet]
        return false
    }

    /// Takes a binary message, an attachment.
    /// - Parameters:
    ///   - data: the raw bytes; as for ``text(_:into:)``, copied only when they have to wait.
    ///   - packet: set to the packet, with its last attachment, when it is complete.
    /// - Returns: whether it is.
    /// - Throws: ``SocketIOError/unexpectedBinary``.
    package mutating func binary(_ data: ByteBuffer, into packet: inout SocketPacket) throws(SocketIOError) -> Bool {
        guard var waiting = pending.popLast() else { throw .unexpectedBinary }
        let isLast = waiting.attachments.count + 1 == waiting.attachmentCount
        waiting.attachments.append(isLast ? data : Self.copy(data))
        if isLast { packet = waiting } else { pending = [waiting] }
        return isLast
    }

    /// As ``text(_:into:)``.
    /// - Returns: the packet, or nil when attachments are outstanding.
    package mutating func text(_ text: ByteBuffer) throws(SocketIOError) -> SocketPacket? {
        var packet = SocketPacket()
        return try self.text(text, into: &packet) ? packet : nil
    }

    /// As ``binary(_:into:)``.
    /// - Returns: the packet, or nil when more attachments are outstanding.
    package mutating func binary(_ data: ByteBuffer) throws(SocketIOError) -> SocketPacket? {
        var packet = SocketPacket()
        return try binary(data, into: &packet) ? packet : nil
    }

    private static func copy(_ buffer: ByteBuffer) -> ByteBuffer {
        var copy = ByteBufferAllocator().buffer(capacity: buffer.readableBytes)
        copy.writeImmutableBuffer(buffer)
        return copy
    }

    // MARK: - One text

    private func read(
        _ bytes: UnsafeRawBufferPointer,
        into packet: inout SocketPacket,
        payloadStart: inout Int
    ) -> SocketIOError? {
        if let error = SocketPacketHead.read(
            bytes, maxAttachments: maxAttachments, into: &packet, payloadStart: &payloadStart)
        {
            return error
        }
        // No payload at all is taken for every type, as in the reference.
        guard payloadStart < bytes.count else { return nil }
        return readPayload(UnsafeRawBufferPointer(rebasing: bytes[payloadStart...]), into: &packet)
    }

    private func readPayload(_ payload: UnsafeRawBufferPointer, into packet: inout SocketPacket) -> SocketIOError? {
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
                let name = EventName(json: UnsafeRawBufferPointer(rebasing: payload[packet.elements[0]]))
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
