// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEngine
internal import NIOCore

/// How many tasks run on an event loop for the application, and who waits for their end. Confined to the loop.
struct TaskCounter {
    private var count = 0
    private var waiters: [() -> Void] = []

    mutating func begin() { self.count += 1 }

    mutating func end() {
        self.count -= 1
        guard self.count == 0, !self.waiters.isEmpty else { return }
        let waiters = self.waiters
        self.waiters = []
        for waiter in waiters { waiter() }
    }

    /// Calls a function when none runs; now, if that is so.
    mutating func whenNone(_ body: @escaping () -> Void) {
        if self.count == 0 { body() } else { self.waiters.append(body) }
    }
}

extension EventShard {
    /// Starts a task of the application that nothing else waits for.
    func startTask(_ operation: @escaping @Sendable () async -> Void) {
        self.tasks.begin()
        self.executor.start {
            await operation()
            self.queue.perform { self.tasks.end() }
        }
    }

    /// Waits until no task runs on the loop, or the time is over.
    func tasksEnded(within limit: Duration) async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            self.queue.perform {
                var continuation = Optional(continuation)
                let timer = self.timers.schedule(after: TimeAmount(limit)) { continuation.take()?.resume() }
                self.tasks.whenNone {
                    self.timers.cancel(timer)
                    continuation.take()?.resume()
                }
            }
        }
    }
}
