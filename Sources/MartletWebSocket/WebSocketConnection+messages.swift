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

    /// Which messages a connection compresses, and what the frames look like that it shares with others: at hand without
    /// a look at its ``Compression``, so that a delivery of a broadcast touches no memory of that.
    struct CompressionPolicy {
        /// The bytes from which on a message is compressed.
        private let threshold: Int
        let sharedForm: SharedMessage.Form

        init(_ compression: Compression?) {
            self.threshold = compression?.configuration.threshold ?? .max
            self.sharedForm = .compressedWebSocketFrame(windowBits: compression?.deflater.windowBits ?? 0)
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
        self.loop.compressed.clear()
        compression.noteUse()
        if self.hasSharedCompressed {
            // What is compressed now must not refer to what the deflater has not seen.
            self.hasSharedCompressed = false
            compression.deflater.forgetHistory()
        }
        do throws(WebSocketError) {
            try self.withPlain(digit, payload) { bytes throws(WebSocketError) in
                try compression.deflater.compress(bytes, into: &self.loop.compressed)
            }
        } catch {
            // No memory for a context: the message goes as it is, which is always allowed (RFC 7692, 6).
            return false
        }
        self.write {
            WebSocketFrame.writeUnmasked(opcode: opcode, rsv1: true, payload: self.loop.compressed, into: &$0)
        }
        return true
    }

    private func withPlain(
        _ digit: UInt8?,
        _ payload: ByteBuffer,
        _ body: (UnsafeRawBufferPointer) throws(WebSocketError) -> Void
    ) throws(WebSocketError) {
        self.loop.plain.clear()
        if let digit { self.loop.plain.writeInteger(digit) }
        self.loop.plain.writeImmutableBuffer(payload)
        var failure: WebSocketError?
        self.loop.plain.withUnsafeReadableBytes { bytes in
            do throws(WebSocketError) { try body(bytes) } catch { failure = error }
        }
        if let failure { throw failure }
    }

    // MARK: Messages for many

    /// Sends a message that others get as well: its frame is made once for all of them.
    func send(_ message: SharedMessage) {
        guard self.isOpen else { return }
        if self.compressionPolicy.compresses(message.digit, message.payload), self.sendCompressed(message) { return }
        let form = SharedMessage.Form.webSocketFrame
        let frames = self.loop.sharedFrames[form.index]
        let range = frames.range(of: message, as: form) { buffer in
            WebSocketFrame.writeUnmasked(
                opcode: message.opcode,
                prefix: message.digit,
                payload: message.payload,
                into: &buffer
            )
        }
        self.write(range, of: frames)
    }

    private func sendCompressed(_ message: SharedMessage) -> Bool {
        let form = self.compressionPolicy.sharedForm
        let frames = self.loop.sharedFrames[form.index]
        do {
            let range = try frames.range(of: message, as: form) { try self.writeShared(message, into: &$0) }
            self.hasSharedCompressed = true
            self.write(range, of: frames)
            return true
        } catch {
            // No memory for a context: the message goes as it is, which is always allowed (RFC 7692, 6).
            return false
        }
    }

    /// Writes the frame of a message that is compressed for all that negotiated the same window.
    private func writeShared(_ message: SharedMessage, into buffer: inout ByteBuffer) throws(WebSocketError) {
        guard let compression = self.compression else { return }
        self.loop.compressed.clear()
        try self.withPlain(message.digit, message.payload) { bytes throws(WebSocketError) in
            try SharedCompression.compress(
                bytes,
                windowBits: compression.deflater.windowBits,
                configuration: compression.configuration,
                pool: self.loop.deflatePool,
                into: &self.loop.compressed
            )
        }
        WebSocketFrame.writeUnmasked(
            opcode: message.opcode,
            rsv1: true,
            payload: self.loop.compressed,
            into: &buffer
        )
    }
}

extension SharedMessage {
    fileprivate var opcode: WebSocketOpcode { self.isBinary ? .binary : .text }
    fileprivate var digit: UInt8? { self.isBinary ? nil : UInt8(ascii: "4") }
}

/// Those that a place is kept of; the other transports keep their forms whole.
extension SharedMessage.Form {
    static let webSocketForms = 8

    fileprivate static let webSocketFrame = Self(index: 0)

    /// - Parameter windowBits: from 9 to 15.
    fileprivate static func compressedWebSocketFrame(windowBits: Int) -> Self {
        Self(index: 1 + min(max(0, windowBits - 9), 6))
    }
}
