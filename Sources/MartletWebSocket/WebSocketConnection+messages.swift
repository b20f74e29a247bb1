// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEngine
package import NIOCore
package import WebSocketWire

extension WebSocketConnection {
    /// The compression that a connection negotiated (RFC 7692).
    package final class Compression {
        /// What a broadcast that is compressed for this connection looks like.
        fileprivate let sharedForm: SharedMessage.Form
        fileprivate let threshold: Int
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
            self.sharedForm = .compressedWebSocketFrame(windowBits: self.deflater.windowBits)
            self.threshold = configuration.threshold
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

    /// Sends a message, compressed if that was negotiated and it is long enough.
    /// - Parameter digit: a byte before the payload that belongs to the message.
    package func send(_ opcode: WebSocketOpcode, digit: UInt8? = nil, _ payload: ByteBuffer) {
        guard self.isOpen else { return }
        let length = Self.length(digit, payload)
        if let compression = self.compression, length >= compression.threshold,
            self.sendCompressed(opcode, digit: digit, payload, compression)
        {
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

    /// The bytes of a message before compression.
    private static func length(_ digit: UInt8?, _ payload: ByteBuffer) -> Int {
        payload.readableBytes + (digit == nil ? 0 : 1)
    }

    private func sendCompressed(
        _ opcode: WebSocketOpcode,
        digit: UInt8?,
        _ payload: ByteBuffer,
        _ compression: Compression
    ) -> Bool {
        self.loop.compressed.clear()
        compression.noteUse()
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
        if let compression = self.compression,
            Self.length(message.digit, message.payload) >= compression.threshold,
            self.sendCompressed(message, compression)
        {
            return
        }
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

    private func sendCompressed(_ message: SharedMessage, _ compression: Compression) -> Bool {
        let form = compression.sharedForm
        let frames = self.loop.sharedFrames[form.index]
        do {
            let range = try frames.range(of: message, as: form) { buffer in
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
            // What this connection compresses next must not refer to what its deflater has not seen.
            compression.deflater.forgetHistory()
            self.write(range, of: frames)
            return true
        } catch {
            // No memory for a context: the message goes as it is, which is always allowed (RFC 7692, 6).
            return false
        }
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
