// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEngine
import NIOCore
import Testing

/// The machine of a lossless session, opened at second 0.
private final class Subject {
    private var machine = SessionStateMachine(
        configuration: EngineIOConfiguration(), isLossless: true, now: .uptimeNanoseconds(0))

    private func second(_ second: Int64) -> NIODeadline { .uptimeNanoseconds(0) + .seconds(second) }

    // `#expect` cannot take apart an expression that holds a value that cannot be copied.
    var isOpen: Bool { self.machine.isOpen }
    var lossReason: DisconnectReason? { self.machine.lossReason }
    var deadline: NIODeadline? { self.machine.nextDeadline }

    func disconnected(_ loss: DisconnectReason?, at second: Int64) {
        self.machine.disconnected(loss, until: self.second(second + 30))
    }
    func connected() { self.machine.connected() }
    func attached(at second: Int64) { self.machine.attached(now: self.second(second)) }
    func passes(_ second: Int64) -> SessionStateMachine.DeadlineAction {
        self.machine.deadlinePassed(now: self.second(second))
    }
    func pong(at second: Int64) { self.machine.pongReceived(now: self.second(second)) }
    func close() -> SessionStateMachine.CloseAction { self.machine.close() }
    func isDue(at second: Int64) -> Bool { self.deadline == self.second(second) }
}

struct SessionStateMachineLosslessTests {
    @Test func itIsKeptWithoutATransportForSoLong() {
        let subject = Subject()
        subject.disconnected(.transportError, at: 10)
        #expect(subject.isOpen)
        #expect(subject.lossReason == .transportError)
        #expect(subject.isDue(at: 40))
        #expect(subject.passes(39) == .wait, "no ping either")
        #expect(subject.passes(40) == .expire(.transportError))
    }

    @Test func theFirstMomentWithoutATransportCounts() {
        let subject = Subject()
        subject.disconnected(nil, at: 10)
        #expect(subject.lossReason == nil)
        subject.disconnected(.transportError, at: 20)
        #expect(subject.lossReason == .transportError)
        #expect(subject.isDue(at: 40))
        subject.disconnected(nil, at: 25)
        #expect(subject.lossReason == .transportError)
    }

    @Test func betweenTwoRequestsItExpiresAsAClosedTransport() {
        let subject = Subject()
        subject.disconnected(nil, at: 10)
        #expect(subject.passes(40) == .expire(.transportClose))
    }

    @Test func anotherRequestStopsTheClock() {
        let subject = Subject()
        subject.disconnected(.transportError, at: 10)
        subject.connected()
        #expect(subject.lossReason == nil)
        #expect(subject.isDue(at: 25))
        #expect(subject.passes(25) == .sendPing)
    }

    @Test func anotherRequestProvesThatTheClientLives() {
        let subject = Subject()
        #expect(subject.passes(25) == .sendPing)
        subject.disconnected(nil, at: 25)
        subject.connected()
        #expect(subject.passes(45) == .sendPing)
        #expect(subject.passes(65) == .abandonTransport(.pingTimeout))
        #expect(subject.isOpen)
    }

    @Test func aPongIsHeardWithoutATransport() {
        let subject = Subject()
        #expect(subject.passes(25) == .sendPing)
        subject.disconnected(nil, at: 25)
        subject.pong(at: 26)
        subject.connected()
        #expect(subject.isDue(at: 51))
    }

    @Test func anAttachBeginsAnIntervalAnew() {
        let subject = Subject()
        #expect(subject.passes(25) == .sendPing)
        subject.attached(at: 30)
        #expect(subject.isDue(at: 55))
        subject.disconnected(.transportClose, at: 40)
        subject.attached(at: 60)
        #expect(subject.lossReason == nil)
        #expect(subject.isDue(at: 85))
    }

    @Test func onceClosedItStaysSo() {
        let subject = Subject()
        subject.disconnected(.transportClose, at: 1)
        #expect(subject.close() == .closed)
        #expect(subject.close() == .alreadyClosed)
        subject.connected()
        subject.disconnected(.transportClose, at: 3)
        #expect(!subject.isOpen)
        #expect(subject.deadline == nil)
    }
}
