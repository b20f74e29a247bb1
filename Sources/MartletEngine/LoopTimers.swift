// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import HeapModule
package import NIOCore

/// The timeouts of one event loop: heartbeats, acknowledgements, handshakes, upgrades.
///
/// Not `Sendable`: confined to its event loop. NIO's scheduled tasks would do as well, but each takes a few hundred
/// bytes, and cancelling one searches all of them. Here a timer is an entry of a heap and a slot of an array. A
/// cancelled timer leaves its entry in the heap until its deadline passes.
package final class LoopTimers {
    /// Identifies a scheduled timer, for ``cancel(_:)``.
    package struct Token: Hashable {
        fileprivate let slot: UInt32
        fileprivate let generation: UInt32
    }

    private struct Entry: Comparable {
        let deadline: NIODeadline
        let token: Token
        /// Timers with the same deadline fire in the order in which they were made.
        let serial: UInt64

        static func < (left: Entry, right: Entry) -> Bool {
            (left.deadline, left.serial) < (right.deadline, right.serial)
        }
    }

    /// A struct around the closure: a generic container would wrap a bare closure in a second one.
    private struct Slot {
        var generation: UInt32 = 0
        var body: (() -> Void)?
    }

    private let eventLoop: any EventLoop
    // Unchecked: see LoopContext.
    @exclusivity(unchecked) private var state = State()

    private struct State {
        var entries = Heap<Entry>()
        var slots: [Slot] = []
        var freeSlots: [UInt32] = []
        var lastSerial: UInt64 = 0
        /// The earliest pending wake-up that was scheduled on the event loop.
        var wakeUp: NIODeadline?
        var isFiring = false
    }

    package init(eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    /// The event loop's own clock, which tests set by hand.
    package var now: NIODeadline { self.eventLoop.now }

    /// How many timers are pending.
    package var count: Int { self.state.slots.count - self.state.freeSlots.count }

    /// Runs `body` on the event loop once `deadline` has passed, unless the timer is cancelled before.
    @discardableResult
    package func schedule(at deadline: NIODeadline, _ body: @escaping () -> Void) -> Token {
        let slot: UInt32
        if let free = self.state.freeSlots.popLast() {
            slot = free
        } else {
            slot = UInt32(truncatingIfNeeded: self.state.slots.count)
            self.state.slots.append(Slot())
        }
        self.state.slots[Int(slot)].body = body
        let token = Token(slot: slot, generation: self.state.slots[Int(slot)].generation)
        self.state.lastSerial += 1
        self.state.entries.insert(Entry(deadline: deadline, token: token, serial: self.state.lastSerial))
        self.wake(at: deadline)
        return token
    }

    /// Runs `body` on the event loop after `delay`, unless the timer is cancelled before.
    @discardableResult
    package func schedule(after delay: TimeAmount, _ body: @escaping () -> Void) -> Token {
        self.schedule(at: self.now + delay, body)
    }

    /// Cancels a timer. A timer that has fired or was cancelled already is ignored.
    package func cancel(_ token: Token) {
        _ = self.takeBody(token)
    }

    /// Forgets all timers.
    package func cancelAll() {
        while let entry = self.state.entries.popMin() { self.cancel(entry.token) }
    }

    private func isWaiting(_ token: Token) -> Bool {
        self.state.slots[Int(token.slot)].generation == token.generation
    }

    private func takeBody(_ token: Token) -> (() -> Void)? {
        guard self.isWaiting(token) else { return nil }
        let body = self.state.slots[Int(token.slot)].body.take()
        self.state.slots[Int(token.slot)].generation &+= 1
        self.state.freeSlots.append(token.slot)
        return body
    }

    private func wake(at deadline: NIODeadline) {
        // Most timers that fire make one for much later. The next deadline of all is known only when they have fired.
        guard !self.state.isFiring else { return }
        if let wakeUp = self.state.wakeUp, wakeUp <= deadline { return }
        self.state.wakeUp = deadline
        // A later wake-up that is already scheduled stays: it finds nothing to do.
        let timers = NIOLoopBound(WeakTimers(timers: self), eventLoop: self.eventLoop)
        self.eventLoop.scheduleTask(deadline: deadline) { timers.value.timers?.fire() }
    }

    private func fire() {
        let now = self.now
        if let wakeUp = self.state.wakeUp, wakeUp <= now { self.state.wakeUp = nil }
        self.state.isFiring = true
        // A timer made from here on waits for the next wake-up, even when it is overdue: so timers that make timers
        // cannot hold the loop.
        let last = self.state.lastSerial
        while let first = self.state.entries.min, first.deadline <= now, first.serial <= last {
            self.state.entries.removeMin()
            self.takeBody(first.token)?()
        }
        self.state.isFiring = false
        while let first = self.state.entries.min, !self.isWaiting(first.token) {
            self.state.entries.removeMin()
        }
        if let next = self.state.entries.min { self.wake(at: next.deadline) }
    }

    private struct WeakTimers {
        weak var timers: LoopTimers?
    }
}
