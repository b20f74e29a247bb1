// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

#if Compression
internal import CMartletZlib

/// One zlib stream that makes deflate data, and its memory: 2^(windowBits+2) + 2^(memLevel+9) bytes,
/// 256 KiB with zlib's defaults.
///
/// Not for more than one thread at a time.
final class DeflateContext {
    let recipe: Recipe
    /// Allocated separately: zlib's state points back to the stream, so the stream must not move.
    private let stream: UnsafeMutablePointer<z_stream>

    init(_ recipe: Recipe) throws(WebSocketError) {
        self.recipe = recipe
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let status = deflateInit2_(
            stream, Int32(recipe.level), Z_DEFLATED, Int32(recipe.zlibWindowBits), Int32(recipe.memLevel),
            Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard status == Z_OK else {
            stream.deallocate()
            throw .outOfMemory
        }
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
    }

    /// Compresses one message to the end of `output`, in the form of RFC 7692, 7.2.1: flushed to a whole byte,
    /// without the closing 00 00 FF FF.
    func compress(_ message: UnsafeRawBufferPointer, into output: inout ByteBuffer) {
        guard !message.isEmpty else {
            output.writeInteger(UInt8(0))  // 7.2.3.6; zlib itself writes nothing when there is nothing to flush
            return
        }
        stream.pointee.next_in = UnsafeMutablePointer(mutating: message.bindMemory(to: UInt8.self).baseAddress)
        stream.pointee.avail_in = UInt32(message.count)
        // At least 128 bytes each time: with fewer than 7 zlib would write the flush marker again.
        let step = max(128, message.count / 4)
        repeat {
            _ = output.writeWithUnsafeMutableBytes(minimumWritableBytes: step) { space in
                stream.pointee.next_out = space.bindMemory(to: UInt8.self).baseAddress
                stream.pointee.avail_out = UInt32(space.count)
                deflate(stream, Z_SYNC_FLUSH)
                return space.count - Int(stream.pointee.avail_out)
            }
        } while stream.pointee.avail_out == 0
        output.moveWriterIndex(to: output.writerIndex - 4)
    }

    /// Compresses all of a body, with the wrapper's header and trailer.
    func compressWhole(_ body: UnsafeRawBufferPointer, into output: inout ByteBuffer) {
        stream.pointee.next_in = UnsafeMutablePointer(mutating: body.bindMemory(to: UInt8.self).baseAddress)
        stream.pointee.avail_in = UInt32(body.count)
        let bound = Int(deflateBound(stream, UInt(body.count)))
        _ = output.writeWithUnsafeMutableBytes(minimumWritableBytes: bound) { space in
            stream.pointee.next_out = space.bindMemory(to: UInt8.self).baseAddress
            stream.pointee.avail_out = UInt32(space.count)
            deflate(stream, Z_FINISH)
            return space.count - Int(stream.pointee.avail_out)
        }
    }

    /// Forgets the messages so far, so that later ones refer to none of them; keeps the memory.
    func reset() {
        deflateReset(stream)
    }
}
#else
/// Without zlib no context can be made; the settings that would need one are unavailable.
final class DeflateContext {
    let recipe: Recipe
    init(_ recipe: Recipe) throws(WebSocketError) { throw .outOfMemory }
    func compress(_ message: UnsafeRawBufferPointer, into output: inout ByteBuffer) {}
    func compressWhole(_ body: UnsafeRawBufferPointer, into output: inout ByteBuffer) {}
    func reset() {}
}
#endif

extension DeflateContext {
    /// The parameters of a context. After a reset, two contexts with the same recipe are interchangeable.
    struct Recipe: Hashable {
        /// 9…15; zlib cannot do 8 in raw deflate.
        var windowBits: Int
        /// 0 (store) … 9 (smallest).
        var level: Int
        /// 1…9.
        var memLevel: Int
        /// What the deflate data is wrapped in.
        var wrapper = Wrapper.none

        /// zlib's way to say both.
        fileprivate var zlibWindowBits: Int {
            switch self.wrapper {
            case .none: -self.windowBits
            case .zlib: self.windowBits
            case .gzip: self.windowBits + 16
            }
        }
    }

    enum Wrapper: Hashable {
        case none
        /// RFC 1950, which HTTP calls deflate.
        case zlib
        /// RFC 1952.
        case gzip
    }
}
