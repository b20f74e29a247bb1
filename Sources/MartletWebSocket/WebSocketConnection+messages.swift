// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEngine
package import NIOCore
package import WebSocketWire

extension WebSocketConnection {
    /// The compression that a connection negotiated (RFC 7692).
    package final class Compression {
        let deflater: Deflater
        let inflater: Inflater
        let configuration: PerMessageDeflateConfiguration
        /// Whether a message was received or compressed since the previous heartbeat.
        private var wasUsed = false

        package init(
            parameters: PerMessageDeflateParameters,
            configuration: PerMessageDeflateConfiguration,
            loop: WebSocketLoop
        ) {
            self.configuration = configuration
            self.inflater = Inflater(parameters: parameters, role: .server, pool: loop.deflatePool)
            self.deflater = Deflater(
                parameters: parameters,
                configuration: configuration,
                role: .server,
                pool: loop.deflatePool
            )
        }

        func noteUse() {
            self.wasUsed = true
        }

        /// - Parameter isInMessage: whether the inflater is in the middle of a message.
        fileprivate func heartbeat(isInMessage: Bool) {
            if !self.wasUsed, !isInMessage {
                self.deflater.releaseContext()
                self.inflater.releaseContext()
            }
            self.wasUsed = false
        }
    }

    /// Which messages a connection compresses, and the compressed frames that it shares with other connections. Stored
    /// in the connection itself, so that a delivery of a broadcast need not read the memory of its ``Compression``.
    struct CompressionPolicy {
        /// The size from which on a message is compressed, in bytes.
        private let threshold: Int
        /// The compressed frames that go to connections with a window of the same size; `nil` without compression.
        let sharedFrames: SharedFrames?

        init(_ compression: Compression?, _ loop: WebSocketLoop) {
            self.threshold = compression?.configuration.threshold ?? .max
            self.sharedFrames = compression.map { loop.compressedFrames(windowBits: $0.deflater.windowBits) }
        }

        /// - Parameter digit: a first byte of the message, before the payload.
        func compresses(_ digit: UInt8?, _ payload: ByteBuffer) -> Bool {
            payload.readableBytes + (digit == nil ? 0 : 1) >= self.threshold
        }
    }

    /// Sends a message, compressed if compression was negotiated and the message is long enough.
    /// - Parameter digit: a first byte of the message, before the payload.
    package func send(_ opcode: WebSocketOpcode, digit: UInt8? = nil, _ payload: ByteBuffer) {
        guard self.isOpen else { return }
        if self.compressionPolicy.compresses(digit, payload), self.sendCompressed(opcode, digit: digit, payload) {
            return
        }
        self.write { WebSocketFrame.writeUnmasked(opcode: opcode, prefix: digit, payload: payload, into: &$0) }
    }

    /// Called with each heartbeat of the session: frees the compression contexts if no message came or went since the
    /// previous heartbeat. Only a connection with context takeover has contexts between messages, up to 300 kilobytes.
    /// The history that the peer may still refer to stays, at most 32 kilobytes.
    package func heartbeat() {
        guard let compression = self.compression else { return }
        compression.heartbeat(isInMessage: self.isInMessage)
    }

    private func sendCompressed(_ opcode: WebSocketOpcode, digit: UInt8?, _ payload: ByteBuffer) -> Bool {
        guard let compression = self.compression else { return false }
        compression.noteUse()
        if self.state.hasSharedCompressed {
            // The next message must not refer to a history that lacks the shared messages sent since.
            self.state.hasSharedCompressed = false
            compression.deflater.forgetHistory()
        }
        do throws(WebSocketError) {
            try self.compress(digit, payload, compression.deflater.compress)
        } catch {
            // No memory for a context: send the message uncompressed, which is always allowed (RFC 7692, 6).
            return false
        }
        self.loop.deflatePool.traffic.sent(
            plain: self.loop.memory.plain.readableBytes, compressed: self.loop.memory.compressed.readableBytes)
        self.write {
            WebSocketFrame.writeUnmasked(opcode: opcode, rsv1: true, payload: self.loop.memory.compressed, into: &$0)
        }
        return true
    }

    /// Compresses a message into the loop's `memory.compressed`.
    private func compress(
        _ digit: UInt8?,
        _ payload: ByteBuffer,
        _ compress: (_ bytes: UnsafeRawBufferPointer, _ output: inout ByteBuffer) throws(WebSocketError) -> Void
    ) throws(WebSocketError) {
        self.loop.memory.plain.clear()
        if let digit { self.loop.memory.plain.writeInteger(digit) }
        self.loop.memory.plain.writeImmutableBuffer(payload)
        self.loop.memory.compressed.clear()
        let plain = self.loop.memory.plain
        var failure: WebSocketError?
        plain.withUnsafeReadableBytes { bytes in
            do throws(WebSocketError) { try compress(bytes, &self.loop.memory.compressed) } catch { failure = error }
        }
        if let failure { throw failure }
    }

    // MARK: Messages for many

    /// Sends a message to many: its frame is made once for all receivers of the event loop.
    func send(_ message: SharedMessage) {
        guard self.isOpen else { return }
        if message.compresses, self.compressionPolicy.compresses(message.digit, message.payload),
            self.sendCompressed(message)
        {
            return
        }
        let frames = self.loop.plainFrames
        self.write(frames.range(of: message, Self.writePlain), of: frames)
    }

    private static func writePlain(_ message: SharedMessage, into buffer: inout ByteBuffer) {
        WebSocketFrame.writeUnmasked(
            opcode: message.opcode,
            prefix: message.digit,
            payload: message.payload,
            into: &buffer
        )
    }

    private func sendCompressed(_ message: SharedMessage) -> Bool {
        guard let frames = self.compressionPolicy.sharedFrames else { return false }
        do throws(WebSocketError) {
            let range = try frames.range(of: message, self.writeCompressed)
            self.state.hasSharedCompressed = true
            self.loop.deflatePool.traffic.sent(
                plain: message.payload.readableBytes + (message.digit == nil ? 0 : 1),
                frame: range.count)
            self.write(range, of: frames)
            return true
        } catch {
            // No memory for a context: send the message uncompressed, which is always allowed (RFC 7692, 6).
            return false
        }
    }

    /// Writes a message's compressed frame for all connections that negotiated the same window.
    private func writeCompressed(_ message: SharedMessage, into buffer: inout ByteBuffer) throws(WebSocketError) {
        guard let compression = self.compression else { return }
        try self.compress(message.digit, message.payload) { bytes, output throws(WebSocketError) in
            try SharedCompression.compress(
                bytes,
                windowBits: compression.deflater.windowBits,
                configuration: compression.configuration,
                pool: self.loop.deflatePool,
                into: &output
            )
        }
        WebSocketFrame.writeUnmasked(
            opcode: message.opcode,
            rsv1: true,
            payload: self.loop.memory.compressed,
            into: &buffer
        )
    }
}

extension SharedMessage {
    fileprivate var opcode: WebSocketOpcode { self.isBinary ? .binary : .text }
    fileprivate var digit: UInt8? { self.isBinary ? nil : UInt8(ascii: "4") }
}
