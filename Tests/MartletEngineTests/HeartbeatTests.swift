// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing

@testable import MartletEngine

struct HeartbeatTests {
    private func heartbeat() -> Heartbeat {
        Heartbeat(interval: .seconds(25), timeout: .seconds(20), now: .uptimeNanoseconds(0))
    }

    private func at(_ seconds: UInt64) -> NIODeadline { .uptimeNanoseconds(seconds * 1_000_000_000) }

    @Test func aPingIsDueAfterTheInterval() {
        var heartbeat = self.heartbeat()
        #expect(heartbeat.nextDeadline == self.at(25))
        let early = heartbeat.deadlinePassed(now: self.at(24))
        #expect(early == .wait)
        let due = heartbeat.deadlinePassed(now: self.at(25))
        #expect(due == .sendPing)
        #expect(heartbeat.nextDeadline == self.at(45))
    }

    @Test func noAnswerWithinTheTimeoutEndsTheSession() {
        var heartbeat = self.heartbeat()
        _ = heartbeat.deadlinePassed(now: self.at(25))
        let early = heartbeat.deadlinePassed(now: self.at(44))
        #expect(early == .wait)
        let late = heartbeat.deadlinePassed(now: self.at(45))
        #expect(late == .timeOut)
    }

    @Test func aPongStartsTheIntervalAnew() {
        var heartbeat = self.heartbeat()
        _ = heartbeat.deadlinePassed(now: self.at(25))
        heartbeat.pongReceived(now: self.at(30))
        #expect(heartbeat.nextDeadline == self.at(55))
        let due = heartbeat.deadlinePassed(now: self.at(55))
        #expect(due == .sendPing)
    }

    @Test func aPongThatNobodyAskedForIsIgnored() {
        var heartbeat = self.heartbeat()
        heartbeat.pongReceived(now: self.at(20))
        #expect(heartbeat.nextDeadline == self.at(25))
    }

    @Test func whatElseIsHeardWhileAPongIsDueAsksOnceMore() {
        var heartbeat = self.heartbeat()
        _ = heartbeat.deadlinePassed(now: self.at(25))
        heartbeat.heard()
        let first = heartbeat.deadlinePassed(now: self.at(45))
        #expect(first == .sendPing)
        #expect(heartbeat.nextDeadline == self.at(65))
        let second = heartbeat.deadlinePassed(now: self.at(65))
        #expect(second == .timeOut)
    }

    @Test func whileTheServerDoesNotReadPingsGoOnAndNoneTimesOut() {
        var heartbeat = self.heartbeat()
        _ = heartbeat.deadlinePassed(now: self.at(25))
        let first = heartbeat.deadlinePassed(now: self.at(45), isReadingPaused: true)
        #expect(first == .sendPing)
        let second = heartbeat.deadlinePassed(now: self.at(65), isReadingPaused: true)
        #expect(second == .sendPing)
        let early = heartbeat.deadlinePassed(now: self.at(84))
        #expect(early == .wait)
        let late = heartbeat.deadlinePassed(now: self.at(85))
        #expect(late == .timeOut)
    }

    @Test func whatIsHeardBeforeThePingProvesNothing() {
        var heartbeat = self.heartbeat()
        heartbeat.heard()
        _ = heartbeat.deadlinePassed(now: self.at(25))
        let late = heartbeat.deadlinePassed(now: self.at(45))
        #expect(late == .timeOut)
    }

    @Test func aRestartForgetsThePingUnderWay() {
        var heartbeat = self.heartbeat()
        _ = heartbeat.deadlinePassed(now: self.at(25))
        heartbeat.restart(now: self.at(40))
        #expect(heartbeat.nextDeadline == self.at(65))
        let later = heartbeat.deadlinePassed(now: self.at(45))
        #expect(later == .wait)
    }
}
