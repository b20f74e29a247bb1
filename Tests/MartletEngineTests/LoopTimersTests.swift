// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Dispatch
import MartletEngine
import NIOConcurrencyHelpers
import NIOCore
import NIOEmbedded
import Testing

struct LoopTimersTests {
    private let eventLoop = EmbeddedEventLoop()
    private let timers: LoopTimers
    private let notes = Notes()

    private final class Notes {
        var lines: [String] = []
    }

    init() {
        self.timers = LoopTimers(eventLoop: self.eventLoop)
    }

    @discardableResult
    private func schedule(_ name: String, after delay: TimeAmount) -> LoopTimers.Token {
        self.timers.schedule(after: delay) { [notes] in notes.lines.append(name) }
    }

    @Test func timersFireInTheOrderOfTheirDeadlines() {
        self.schedule("c", after: .seconds(3))
        self.schedule("a", after: .seconds(1))
        self.schedule("b", after: .seconds(2))
        self.eventLoop.advanceTime(by: .milliseconds(999))
        #expect(self.notes.lines == [])
        self.eventLoop.advanceTime(by: .milliseconds(1))
        #expect(self.notes.lines == ["a"])
        self.eventLoop.advanceTime(by: .seconds(2))
        #expect(self.notes.lines == ["a", "b", "c"])
        #expect(self.timers.count == 0)
    }

    @Test func timersOfOneDeadlineFireInTheOrderInWhichTheyWereMade() {
        for name in ["a", "b", "c", "d"] { self.schedule(name, after: .seconds(1)) }
        self.eventLoop.advanceTime(by: .seconds(1))
        #expect(self.notes.lines == ["a", "b", "c", "d"])
    }

    @Test func aCancelledTimerDoesNotFire() {
        self.schedule("a", after: .seconds(1))
        let token = self.schedule("b", after: .seconds(1))
        self.schedule("c", after: .seconds(2))
        self.timers.cancel(token)
        self.timers.cancel(token)
        #expect(self.timers.count == 2)
        self.eventLoop.advanceTime(by: .seconds(2))
        #expect(self.notes.lines == ["a", "c"])
    }

    @Test func cancellingATimerThatHasFiredIsNothing() {
        let token = self.schedule("a", after: .seconds(1))
        self.eventLoop.advanceTime(by: .seconds(1))
        self.timers.cancel(token)
        self.schedule("b", after: .seconds(1))
        self.eventLoop.advanceTime(by: .seconds(1))
        #expect(self.notes.lines == ["a", "b"])
    }

    @Test func anEarlierTimerIsNotHeldUpByALaterOne() {
        self.schedule("late", after: .seconds(10))
        self.schedule("early", after: .seconds(1))
        self.eventLoop.advanceTime(by: .seconds(1))
        #expect(self.notes.lines == ["early"])
        self.eventLoop.advanceTime(by: .seconds(9))
        #expect(self.notes.lines == ["early", "late"])
    }

    @Test func aTimerThatIsArmedAgainEarlierFiresOnce() {
        let token = self.schedule("a", after: .seconds(10))
        self.timers.cancel(token)
        self.schedule("a", after: .seconds(2))
        self.eventLoop.advanceTime(by: .seconds(20))
        #expect(self.notes.lines == ["a"])
    }

    @Test func aTimerMayScheduleAnother() {
        let timers = self.timers
        let notes = self.notes
        timers.schedule(after: .seconds(1)) {
            notes.lines.append("first")
            timers.schedule(after: .seconds(1)) { notes.lines.append("second") }
            timers.schedule(after: .zero) { notes.lines.append("at once") }
        }
        self.eventLoop.advanceTime(by: .seconds(1))
        #expect(notes.lines == ["first", "at once"])
        self.eventLoop.advanceTime(by: .seconds(1))
        #expect(notes.lines == ["first", "at once", "second"])
    }

    /// The loop keeps each task that it is given until its time, with some 250 bytes.
    @Test func aTimerThatSchedulesAnotherWakesTheLoopOnce() {
        let eventLoop = CountingEventLoop(self.eventLoop)
        let timers = LoopTimers(eventLoop: eventLoop)
        func beat() { timers.schedule(after: .seconds(20), beat) }
        for number in 1...5 { timers.schedule(after: .seconds(Int64(number)), beat) }
        self.eventLoop.advanceTime(by: .seconds(200))
        // 50 deadlines have passed, and the next one is to come.
        #expect(eventLoop.scheduledCount == 51)
    }

