// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import EngineIOWire
package import NIOCore

/// Something that collects output and sends it at the end of the event loop's turn.
package protocol Flushable: AnyObject {
    /// Sends the collected output.
    func flush()
}

/// The resources that the connections of one event loop share: timers, reused output buffers, and the list of
/// connections to flush in this turn.
///
/// `@unchecked Sendable`: a reference may be handed around, since every member but `eventLoop` and `queue`, which never
/// change, is used on `eventLoop` only.
package final class LoopContext: @unchecked Sendable {
    package let eventLoop: any EventLoop
    package let timers: LoopTimers
    /// Work that other threads post to this event loop.
    package let queue: LoopQueue
    // A class that a message passes on its way keeps its mutable state in one struct, marked `@exclusivity(unchecked)`:
    // within the struct the compiler checks exclusive access, and nothing checks it at run time. The run-time checks
    // were a fourth of the instructions of an echo (x86-64, November 2026). The class proves what the checks would have
    // ensured: it is used on one thread, and each access to its struct ends before anything is called that could come
    // back to the class.
    @exclusivity(unchecked) private var output = Output()
    private var flushTask: @Sendable () -> Void = {}

    private struct Output {
        var unflushed: [any Flushable] = []
        var flushing: [any Flushable] = []
        var flushIsScheduled = false
        /// Output buffers that no connection uses at the moment.
        var idleBuffers: [ByteBuffer] = []
        /// The sum of their capacities.
        var idleBytes = 0

        mutating func swapLists() { swap(&self.unflushed, &self.flushing) }
    }

    /// - Parameter maxQueuedSends: how much may wait in ``queue`` before it refuses work that only sends.
    package init(eventLoop: any EventLoop, maxQueuedSends: Int = 1 << 16) {
        self.eventLoop = eventLoop
        self.timers = LoopTimers(eventLoop: eventLoop)
        self.queue = LoopQueue(eventLoop: eventLoop, limit: maxQueuedSends)
        // A retain cycle until `tearDown()`. A weak reference would make every later retain of this object slower.
        self.flushTask = { self.turnEnds() }
    }

    /// Breaks the retain cycle. The owner calls this once, after its last use of this object.
    package func tearDown() {
        self.flushTask = {}
    }

    // MARK: Output of a turn

    /// How many connections may wait before they are flushed without waiting for the end of the turn.
    private static let maxUnflushed = 16

    /// Schedules a call of ``Flushable/flush()`` for the end of this turn of the event loop, or earlier. A connection
    /// calls this with its first write.
    ///
    /// Sending for several connections in a row is cheaper than sending for each after reading from it: the kernel's
    /// code paths for receiving and for sending do not fit into the processor's caches together. An echo on 100
    /// connections takes a tenth less time this way (x86-64, November 2026).
    package func setNeedsFlush(_ connection: any Flushable) {
        self.output.unflushed.append(connection)
        if self.output.flushIsScheduled { return }
        self.output.flushIsScheduled = true
        // `execute` takes a lock even on the loop's own thread, so it is called once a turn, with a stored closure.
        self.eventLoop.execute(self.flushTask)
    }

    /// A connection calls this after it has been read from and its messages have been handled. In a turn with many such
    /// connections, the first ones need not wait for the end of the turn.
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

    /// How many bytes idle buffers may have, all together and each. Without the sum, the buffers of a busy hour, which grow
    /// one by one, would be kept for good.
    private static let maxIdleBytes = 1 << 20
    private static let maxIdleCapacity = 128 << 10

    /// An empty buffer for a connection's output; give it back with ``recycle(_:)``. So a connection without pending
    /// output has no buffer, and a connection that writes need not allocate one.
    package func takeBuffer() -> ByteBuffer {
        guard let buffer = self.output.idleBuffers.popLast() else {
            return ByteBufferAllocator().buffer(capacity: 1024)
        }
        self.output.idleBytes -= buffer.capacity
        return buffer
    }

    /// Takes a buffer back. The caller ensures that no slice of the buffer is in use.
    package func recycle(_ buffer: consuming ByteBuffer) {
        let capacity = buffer.capacity
        let bytes = self.output.idleBytes + capacity
        guard 1...Self.maxIdleCapacity ~= capacity, bytes <= Self.maxIdleBytes else { return }
        buffer.rewind()
        self.output.idleBytes = bytes
        self.output.idleBuffers.append(buffer)
    }
}
