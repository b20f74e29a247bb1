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
        /// Whether a message came, or was compressed, since the heartbeat before.
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

        /// - Parameter isInMessage: whether the inflater is in the middle of one.
        fileprivate func heartbeat(isInMessage: Bool) {
            if !self.wasUsed, !isInMessage {
                self.deflater.releaseContext()
                self.inflater.releaseContext()
            }
            self.wasUsed = false
        }
    }

    /// Which messages a connection compresses, and with whom it shares compressed frames: at hand without a look at its
    /// ``Compression``, so that a delivery of a broadcast touches no memory of that.
    struct CompressionPolicy {
        /// The bytes from which on a message is compressed.
        private let threshold: Int
        /// The compressed frames that go to connections with a window of the same size; `nil` without compression.
        let sharedFrames: SharedFrames?

        init(_ compression: Compression?, _ loop: WebSocketLoop) {
            self.threshold = compression?.configuration.threshold ?? .max
            self.sharedFrames = compression.map { loop.compressedFrames(windowBits: $0.deflater.windowBits) }
        }

        /// - Parameter digit: a byte before the payload that belongs to the message.
        func compresses(_ digit: UInt8?, _ payload: ByteBuffer) -> Bool {
            payload.readableBytes + (digit == nil ? 0 : 1) >= self.threshold
        }
    }

    /// Sends a message, compressed if that was negotiated and it is long enough.
    /// - Parameter digit: a byte before the payload that belongs to the message.
    package func send(_ opcode: WebSocketOpcode, digit: UInt8? = nil, _ payload: ByteBuffer) {
        guard self.isOpen else { return }
        if self.compressionPolicy.compresses(digit, payload), self.sendCompressed(opcode, digit: digit, payload) {
            return
        }
        self.write { WebSocketFrame.writeUnmasked(opcode: opcode, prefix: digit, payload: payload, into: &$0) }
    }

    /// The session's heartbeat: what compression remembers of a connection that was silent since the one before is freed.
    /// Only connections that take their contexts over from one message to the next have something to free; it is up to
    /// 300 kilobytes, of which what the peer may still refer to stays, 32 at most.
    package func heartbeat() {
        guard let compression = self.compression else { return }
        compression.heartbeat(isInMessage: self.isInMessage)
    }

    private func sendCompressed(_ opcode: WebSocketOpcode, digit: UInt8?, _ payload: ByteBuffer) -> Bool {
        guard let compression = self.compression else { return false }
        compression.noteUse()
        if self.state.hasSharedCompressed {
            // What is compressed now must not refer to what the deflater has not seen.
            self.state.hasSharedCompressed = false
            compression.deflater.forgetHistory()
        }
        do throws(WebSocketError) {
            try self.compress(digit, payload, compression.deflater.compress)
        } catch {
            // No memory for a context: the message goes as it is, which is always allowed (RFC 7692, 6).
            return false
        }
        self.write {
            WebSocketFrame.writeUnmasked(opcode: opcode, rsv1: true, payload: self.loop.memory.compressed, into: &$0)
        }
        return true
    }

    /// Leaves the compressed message in the loop's memory.
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

    /// Sends a message that others get as well: its frame is made once for all of them.
    func send(_ message: SharedMessage) {
        guard self.isOpen else { return }
        if self.compressionPolicy.compresses(message.digit, message.payload), self.sendCompressed(message) { return }
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
            self.write(range, of: frames)
            return true
        } catch {
            // No memory for a context: the message goes as it is, which is always allowed (RFC 7692, 6).
            return false
        }
    }

    /// Writes the frame of a message that is compressed for all that negotiated the same window.
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
