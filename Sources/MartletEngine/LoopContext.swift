// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// Something that collects output and sends it at the end of the event loop's turn.
package protocol Flushable: AnyObject {
    /// Sends what was collected.
    func flush()
}

/// What the connections of one event loop share: timers, memory that is used again, and the output of this turn.
///
/// `@unchecked Sendable`: a reference may be handed around, since every member but `eventLoop` and `queue`, which never
/// change, is used on `eventLoop` only.
package final class LoopContext: @unchecked Sendable {
    package let eventLoop: any EventLoop
    package let timers: LoopTimers
    /// What other threads want done on the loop.
    package let queue: LoopQueue
    // Here and elsewhere, `@exclusivity(unchecked)` marks what a message passes on its way. Such a member is used on one
    // thread, and each access to it ends before anything is called that could come back to it; the check of that at
    // run time, which it goes without, was a fourth of the instructions of an echo.
    @exclusivity(unchecked) private var unflushed: [any Flushable] = []
    @exclusivity(unchecked) private var flushing: [any Flushable] = []
    @exclusivity(unchecked) private var flushIsScheduled = false
    private var flushTask: @Sendable () -> Void = {}
    /// Output buffers that no connection uses at the moment.
    @exclusivity(unchecked) private var idleBuffers: [ByteBuffer] = []

    package init(eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
        self.timers = LoopTimers(eventLoop: eventLoop)
        self.queue = LoopQueue(eventLoop: eventLoop)
        // Refers to this object until `tearDown()`. A weak reference would make every retain of it slower for good.
        self.flushTask = { self.turnEnds() }
    }

    /// Lets go of this object, which is not used any more. Called by its owner, once.
    package func tearDown() {
        self.flushTask = {}
    }

    // MARK: Output of a turn

    /// How many connections may wait before they are flushed without waiting for the end of the turn.
    private static let maxUnflushed = 16

    /// Has ``Flushable/flush()`` called at the end of this turn of the event loop, or before. A connection calls this
    /// with its first write.
    ///
    /// Sending for several connections in a row is cheaper than sending for each after reading from it: the kernel's way
    /// in, its way out and what lies between them do not fit into the processor's caches together. An echo on 100
    /// connections takes a tenth less time for it.
    package func setNeedsFlush(_ connection: any Flushable) {
        self.unflushed.append(connection)
        if self.flushIsScheduled { return }
        self.flushIsScheduled = true
        // `execute` takes a lock even on the loop's own thread: one stored closure a turn.
        self.eventLoop.execute(self.flushTask)
    }

    /// A connection has been read from, and what came of it has been handled: a turn in which many are is long, and
    /// those who were read from first need not wait for its end.
    package func readComplete() {
        if self.unflushed.count >= Self.maxUnflushed { self.flush() }
    }

    private func turnEnds() {
        self.flushIsScheduled = false
        self.flush()
    }

    private func flush() {
        // Two arrays take turns, so that a connection that writes while it is flushed waits for the next turn.
        swap(&self.unflushed, &self.flushing)
        for connection in self.flushing { connection.flush() }
        self.flushing.removeAll(keepingCapacity: true)
    }

    // MARK: Output buffers

    private static let maxIdleBuffers = 64
    private static let maxIdleCapacity = 128 << 10

    /// An empty buffer to collect a connection's output in; give it back with ``recycle(_:)``. So a connection without
    /// output under way has no memory for it, and one that writes finds it allocated.
    package func takeBuffer() -> ByteBuffer {
        self.idleBuffers.popLast() ?? ByteBufferAllocator().buffer(capacity: 1024)
    }

    /// Takes a buffer back that nobody else holds a slice of.
    package func recycle(_ buffer: consuming ByteBuffer) {
        guard self.idleBuffers.count < Self.maxIdleBuffers, 1...Self.maxIdleCapacity ~= buffer.capacity else { return }
        buffer.rewind()
        self.idleBuffers.append(buffer)
    }
}

extension ByteBuffer {
    /// Forgets its bytes, so that its memory is used again. Unlike `clear()` it leaves it to the next write to find out
    /// whether somebody shares the memory, which that does anyway.
    package mutating func rewind() {
        self.moveReaderIndex(to: 0)
        self.moveWriterIndex(to: 0)
    }
}
