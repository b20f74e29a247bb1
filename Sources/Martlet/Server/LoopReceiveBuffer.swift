// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// The memory that all connections of one event loop are read into, one after the other: an idle connection has none,
/// where NIO's own allocators leave each with two kilobytes.
///
/// A handler gives back what it was handed. If somebody still holds a slice of it when the next read begins, that one
/// gets new memory, and the old one is freed with its last slice.
///
/// `@unchecked Sendable`: used on the event loop only.
final class LoopReceiveBuffer: @unchecked Sendable {
    private static let capacity = 64 << 10

    private var spare: ByteBuffer?

    func take() -> ByteBuffer {
        if var buffer = self.spare.take(), buffer.modifyIfUniquelyOwned({ $0.clear() }) != nil { return buffer }
        return ByteBufferAllocator().buffer(capacity: Self.capacity)
    }

    func giveBack(_ buffer: ByteBuffer) {
        self.spare = buffer
    }
}

/// Has a channel read into a ``LoopReceiveBuffer``.
struct LoopReceiveAllocator: RecvByteBufferAllocator {
    let loopBuffer: LoopReceiveBuffer
    private var isFirst = true

    init(_ loopBuffer: LoopReceiveBuffer) {
        self.loopBuffer = loopBuffer
    }

    /// NIO keeps the first buffer of a channel for as long as the channel lives, though it never reads into it again
    /// when the next one may be larger (see `record`). So the first read takes a few bytes only.
    func buffer(allocator: ByteBufferAllocator) -> ByteBuffer {
        self.isFirst ? allocator.buffer(capacity: 16) : self.loopBuffer.take()
    }

    mutating func record(actualReadBytes: Int) -> Bool {
        self.isFirst = false
        return true
    }
}
