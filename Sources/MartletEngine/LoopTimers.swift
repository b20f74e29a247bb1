// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import HeapModule
package import NIOCore

/// The timeouts of one event loop: heartbeats, acknowledgements, handshakes, upgrades.
///
/// Not `Sendable`: confined to its event loop. NIO's own scheduled tasks would do, were it not for their price: a few
/// hundred bytes each, and a cancellation that searches all of them. Here a timer is an entry of a heap and a slot of an
/// array, and a cancelled one leaves its entry in the heap until its deadline passes.
package final class LoopTimers {
    /// Names one scheduled timer, to cancel it.
    package struct Token: Hashable {
        fileprivate let slot: UInt32
        fileprivate let generation: UInt32
    }

    private struct Entry: Comparable {
        let deadline: NIODeadline
        let token: Token
        /// Timers with one deadline fire in the order in which they were made.
        let serial: UInt64

        static func < (left: Entry, right: Entry) -> Bool {
            (left.deadline, left.serial) < (right.deadline, right.serial)
        }
    }

    /// A struct of its own: in a generic container a bare closure is wrapped in a second one.
    private struct Slot {
        var generation: UInt32 = 0
        var body: (() -> Void)?
    }

    private let eventLoop: any EventLoop
    // `@exclusivity(unchecked)`: see LoopContext.
    @exclusivity(unchecked) private var entries = Heap<Entry>()
    @exclusivity(unchecked) private var slots: [Slot] = []
    @exclusivity(unchecked) private var freeSlots: [UInt32] = []
    @exclusivity(unchecked) private var lastSerial: UInt64 = 0
    /// The earliest wake-up that was asked of the event loop and has not come yet.
    @exclusivity(unchecked) private var wakeUp: NIODeadline?

    package init(eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    /// The event loop's own clock, which tests set by hand.
    package var now: NIODeadline { self.eventLoop.now }

    /// How many timers wait.
    package var count: Int { self.slots.count - self.freeSlots.count }

    /// Runs `body` on the event loop once `deadline` has passed, unless it is cancelled before.
    @discardableResult
    package func schedule(at deadline: NIODeadline, _ body: @escaping () -> Void) -> Token {
        let slot: UInt32
        if let free = self.freeSlots.popLast() {
            slot = free
        } else {
            slot = UInt32(truncatingIfNeeded: self.slots.count)
            self.slots.append(Slot())
        }
        self.slots[Int(slot)].body = body
        let token = Token(slot: slot, generation: self.slots[Int(slot)].generation)
        self.lastSerial += 1
        self.entries.insert(Entry(deadline: deadline, token: token, serial: self.lastSerial))
        self.wake(at: deadline)
        return token
    }

    /// Runs `body` on the event loop after `delay`, unless it is cancelled before.
    @discardableResult
    package func schedule(after delay: TimeAmount, _ body: @escaping () -> Void) -> Token {
        self.schedule(at: self.now + delay, body)
    }

    /// Forgets a timer. One that has fired or was cancelled already is ignored.
    package func cancel(_ token: Token) {
        _ = self.takeBody(token)
    }

    /// Forgets all timers.
    package func cancelAll() {
        while let entry = self.entries.popMin() { self.cancel(entry.token) }
    }

    private func isWaiting(_ token: Token) -> Bool {
        self.slots[Int(token.slot)].generation == token.generation
    }

    private func takeBody(_ token: Token) -> (() -> Void)? {
        guard self.isWaiting(token) else { return nil }
        let body = self.slots[Int(token.slot)].body.take()
        self.slots[Int(token.slot)].generation &+= 1
        self.freeSlots.append(token.slot)
        return body
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
        // A timer that is made from here on waits for the next wake-up, even a late one: so none can hold the loop.
        let last = self.lastSerial
        while let first = self.entries.min, first.deadline <= now, first.serial <= last {
            self.entries.removeMin()
            self.takeBody(first.token)?()
        }
        while let first = self.entries.min, !self.isWaiting(first.token) {
            self.entries.removeMin()
        }
        if let next = self.entries.min { self.wake(at: next.deadline) }
    }

    private struct WeakTimers {
        weak var timers: LoopTimers?
    }
}
