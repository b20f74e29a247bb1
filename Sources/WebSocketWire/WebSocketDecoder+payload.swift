// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

extension WebSocketDecoder {
    /// Moves the next `count` payload bytes to the end of `target`, unmasking on the way.
    mutating func copyPayload(_ count: Int, mask: inout WebSocketMask, to target: inout ByteBuffer) {
        guard count > 0 else { return }
        var turn = mask
        received.withUnsafeReadableBytes { bytes in
            _ = target.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { space in
                guard let destination = space.baseAddress else { return 0 }
                turn.copy(UnsafeRawBufferPointer(rebasing: bytes[..<count]), to: destination)
                return count
            }
        }
        mask = turn
        received.moveReaderIndex(forwardBy: count)
    }

    /// Unmasks a completely received payload into the scratch buffer.
    mutating func takeWholePayload(_ frame: FrameInProgress, into scratch: inout ByteBuffer) -> ByteBuffer {
        guard frame.remaining > 0 else { return ByteBuffer() }
        scratch.clear()
        var mask = frame.mask
        copyPayload(frame.remaining, mask: &mask, to: &scratch)
        return scratch
    }

    /// Inflates the next `count` payload bytes to the end of `target`, unmasking a little at a time.
    /// - Returns: The error, if any. It is returned instead of thrown, since the caller first checks the text inflated
    ///   before the error: so the close code does not depend on how the bytes were cut.
    mutating func inflatePayload(
        _ count: Int, endsMessage: Bool, mask: inout WebSocketMask, with inflater: Inflater, to target: inout ByteBuffer
    ) -> WebSocketError? {
        let limit = limits.maxMessageBytes
        var turn = mask
        var failure: WebSocketError?
        let pieceSize = 4096  // stays in the first-level cache
        withUnsafeTemporaryAllocation(byteCount: pieceSize, alignment: 16) { space in
            received.withUnsafeReadableBytes { bytes in
                guard let piece = space.baseAddress else { return }
                do throws(WebSocketError) {
                    for start in stride(from: 0, to: count, by: pieceSize) {
                        let size = min(pieceSize, count - start)
                        turn.copy(UnsafeRawBufferPointer(rebasing: bytes[start..<start + size]), to: piece)
                        try inflater.inflate(.init(start: piece, count: size), into: &target, limit: limit)
                    }
                    if endsMessage { try inflater.finishMessage(into: &target, limit: limit) }
                } catch {
                    failure = error
                }
            }
        }
        mask = turn
        received.moveReaderIndex(forwardBy: count)
        return failure
    }
}
