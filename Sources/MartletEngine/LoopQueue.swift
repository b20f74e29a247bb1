// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import Atomics
internal import DequeModule
internal import NIOConcurrencyHelpers
package import NIOCore

/// Work for one event loop, done in the order in which it was asked for, from whatever threads.
///
/// An actor sometimes runs on the event loop and sometimes on another thread. Work that it asks for on another thread
/// has to wait for the loop; work that it asks for on the loop is done at once. Without this queue, the later work
/// would overtake the earlier.
///
/// Work that is only to send something is refused while too much waits: a loop that falls behind the threads that send
/// would need memory without end. Nobody waits for a loop, since the one who waits may be a loop that the other waits for.
package final class LoopQueue: Sendable {
    private let eventLoop: any EventLoop
    package let succession: LoopSuccession
    /// How much may wait for ``offer(_:)`` to take more.
    private let limit: Int
    private let posted = NIOLockedValueBox(Posted())
    /// Whether `posted` has work. While it has none, the loop need not take the lock.
    private let hasPosted = ManagedAtomic(false)
    /// Whether posted work is being done that nothing else waits for. Used on the loop only.
    private let isRunning = ManagedAtomic(false)

    /// Work posted by other threads.
    private struct Posted {
        var bodies = Deque<@Sendable () -> Void>()
        var runIsScheduled = false
        /// Whose work of ``post(once:_:)`` waits.
        var once: Set<ObjectIdentifier> = []

        /// - Returns: whether a run must be scheduled.
        mutating func append(_ body: @escaping @Sendable () -> Void) -> Bool {
            self.bodies.append(body)
            defer { self.runIsScheduled = true }
            return !self.runIsScheduled
        }
    }

    package init(eventLoop: any EventLoop, limit: Int = 1 << 16) {
        self.eventLoop = eventLoop
        self.succession = LoopSuccession(eventLoop)
        self.limit = limit
    }

    /// How much waits.
    package var count: Int { self.posted.withLockedValue { $0.bodies.count } }

    /// Whether the caller is on the loop.
    package var isCurrent: Bool { self.eventLoop.inEventLoop }

    /// Does `body` at once if called on the loop, else posts it to the loop.
    package func perform(_ body: @escaping @Sendable () -> Void) {
        if self.eventLoop.inEventLoop {
            self.catchUp()
            body()
        } else {
            self.post(body)
        }
    }

    /// Does `body` on the loop, after everything posted before. Called on other threads. `body` must act directly: if
    /// it called ``catchUp()``, work posted later would run before `body` is done. Only the handlers that `body` calls
    /// may catch up.
    package func post(_ body: @escaping @Sendable () -> Void) {
        let isFirst = self.posted.withLockedValue { posted in
            self.hasPosted.store(true, ordering: .releasing)
            return posted.append(body)
        }
        if isFirst { self.succession.execute { self.runPosted() } }
    }

    /// As ``post(_:)``, unless too much waits already: for work that only sends something.
    /// - Returns: whether `body` will be done.
    package func offer(_ body: @escaping @Sendable () -> Void) -> Bool {
        let isFirst: Bool? = self.posted.withLockedValue { posted in
            guard posted.bodies.count < self.limit else { return nil }
            self.hasPosted.store(true, ordering: .releasing)
            return posted.append(body)
        }
        if isFirst == true { self.succession.execute { self.runPosted() } }
        return isFirst != nil
    }

    /// As ``post(_:)``, unless earlier work of the same owner waits: for what is to be done when work was refused.
    /// - Parameter body: retains the owner.
    package func post(once owner: AnyObject, _ body: @escaping @Sendable () -> Void) {
        let key = ObjectIdentifier(owner)
        guard self.posted.withLockedValue({ $0.once.insert(key).inserted }) else { return }
        self.post {
            _ = self.posted.withLockedValue { $0.once.remove(key) }
            body()
        }
    }

    /// Does the work that other threads have posted so far. Code that acts on the loop at once calls this first, to
    /// keep the order.
    package func catchUp() {
        guard self.hasPosted.load(ordering: .acquiring) else { return }
        let wasRunning = self.isRunning.load(ordering: .relaxed)
        self.isRunning.store(false, ordering: .relaxed)
        self.doPosted()
        self.isRunning.store(wasRunning, ordering: .relaxed)
    }

    /// Whether the caller is posted work that is done by itself, not in the middle of something that has called
    /// ``catchUp()``. Called on the loop.
    package var isOutermost: Bool { self.isRunning.load(ordering: .relaxed) }

    private func doPosted() {
        var count = self.posted.withLockedValue { $0.bodies.count }
        // Take the work out one by one: one piece of work may catch up with the next ones.
        while count > 0, let body = self.popPosted() {
            body()
            count -= 1
        }
    }

    private func popPosted() -> (@Sendable () -> Void)? {
        self.posted.withLockedValue { posted in
            let body = posted.bodies.popFirst()
            if posted.bodies.isEmpty { self.hasPosted.store(false, ordering: .releasing) }
            return body
        }
    }

    private func runPosted() {
        self.isRunning.store(true, ordering: .relaxed)
        self.doPosted()
        self.isRunning.store(false, ordering: .relaxed)
        // Work posted in the meantime waits until the loop has served its connections.
        let isDone = self.posted.withLockedValue { posted in
            posted.runIsScheduled = !posted.bodies.isEmpty
            return !posted.runIsScheduled
        }
        if !isDone { self.succession.execute { self.runPosted() } }
    }
}
