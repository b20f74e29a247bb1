// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

#if Compression
internal import CMartletZlib

/// One zlib stream that inflates raw deflate data, and its memory: about 7 kB, and the window once it is used.
///
/// Not for more than one thread at a time.
final class InflateContext {
    let windowBits: Int
    /// Allocated separately: zlib's state points back to the stream, so the stream must not move.
    private let stream: UnsafeMutablePointer<z_stream>

    /// - Parameter windowBits: 8…15, at least the window with which the sender compresses.
    init(windowBits: Int) throws(WebSocketError) {
        self.windowBits = windowBits
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let size = Int32(MemoryLayout<z_stream>.size)
        guard inflateInit2_(stream, Int32(-windowBits), ZLIB_VERSION, size) == Z_OK else {
            stream.deallocate()
            throw .outOfMemory
        }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    /// Inflates all of `input` to the end of `output`.
    ///
    /// The output grows as data is inflated, and stops at the limit: a zip bomb costs neither memory nor time.
    /// - Parameters:
    ///   - limit: The most bytes that `output` may hold; one byte more throws ``WebSocketError/messageTooBig``.
    ///   - stopsAtBlocks: Whether to halt at the end of each deflate block, which ``isAtBlockBoundary`` needs.
    func inflate(
        _ input: UnsafeRawBufferPointer, into output: inout ByteBuffer, limit: Int, stopsAtBlocks: Bool = false
    ) throws(WebSocketError) {
        stream.pointee.next_in = UnsafeMutablePointer(mutating: input.bindMemory(to: UInt8.self).baseAddress)
        stream.pointee.avail_in = UInt32(input.count)
        repeat {
            // Room for one byte above the limit shows that a message is too big. Without a limit, zlib still counts in
            // 32 bits.
            let room = min(limit - output.readableBytes, Int(UInt32.max) - 1) + 1
            var status = Z_OK
            _ = output.writeWithUnsafeMutableBytes(minimumWritableBytes: min(room, 1024)) { space in
                let count = min(space.count, room)
                stream.pointee.next_out = space.bindMemory(to: UInt8.self).baseAddress
                stream.pointee.avail_out = UInt32(count)
                status = CMartletZlib.inflate(stream, stopsAtBlocks ? Z_BLOCK : Z_SYNC_FLUSH)
                return count - Int(stream.pointee.avail_out)
            }
            // Check the size before the status: a message both too big and damaged gets the same error however it was
            // cut.
            guard output.readableBytes <= limit else { throw .messageTooBig }
            switch status {
            case Z_OK, Z_BUF_ERROR: break
            // A block marked as the last one does not end the stream: more blocks may follow, and refer to data before
            // it (RFC 7692, 7.2.3.5).
            case Z_STREAM_END: inflateResetKeep(stream)
            case Z_MEM_ERROR: throw .outOfMemory
            default: throw .invalidCompression
            }
        } while stream.pointee.avail_in > 0 || stream.pointee.avail_out == 0
    }

    /// Whether the input so far ended with a deflate block that was not marked as the last, and on a whole byte. Valid
    /// only after a call with `stopsAtBlocks`. zlib's manual of `inflate` on `data_type`: 128 means just past the end
    /// of a block, 64 that the block was the last one, and the low bits count the unused bits of the last byte.
    var isAtBlockBoundary: Bool { stream.pointee.data_type & 0xFF == 128 }

    /// The most recently inflated bytes, as many as the window holds.
    var history: [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 1 << 15) { space, count in
            var length: UInt32 = 0
            inflateGetDictionary(stream, space.baseAddress, &length)
            count = Int(length)
        }
    }

    /// Puts a fresh context into the state of a context that has just inflated `history`.
    func restore(_ history: [UInt8]) {
        _ = history.withUnsafeBufferPointer { inflateSetDictionary(stream, $0.baseAddress, UInt32($0.count)) }
    }

    /// Forgets all data; keeps the memory.
    func reset() {
        inflateReset(stream)
    }
}
#else
/// Without zlib no context can be made; the settings that would need one are unavailable.
final class InflateContext {
    let isAtBlockBoundary = false
    let history: [UInt8] = []
    init(windowBits: Int) throws(WebSocketError) { throw .outOfMemory }
    func inflate(
        _ input: UnsafeRawBufferPointer, into output: inout ByteBuffer, limit: Int, stopsAtBlocks: Bool = false
    ) throws(WebSocketError) {}
    func restore(_ history: [UInt8]) {}
    func reset() {}
}
#endif
