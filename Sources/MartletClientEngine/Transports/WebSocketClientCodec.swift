// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import EngineIOWire
internal import NIOCore
internal import WebSocketWire

/// The frames of a WebSocket, as its client reads and writes them (RFC 6455, 5; RFC 7692). Does no I/O.
final class WebSocketClientCodec {
    private let loop: ClientLoop
    private let deflater: Deflater?
    private var decoder: WebSocketDecoder
    /// Frames that leave with the next flush.
    private(set) var output = ByteBuffer()

    private static let settings = PerMessageDeflateConfiguration()

    init(limits: WebSocketLimits, deflate: PerMessageDeflateParameters?, loop: ClientLoop) {
        self.loop = loop
        self.deflater = deflate.map {
            Deflater(parameters: $0, configuration: Self.settings, role: .client, pool: loop.deflatePool)
        }
        let inflater = deflate.map { Inflater(parameters: $0, role: .client, pool: loop.deflatePool) }
        self.decoder = WebSocketDecoder(role: .client, limits: limits, inflater: inflater)
    }

    func feed(_ bytes: consuming ByteBuffer) { self.decoder.feed(bytes) }

    /// The next message or control frame, whose memory is used again.
    func next() throws(WebSocketError) -> WebSocketEvent? {
        try self.decoder.next(into: &self.loop.received)
    }

    func write(_ packet: EnginePacket) {
        switch packet {
        case .text(let text): self.write(.text, prefix: UInt8(ascii: "4"), text)
        case .binary(let bytes): self.write(.binary, prefix: nil, bytes)
        case .open, .close, .ping, .pong, .upgrade, .noop:
            self.loop.plain.clear()
            packet.writeText(into: &self.loop.plain)
            self.write(.text, prefix: nil, self.loop.plain)
        }
    }

    private func write(_ opcode: WebSocketOpcode, prefix: UInt8?, _ payload: ByteBuffer) {
        if let deflater = self.deflater, payload.readableBytes >= Self.settings.threshold,
            self.compress(prefix, payload, deflater)
        {
            return WebSocketFrame.writeMasked(
                opcode: opcode, rsv1: true, payload: self.loop.compressed, mask: self.loop.nextMask(),
                into: &self.output)
        }
        WebSocketFrame.writeMasked(
            opcode: opcode, prefix: prefix, payload: payload, mask: self.loop.nextMask(), into: &self.output)
    }

    /// Compresses a message into the loop's memory.
    /// - Returns: false without memory for a context: the message then goes as it is (RFC 7692, 6).
    private func compress(_ prefix: UInt8?, _ payload: ByteBuffer, _ deflater: Deflater) -> Bool {
        self.loop.plain.clear()
        if let prefix { self.loop.plain.writeInteger(prefix) }
        self.loop.plain.writeImmutableBuffer(payload)
        self.loop.compressed.clear()
        let plain = self.loop.plain
        return plain.withUnsafeReadableBytes { bytes in
            (try? deflater.compress(bytes, into: &self.loop.compressed)) != nil
        }
    }

    func writePing() { WebSocketFrame.writePing(mask: self.loop.nextMask(), into: &self.output) }

    func writePong(_ data: ByteBuffer) {
        WebSocketFrame.writePong(data, mask: self.loop.nextMask(), into: &self.output)
    }

    func writeClose(_ code: WebSocketCloseCode?, reason: String = "") {
        WebSocketFrame.writeClose(code, reason: reason, mask: self.loop.nextMask(), into: &self.output)
    }

    /// What has been written since the last call; `nil` if that is nothing.
    func takeOutput() -> ByteBuffer? {
        guard self.output.readableBytes > 0 else { return nil }
        defer { self.output = ByteBuffer() }
        return self.output
    }
}
