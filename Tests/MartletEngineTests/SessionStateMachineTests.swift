// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEngine
import NIOCore
import Testing

/// A session's machine, brought to one of its states at second 0.
private final class Subject {
    enum State: CaseIterable {
        case open, probing, answered, upgraded, closing, closed
    }

    var machine: SessionStateMachine

    // `#expect` cannot take apart an expression that holds a value that cannot be copied.
    var isOpen: Bool { self.machine.isOpen }
    var isClosed: Bool { self.machine.isClosed }
    var nextDeadline: NIODeadline? { self.machine.nextDeadline }

    init(_ state: State) {
        self.machine = SessionStateMachine(configuration: EngineIOConfiguration(), now: .second(0))
        switch state {
        case .open: break
        case .probing: _ = self.machine.probeConnected(until: .second(10))
        case .answered:
            _ = self.machine.probeConnected(until: .second(10))
            _ = self.machine.probePingReceived()
        case .upgraded:
            _ = self.machine.probeConnected(until: .second(10))
            _ = self.machine.probePingReceived()
            _ = self.machine.upgradeReceived(now: .second(0))
        case .closing: _ = self.machine.close(lingeringUntil: .second(30))
        case .closed: _ = self.machine.close()
        }
    }
}

extension NIODeadline {
    fileprivate static func second(_ number: UInt64) -> NIODeadline { .uptimeNanoseconds(number * 1_000_000_000) }
}

struct SessionStateMachineTests {
    fileprivate typealias State = Subject.State

    @Test func whatEachStateIs() {
        for state in State.allCases {
            let subject = Subject(state)
            #expect(subject.isOpen == (state != .closing && state != .closed), "\(state)")
            #expect(subject.isClosed == (state == .closed), "\(state)")
        }
    }

    @Test func theNextDeadlineIsTheNearest() {
        let expected: [State: UInt64] = [.open: 25, .probing: 10, .answered: 10, .upgraded: 25, .closing: 30]
        for state in State.allCases {
            #expect(Subject(state).nextDeadline == expected[state].map(NIODeadline.second), "\(state)")
        }
    }

    @Test func nothingIsDueBeforeItsTime() {
        for state in State.allCases {
            let subject = Subject(state)
            let action = subject.machine.deadlinePassed(now: .second(9))
            #expect(action == .wait, "\(state)")
        }
    }

    @Test func whatIsDueInTheEnd() {
        let expected: [State: SessionStateMachine.DeadlineAction] = [
            .open: .sendPing, .probing: .closeProbe, .answered: .closeProbe, .upgraded: .sendPing, .closing: .forget,
            .closed: .wait,
        ]
        for state in State.allCases {
            let subject = Subject(state)
            let action = subject.machine.deadlinePassed(now: .second(30))
            #expect(action == expected[state], "\(state)")
        }
    }

    @Test func aProbeIsAcceptedOnlyOnce() {
        for state in State.allCases {
            let subject = Subject(state)
            let action = subject.machine.probeConnected(until: .second(11))
            #expect(action == (state == .open ? .accept : .refuse), "\(state)")
        }
    }

    @Test func aProbePingIsAnsweredWhileProbing() {
        for state in State.allCases {
            let subject = Subject(state)
            let action = subject.machine.probePingReceived()
            #expect(action == (state == .probing || state == .answered ? .answer : .closeProbe), "\(state)")
        }
    }

    @Test func anUpgradeFollowsOnlyAnAnsweredProbe() {
        for state in State.allCases {
            let subject = Subject(state)
            let action = subject.machine.upgradeReceived(now: .second(1))
            #expect(action == (state == .answered ? .switchTransport : .closeProbe), "\(state)")
        }
    }

    @Test func anUpgradeStartsTheHeartbeatAnew() {
        let subject = Subject(.answered)
        _ = subject.machine.upgradeReceived(now: .second(8))
        #expect(subject.nextDeadline == .second(33))
    }

    @Test func aPingWhosePongWasLostInTheUpgradeIsAskedAgain() {
        let subject = Subject(.open)
        _ = subject.machine.deadlinePassed(now: .second(25))
        _ = subject.machine.probeConnected(until: .second(36))
        _ = subject.machine.probePingReceived()
        _ = subject.machine.upgradeReceived(now: .second(27))
        let action = subject.machine.deadlinePassed(now: .second(45))
        #expect(action == .wait)
        #expect(subject.nextDeadline == .second(52))
    }

    @Test func afterAFailedProbeAnotherMayTry() {
        for state in State.allCases {
            let subject = Subject(state)
            subject.machine.probeFailed()
            let action = subject.machine.probeConnected(until: .second(11))
            #expect(action == ([.open, .probing, .answered].contains(state) ? .accept : .refuse), "\(state)")
        }
    }

    @Test func afterAProbeThatTookTooLongAnotherMayTry() {
        let subject = Subject(.answered)
        _ = subject.machine.deadlinePassed(now: .second(10))
        let action = subject.machine.probeConnected(until: .second(21))
        #expect(action == .accept)
        #expect(subject.nextDeadline == .second(21))
    }

    @Test func aProbeDoesNotHoldUpTheHeartbeat() {
        let subject = Subject(.open)
        _ = subject.machine.probeConnected(until: .second(30))
        #expect(subject.nextDeadline == .second(25))
        let ping = subject.machine.deadlinePassed(now: .second(25))
        #expect(ping == .sendPing)
        #expect(subject.nextDeadline == .second(30))
    }

    @Test func noPongInTimeClosesTheSession() {
        for state in [State.open, .upgraded] {
            let subject = Subject(state)
            _ = subject.machine.deadlinePassed(now: .second(25))
            let action = subject.machine.deadlinePassed(now: .second(45))
            #expect(action == .close(.pingTimeout), "\(state)")
        }
    }

    @Test func pongsAndOtherPacketsKeepTheSession() {
        for state in [State.open, .upgraded] {
            let subject = Subject(state)
            _ = subject.machine.deadlinePassed(now: .second(25))
            subject.machine.pongReceived(now: .second(26))
            #expect(subject.nextDeadline == .second(51), "\(state)")
            _ = subject.machine.deadlinePassed(now: .second(51))
            subject.machine.heard()
            let action = subject.machine.deadlinePassed(now: .second(71))
            #expect(action == .sendPing, "\(state)")
        }
    }

    @Test func whatIsHeardAfterTheEndChangesNothing() {
        for state in [State.closing, .closed] {
            let subject = Subject(state)
            let deadline = subject.nextDeadline
            subject.machine.heard()
            subject.machine.pongReceived(now: .second(1))
            subject.machine.probeFailed()
            #expect(subject.nextDeadline == deadline, "\(state)")
            #expect(!subject.isOpen, "\(state)")
        }
    }

    @Test(arguments: [true, false])
    func aSessionIsClosedOnce(lingering: Bool) {
        for state in State.allCases {
            let subject = Subject(state)
            let first = subject.machine.close(lingeringUntil: lingering ? .second(31) : nil)
            #expect(first == (state == .closing || state == .closed ? .alreadyClosed : .closed), "\(state)")
            let second = subject.machine.close(lingeringUntil: lingering ? .second(32) : nil)
            #expect(second == .alreadyClosed, "\(state)")
            #expect(!subject.isOpen, "\(state)")
            if !lingering { #expect(subject.isClosed, "\(state)") }
        }
    }

    @Test func aLingeringSessionIsNotHeldLongerByAnotherClose() {
        let subject = Subject(.closing)
        _ = subject.machine.close(lingeringUntil: .second(50))
        #expect(subject.nextDeadline == .second(30))
    }
}
