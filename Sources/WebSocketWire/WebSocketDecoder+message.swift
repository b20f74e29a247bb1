// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

extension WebSocketDecoder {
    /// A message that has arrived in part. A class, so that a connection without such a message needs no memory for it.
    final class MessageInProgress {
        let isText: Bool
        let isCompressed: Bool
        var payload = ByteBuffer()
        var utf8 = UTF8Validator()
        var fragments = 0
        /// The payload bytes that the frame headers so far have announced, before inflating.
        var announcedBytes = 0

        init(isText: Bool, isCompressed: Bool) {
            self.isText = isText
            self.isCompressed = isCompressed
        }

        /// Checks the UTF-8 of `payload` from `start` on, if the message is text.
        func validate(from start: Int) throws(WebSocketError) {
            guard isText else { return }
            let isValid = payload.withUnsafeReadableBytes { bytes in
                utf8.accept(UnsafeRawBufferPointer(rebasing: bytes[start...]))
            }
            guard isValid else { throw .invalidUTF8 }
        }

        func event() -> WebSocketEvent {
            isText ? .text(payload) : .binary(payload)
        }
    }

    /// Reads an uncompressed message in a single, completely received frame: the common case, in one step and
    /// without keeping state.
    /// - Returns: Nil when the next bytes are anything else; nothing has been read then.
    mutating func readWholeMessage(into scratch: inout ByteBuffer) throws(WebSocketError) -> WebSocketEvent? {
        guard message == nil, received.readableBytes > 0 else { return nil }
        // Does the same as `clear()`, without its check whether the memory is shared: the write below checks that
        // anyway.
        scratch.moveReaderIndex(to: 0)
        scratch.moveWriterIndex(to: 0)
        var isText = false
        var isValid = false
        let (role, limit) = (role, limits.maxMessageBytes)
        let end = received.withUnsafeReadableBytes { bytes in
            guard let header = WebSocketFrameHeader(bytes), let count = header.wholeMessageLength(role), count <= limit,
                bytes.count - header.size >= count
            else { return 0 }
            let end = header.size + count
            isText = header.opcode == .text
            scratch.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { space in
                guard let payload = space.baseAddress else { return 0 }
                var mask = header.mask
                let isASCII = mask.copy(UnsafeRawBufferPointer(rebasing: bytes[header.size..<end]), to: payload)
                isValid =
                    isASCII || !isText || UTF8Validator.isValid(UnsafeRawBufferPointer(start: payload, count: count))
                return count
            }
            return end
        }
        guard end > 0 else { return nil }
        received.moveReaderIndex(forwardBy: end)
        guard isValid else { throw .invalidUTF8 }
        return isText ? .text(scratch) : .binary(scratch)
    }

    /// Takes the header of a data frame: the order of fragments (RFC 6455, 5.4) and the limits.
    private mutating func beginFragment(_ frame: inout FrameInProgress) throws(WebSocketError) {
        if frame.opcode == .continuation {
            guard message != nil else { throw .violation("continuation of nothing") }
        } else {
            guard message == nil else { throw .violation("message inside a message") }
            message = MessageInProgress(isText: frame.opcode == .text, isCompressed: frame.isCompressed)
        }
        guard let message else { return }
        message.fragments += 1
        guard message.fragments <= limits.maxFragments else { throw .tooManyFragments }
        let limit = maxFrameBytes(isCompressed: message.isCompressed)
        guard frame.remaining <= limit - message.announcedBytes else { throw .messageTooBig }
        message.announcedBytes += frame.remaining
        frame.hasBegun = true
    }

    private func maxFrameBytes(isCompressed: Bool) -> Int {
        isCompressed ? limits.maxCompressedBytes : limits.maxMessageBytes
    }

    /// Reads the received part of a data frame.
    /// - Returns: The message, when it is complete.
    mutating func readData(into scratch: inout ByteBuffer) throws(WebSocketError) -> WebSocketEvent? {
        guard var frame else { return nil }
        if !frame.hasBegun {
            if let inflater, isWholeMessage(frame) {
                self.frame = nil
                return try inflateWholeMessage(frame, with: inflater, into: &scratch)
            }
            try beginFragment(&frame)
        }
        guard let message else { return nil }
        let count = min(frame.remaining, received.readableBytes)
        frame.remaining -= count
        let isFrameComplete = frame.remaining == 0
        let isMessageComplete = isFrameComplete && frame.isFinal
        let start = message.payload.readableBytes
        var failure: WebSocketError?
        if message.isCompressed, let inflater {
            failure = inflatePayload(
                count, endsMessage: isMessageComplete, mask: &frame.mask, with: inflater, to: &message.payload)
        } else {
            copyPayload(count, mask: &frame.mask, to: &message.payload)
        }
        try message.validate(from: start)
        if let failure { throw failure }
        self.frame = isFrameComplete ? nil : frame
        guard isMessageComplete else { return nil }
        self.message = nil
        guard message.utf8.isComplete else { throw .invalidUTF8 }
        return message.event()
    }

    /// Whether the frame is a whole compressed message and completely received, so that no state need be kept for it.
    private func isWholeMessage(_ frame: FrameInProgress) -> Bool {
        frame.isCompressed && frame.isFinal && message == nil && received.readableBytes >= frame.remaining
            && frame.remaining <= limits.maxCompressedBytes
    }

    private mutating func inflateWholeMessage(
        _ frame: FrameInProgress, with inflater: Inflater, into scratch: inout ByteBuffer
    ) throws(WebSocketError) -> WebSocketEvent {
        scratch.clear(minimumCapacity: min(frame.remaining, limits.maxMessageBytes))
        var mask = frame.mask
        let failure = inflatePayload(frame.remaining, endsMessage: true, mask: &mask, with: inflater, to: &scratch)
        if frame.opcode == .text {
            var utf8 = UTF8Validator()
            guard scratch.withUnsafeReadableBytes({ utf8.accept($0) }) else { throw .invalidUTF8 }
            if let failure { throw failure }
            guard utf8.isComplete else { throw .invalidUTF8 }
            return .text(scratch)
        }
        if let failure { throw failure }
        return .binary(scratch)
    }
}
