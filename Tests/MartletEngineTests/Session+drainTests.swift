// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEngine
import MartletTestSupport
import NIOCore
import NIOEmbedded
import Testing

struct SessionDrainTests {
    private let fixture = SessionFixture.opened()

    private final class Waiter {
        var outcomes: [String] = []
        var wait: DrainWait?

        func wait(on session: Session, atMost mark: Int) {
            self.wait = session.whenUnsent(atMost: mark, owner: self) { outcome in
                switch outcome {
                case .drained: self.outcomes.append("drained")
                case .ended(let reason): self.outcomes.append("ended: \(reason?.rawValue ?? "nil")")
                case .cancelled: self.outcomes.append("cancelled")
                }
            }
        }
    }

    private func lag() {
        self.fixture.transport.isWritable = false
        self.fixture.session.send(.text("12345"))
        self.fixture.session.send(.text("67890"))
    }

    @Test func whoseClientDoesNotLagNeedNotWait() {
        let waiter = Waiter()
        waiter.wait(on: self.fixture.session, atMost: 0)
        #expect(waiter.outcomes == ["drained"])
        #expect(waiter.wait == nil)
    }

    @Test func aWaitEndsWhenFewEnoughBytesWait() {
        self.lag()
        let (all, half) = (Waiter(), Waiter())
        all.wait(on: self.fixture.session, atMost: 0)
        half.wait(on: self.fixture.session, atMost: 5)
        self.fixture.transport.unsentBytes = 5
        self.fixture.transport.isWritable = true
        self.fixture.session.transportBecameWritable(self.fixture.transport)
        #expect(half.outcomes == ["drained"])
        #expect(all.outcomes == [])
        self.fixture.transport.unsentBytes = 0
        self.fixture.session.transportBecameWritable(self.fixture.transport)
        #expect(all.outcomes == ["drained"])
    }

    @Test func whatLeavesAtTheEndOfATurnNeedNotBeToldOf() {
        self.fixture.transport.unsentBytes = 5
        let waiter = Waiter()
        waiter.wait(on: self.fixture.session, atMost: 0)
        #expect(waiter.outcomes == [])
        self.fixture.transport.unsentBytes = 0
        self.fixture.eventLoop.run()
        #expect(waiter.outcomes == ["drained"])
    }

    @Test func theOneWhoWaitedMaySendAndWaitAgain() {
        self.lag()
        let waiter = Waiter()
        var count = 0
        func again() {
            count += 1
            guard count < 3 else { return }
            self.fixture.transport.isWritable = false
            self.fixture.session.send(.text("again"))
            _ = self.fixture.session.whenUnsent(atMost: 0, owner: waiter) { _ in again() }
        }
        _ = self.fixture.session.whenUnsent(atMost: 0, owner: waiter) { _ in again() }
        for _ in 0..<3 {
            self.fixture.transport.isWritable = true
            self.fixture.session.transportBecameWritable(self.fixture.transport)
        }
        #expect(count == 3)
    }

    @Test func theEndOfTheSessionEndsAllWaits() {
        self.lag()
        let waiter = Waiter()
        waiter.wait(on: self.fixture.session, atMost: 0)
        self.fixture.session.close(.forcedClose)
        #expect(waiter.outcomes == ["ended: nil"])
        waiter.wait(on: self.fixture.session, atMost: 0)
        #expect(waiter.outcomes == ["ended: nil", "ended: nil"])
    }

    @Test func oneOwnersWaitsEndAlone() {
        self.lag()
        let (one, other) = (Waiter(), Waiter())
        one.wait(on: self.fixture.session, atMost: 0)
        other.wait(on: self.fixture.session, atMost: 0)
        self.fixture.session.endDrainWaits(of: one, .clientNamespaceDisconnect)
        #expect(one.outcomes == ["ended: client namespace disconnect"])
        #expect(other.outcomes == [])
    }

    @Test func aCancelledWaitEndsOnce() {
        self.lag()
        let waiter = Waiter()
        waiter.wait(on: self.fixture.session, atMost: 0)
        if let wait = waiter.wait {
            self.fixture.session.cancel(wait)
            self.fixture.session.cancel(wait)
        }
        self.fixture.session.close(.forcedClose)
        #expect(waiter.outcomes == ["cancelled"])
    }
}
