// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

extension WebSocketDecoder {
    /// A message of which some frames, or some of a frame, have come. An object, so that a connection without one does
    /// not have the room for it.
    final class MessageInProgress {
        let isText: Bool
        let isCompressed: Bool
        var payload = ByteBuffer()
        var utf8 = UTF8Validator()
        var fragments = 0
        /// What the headers so far announced, before inflating.
        var announcedBytes = 0

        init(isText: Bool, isCompressed: Bool) {
            self.isText = isText
            self.isCompressed = isCompressed
        }

        /// Checks the bytes of `payload` from `start` on, when they are text.
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

    /// Reads what has come of a data frame.
    /// - Returns: The message, when this was the end of it.
    mutating func readData(into scratch: inout ByteBuffer) throws(WebSocketError) -> WebSocketEvent? {
        guard var frame else { return nil }
        if !frame.hasBegun {
            if isWholeMessage(frame) {
                self.frame = nil
                return try readWholeMessage(frame, into: &scratch)
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

    /// The common case: one frame, here in full, of which nothing need be remembered.
    private func isWholeMessage(_ frame: FrameInProgress) -> Bool {
        frame.isFinal && frame.opcode != .continuation && message == nil
            && received.readableBytes >= frame.remaining
            && frame.remaining <= maxFrameBytes(isCompressed: frame.isCompressed)
    }

    private mutating func readWholeMessage(
        _ frame: FrameInProgress, into scratch: inout ByteBuffer
    ) throws(WebSocketError) -> WebSocketEvent {
        let payload: ByteBuffer
        var failure: WebSocketError?
        if frame.isCompressed, let inflater {
            scratch.clear(minimumCapacity: min(frame.remaining, limits.maxMessageBytes))
            var mask = frame.mask
            failure = inflatePayload(frame.remaining, endsMessage: true, mask: &mask, with: inflater, to: &scratch)
            payload = scratch
        } else {
            payload = takeWholePayload(frame, into: &scratch)
        }
        guard frame.opcode == .text else {
            if let failure { throw failure }
            return .binary(payload)
        }
        var utf8 = UTF8Validator()
        guard payload.withUnsafeReadableBytes({ utf8.accept($0) }) else { throw .invalidUTF8 }
        if let failure { throw failure }
        guard utf8.isComplete else { throw .invalidUTF8 }
        return .text(payload)
    }
}