    @Test func aTimerThatIsAlwaysLateLetsTheLoopGoOn() {
        let timers = self.timers
        let notes = self.notes
        func comeBackLate() {
            notes.lines.append("late")
            if notes.lines.count < 5 { timers.schedule(after: .zero, comeBackLate) }
        }
        timers.schedule(after: .seconds(1), comeBackLate)
        let others = LoopTimers(eventLoop: self.eventLoop)
        others.schedule(after: .seconds(1)) { notes.lines.append("other") }
        self.eventLoop.advanceTime(by: .seconds(1))
        #expect(notes.lines == ["late", "other", "late", "late", "late"])
    }

    @Test func aTimerMayCancelAnotherOfTheSameDeadline() {
        let timers = self.timers
        let notes = self.notes
        var second: LoopTimers.Token?
        timers.schedule(after: .seconds(1)) {
            notes.lines.append("first")
            if let second { timers.cancel(second) }
        }
        second = self.schedule("second", after: .seconds(1))
        self.eventLoop.advanceTime(by: .seconds(1))
        #expect(notes.lines == ["first"])
    }

    @Test func cancelAllForgetsAllAndLeavesTheTimersUsable() {
        for seconds in 1...5 { self.schedule("\(seconds)", after: .seconds(Int64(seconds))) }
        self.timers.cancelAll()
        #expect(self.timers.count == 0)
        self.schedule("later", after: .seconds(7))
        self.schedule("soon", after: .milliseconds(500))
        self.eventLoop.advanceTime(by: .seconds(6))
        #expect(self.notes.lines == ["soon"])
        self.eventLoop.advanceTime(by: .seconds(1))
        #expect(self.notes.lines == ["soon", "later"])
    }

    @Test func aCancelledTimerLetsGoOfWhatItHeld() {
        var held: Notes? = Notes()
        weak let weakly = held
        let token = self.timers.schedule(after: .seconds(1)) { [held] in held?.lines.append("never") }
        held = nil
        #expect(weakly != nil)
        self.timers.cancel(token)
        #expect(weakly == nil)
    }

    @Test func aTimerThatFiredLetsGoOfWhatItHeld() {
        var held: Notes? = Notes()
        weak let weakly = held
        self.timers.schedule(after: .seconds(1)) { [held] in held?.lines.append("once") }
        held = nil
        self.eventLoop.advanceTime(by: .seconds(1))
        #expect(weakly == nil)
    }

    @Test func timersThatWereDroppedDoNotFire() {
        let notes = self.notes
        var dropped: LoopTimers? = LoopTimers(eventLoop: self.eventLoop)
        dropped?.schedule(after: .seconds(1)) { notes.lines.append("never") }
        dropped = nil
        self.eventLoop.advanceTime(by: .seconds(2))
        #expect(notes.lines == [])
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func thousandsOfTimersFireInOrderAmongCancellations(seed: UInt64) {
        var state = seed
        func random(_ bound: UInt64) -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (state >> 33) % bound
        }
        var expected: [(Int64, Int)] = []
        var fired: [Int] = []
        for index in 0..<5000 {
            let delay = Int64(random(1000))
            let token = self.timers.schedule(after: .milliseconds(delay)) { fired.append(index) }
            if random(3) == 0 { self.timers.cancel(token) } else { expected.append((delay, index)) }
        }
        for _ in 0..<100 { self.eventLoop.advanceTime(by: .milliseconds(10)) }
        #expect(fired == expected.sorted { $0 < $1 }.map(\.1))
    }
}

/// Counts the tasks that are scheduled on a loop.
private final class CountingEventLoop: EventLoop {
    private let loop: EmbeddedEventLoop
    private let count = NIOLockedValueBox(0)

    init(_ loop: EmbeddedEventLoop) {
        self.loop = loop
    }

    var scheduledCount: Int { self.count.withLockedValue { $0 } }

    func scheduleTask<T>(deadline: NIODeadline, _ task: @escaping @Sendable () throws -> T) -> Scheduled<T> {
        self.count.withLockedValue { $0 += 1 }
        return self.loop.scheduleTask(deadline: deadline, task)
    }

    func scheduleTask<T>(in delay: TimeAmount, _ task: @escaping @Sendable () throws -> T) -> Scheduled<T> {
        self.scheduleTask(deadline: self.now + delay, task)
    }

    var now: NIODeadline { self.loop.now }
    var inEventLoop: Bool { self.loop.inEventLoop }
    func execute(_ task: @escaping @Sendable () -> Void) { self.loop.execute(task) }
    func submit<T>(_ task: @escaping @Sendable () throws -> T) -> EventLoopFuture<T> { self.loop.submit(task) }

    func shutdownGracefully(queue: DispatchQueue, _ callback: @escaping @Sendable ((any Error)?) -> Void) {
        self.loop.shutdownGracefully(queue: queue, callback)
    }
}
