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
    // A class that a message passes on its way keeps what changes in one struct, marked `@exclusivity(unchecked)`: within
    // the struct the compiler checks exclusive access, and at run time nobody does. The check at run time was a fourth of
    // the instructions of an echo. The class proves what it would have checked: it is used on one thread, and each access
    // to its struct ends before anything is called that could come back to the class.
    @exclusivity(unchecked) private var output = Output()
    private var flushTask: @Sendable () -> Void = {}

    private struct Output {
        var unflushed: [any Flushable] = []
        var flushing: [any Flushable] = []
        var flushIsScheduled = false
        /// Output buffers that no connection uses at the moment.
        var idleBuffers: [ByteBuffer] = []

        mutating func swapLists() { swap(&self.unflushed, &self.flushing) }
    }

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
        self.output.unflushed.append(connection)
        if self.output.flushIsScheduled { return }
        self.output.flushIsScheduled = true
        // `execute` takes a lock even on the loop's own thread: one stored closure a turn.
        self.eventLoop.execute(self.flushTask)
    }

    /// A connection has been read from, and what came of it has been handled: a turn in which many are is long, and
    /// those who were read from first need not wait for its end.
    package func readComplete() {
        if self.output.unflushed.count >= Self.maxUnflushed { self.flush() }
    }

    private func turnEnds() {
        self.output.flushIsScheduled = false
        self.flush()
    }

    private func flush() {
        // Two arrays take turns, so that a connection that writes while it is flushed waits for the next turn.
        self.output.swapLists()
        for connection in self.output.flushing { connection.flush() }
        self.output.flushing.removeAll(keepingCapacity: true)
    }

    // MARK: Output buffers

    private static let maxIdleBuffers = 64
    private static let maxIdleCapacity = 128 << 10

    /// An empty buffer to collect a connection's output in; give it back with ``recycle(_:)``. So a connection without
    /// output under way has no memory for it, and one that writes finds it allocated.
    package func takeBuffer() -> ByteBuffer {
        self.output.idleBuffers.popLast() ?? ByteBufferAllocator().buffer(capacity: 1024)
    }

    /// Takes a buffer back that nobody else holds a slice of.
    package func recycle(_ buffer: consuming ByteBuffer) {
        guard self.output.idleBuffers.count < Self.maxIdleBuffers, 1...Self.maxIdleCapacity ~= buffer.capacity else {
            return
        }
        buffer.rewind()
        self.output.idleBuffers.append(buffer)
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
