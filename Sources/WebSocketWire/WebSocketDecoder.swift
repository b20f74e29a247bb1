// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// Turns received bytes into messages: frames, fragments, masking, compression and UTF-8 of one direction of a
/// WebSocket (RFC 6455, 5 to 8; RFC 7692, 6).
///
/// Call ``feed(_:)`` with bytes from the network, then ``next(into:)`` until it returns nil.
///
/// The decoder keeps no received buffer: payload is copied at once to its destination. The payload of a message in one
/// completely received frame is unmasked into the caller's scratch buffer. Only a message in pieces gets a buffer of its
/// own, which grows with the bytes that have arrived, not with the length that was announced. The bytes of a header or of
/// a control frame that is not complete, fewer than 140, are copied and wait for the next ones.
package struct WebSocketDecoder: ~Copyable {
    package let role: WebSocketRole
    package let limits: WebSocketLimits
    /// Whether a close frame or an error has ended the stream. Nothing more is decoded.
    package private(set) var isFinished = false

    let inflater: Inflater?
    /// Bytes that were fed and not read yet. When `next` has returned nil, these are a part of a header, or of a control
    /// frame's payload.
    var received = ByteBuffer()
    /// The frame whose payload is being read.
    var frame: FrameInProgress?
    /// The message that arrives in pieces.
    var message: MessageInProgress?

    /// Whether a message has arrived in part.
    package var isInMessage: Bool { message != nil }

    struct FrameInProgress {
        let opcode: WebSocketOpcode
        let isFinal: Bool
        let isCompressed: Bool
        var mask: WebSocketMask
        /// Payload bytes not read yet.
        var remaining: Int
        /// Whether ``WebSocketDecoder/message`` already counts this frame.
        var hasBegun = false
    }

    /// - Parameters:
    ///   - role: Which side this is: a server requires masked frames, a client unmasked ones.
    ///   - inflater: Present when permessage-deflate was negotiated.
    package init(role: WebSocketRole, limits: WebSocketLimits = .init(), inflater: Inflater? = nil) {
        self.role = role
        self.limits = limits
        self.inflater = inflater
    }

    /// Takes bytes from the network.
    package mutating func feed(_ bytes: consuming ByteBuffer) {
        guard !isFinished else { return }
        if received.readableBytes == 0 {
            received = bytes
        } else {
            received.writeImmutableBuffer(bytes)
        }
    }

    /// Decodes the next message or control frame.
    /// - Parameter scratch: A buffer that all connections of an event loop share. A returned payload is usually a slice
    ///   of it, valid until the next call with the same scratch: a caller that keeps the payload copies it. (A kept
    ///   slice stays valid, but makes the next message allocate a new scratch.)
    /// - Returns: Nil when more bytes are needed, or when the stream has finished.
    /// - Throws: The peer's violation; the stream has then finished.
    package mutating func next(into scratch: inout ByteBuffer) throws(WebSocketError) -> WebSocketEvent? {
        guard !isFinished else { return nil }
        do throws(WebSocketError) {
            if frame == nil, let event = try readWholeMessage(into: &scratch) { return event }
            while try beginFrame() {
                if let event = try readPayload(into: &scratch) {
                    if case .close = event { finish() }
                    return event
                }
                if frame != nil { break }  // the rest of it has not been received
            }
        } catch {
            finish()
            throw error
        }
        // Not the buffer itself: it may be a large one, and the reader's.
        received = received.readableBytes == 0 ? ByteBuffer() : ByteBuffer(bytes: received.readableBytesView)
        return nil
    }

    /// Reads the header of the next frame, unless one is being read.
    /// - Returns: Whether there is a frame to read the payload of.
    private mutating func beginFrame() throws(WebSocketError) -> Bool {
        guard frame == nil else { return true }
        guard let header = readHeader() else { return false }
        let opcode = try header.validate(role: role, isDeflateNegotiated: inflater != nil)
        frame = FrameInProgress(
            opcode: opcode, isFinal: header.isFinal, isCompressed: header.isCompressed, mask: header.mask,
            remaining: Int(clamping: header.length))
        return true
    }

    private mutating func readHeader() -> WebSocketFrameHeader? {
        guard received.readableBytes > 0,
            let header = received.withUnsafeReadableBytes({ WebSocketFrameHeader($0) })
        else { return nil }
        received.moveReaderIndex(forwardBy: header.size)
        return header
    }

    private mutating func readPayload(into scratch: inout ByteBuffer) throws(WebSocketError) -> WebSocketEvent? {
        guard let frame else { return nil }
        return frame.opcode.isControl ? try readControl(into: &scratch) : try readData(into: &scratch)
    }

    private mutating func finish() {
        isFinished = true
        received = ByteBuffer()
        frame = nil
        message = nil
    }
}
