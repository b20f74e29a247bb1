// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import HeapModule
package import NIOCore

/// The timeouts of one event loop: heartbeats, acknowledgements, handshakes, upgrades.
///
/// Not `Sendable`: confined to its event loop. NIO's own scheduled tasks would do, were it not for their price: a few
/// hundred bytes each, and a cancellation that searches all of them. Here a cancelled timer costs a dictionary removal
/// and leaves sixteen bytes in the heap until its deadline passes.
package final class LoopTimers {
    /// Names one scheduled timer, to cancel it.
    package struct Token: Hashable {
        fileprivate let serial: UInt64
    }

    private struct Entry: Comparable {
        let deadline: NIODeadline
        let serial: UInt64

        static func < (left: Entry, right: Entry) -> Bool {
            (left.deadline, left.serial) < (right.deadline, right.serial)
        }
    }

    private let eventLoop: any EventLoop
    private var entries = Heap<Entry>()
    private var bodies: [UInt64: () -> Void] = [:]
    private var lastSerial: UInt64 = 0
    /// The earliest wake-up that was asked of the event loop and has not come yet.
    private var wakeUp: NIODeadline?

    package init(eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    /// The event loop's own clock, which tests set by hand.
    package var now: NIODeadline { self.eventLoop.now }

    /// How many timers wait.
    package var count: Int { self.bodies.count }

    /// Runs `body` on the event loop once `deadline` has passed, unless it is cancelled before.
    @discardableResult
    package func schedule(at deadline: NIODeadline, _ body: @escaping () -> Void) -> Token {
        self.lastSerial += 1
        self.bodies[self.lastSerial] = body
        self.entries.insert(Entry(deadline: deadline, serial: self.lastSerial))
        self.wake(at: deadline)
        return Token(serial: self.lastSerial)
    }

    /// Runs `body` on the event loop after `delay`, unless it is cancelled before.
    @discardableResult
    package func schedule(after delay: TimeAmount, _ body: @escaping () -> Void) -> Token {
        self.schedule(at: self.now + delay, body)
    }

    /// Forgets a timer. One that has fired or was cancelled already is ignored.
    package func cancel(_ token: Token) {
        self.bodies[token.serial] = nil
    }

    /// Forgets all timers.
    package func cancelAll() {
        self.bodies.removeAll()
        self.entries = Heap()
    }

    private func wake(at deadline: NIODeadline) {
        if let wakeUp, wakeUp <= deadline { return }
        self.wakeUp = deadline
        // A later wake-up that is already on its way is left alone: it finds nothing to do.
        let timers = NIOLoopBound(WeakTimers(timers: self), eventLoop: self.eventLoop)
        self.eventLoop.scheduleTask(deadline: deadline) { timers.value.timers?.fire() }
    }

    private func fire() {
        let now = self.now
        if let wakeUp, wakeUp <= now { self.wakeUp = nil }
        while let first = self.entries.min, first.deadline <= now {
            self.entries.removeMin()
            self.bodies.removeValue(forKey: first.serial)?()
        }
        while let first = self.entries.min, self.bodies[first.serial] == nil {
            self.entries.removeMin()
        }
        if let next = self.entries.min { self.wake(at: next.deadline) }
    }

    private struct WeakTimers {
        weak var timers: LoopTimers?
    }
}
