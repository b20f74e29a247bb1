// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import Atomics
internal import DequeModule
internal import NIOConcurrencyHelpers
package import NIOCore

/// What is to be done on one event loop, in the order in which it was asked for, on whichever threads that was.
///
/// An actor runs on the loop at one time and elsewhere at another. What it asks for elsewhere has to wait, what it asks
/// for on the loop is done at once: without this the one would overtake the other.
package final class LoopQueue: Sendable {
    private let eventLoop: any EventLoop
    private let posted = NIOLockedValueBox(Posted())
    /// Whether `posted` holds anything: spares the loop the lock.
    private let hasPosted = ManagedAtomic(false)

    /// What other threads want done here.
    private struct Posted {
        var bodies = Deque<@Sendable () -> Void>()
        var runIsScheduled = false
    }

    package init(eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    /// Does it now on the loop, else there as soon as it can.
    package func perform(_ body: @escaping @Sendable () -> Void) {
        if self.eventLoop.inEventLoop {
            self.catchUp()
            body()
        } else {
            self.post(body)
        }
    }

    /// Has it done on the loop, after all that was posted before. Called on other threads. What is posted acts directly:
    /// to catch up within it would do the next before this is done. Only the handlers that it may call do so.
    package func post(_ body: @escaping @Sendable () -> Void) {
        let isFirst = self.posted.withLockedValue { posted in
            posted.bodies.append(body)
            self.hasPosted.store(true, ordering: .releasing)
            defer { posted.runIsScheduled = true }
            return !posted.runIsScheduled
        }
        if isFirst { self.eventLoop.execute { self.runPosted() } }
    }

    /// Does what other threads have posted so far. Whoever acts on the loop at once does this first, or would overtake.
    package func catchUp() {
        if self.hasPosted.load(ordering: .acquiring) { self.doPosted() }
    }

    private func doPosted() {
        var count = self.posted.withLockedValue { $0.bodies.count }
        // One by one: what one of them does may catch up with the next.
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
        self.doPosted()
        // What has been posted in the meantime waits until the loop has looked after its connections.
        let isDone = self.posted.withLockedValue { posted in
            posted.runIsScheduled = !posted.bodies.isEmpty
            return !posted.runIsScheduled
        }
        if !isDone { self.eventLoop.execute { self.runPosted() } }
    }
}
