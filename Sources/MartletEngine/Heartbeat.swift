// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// The server's half of Engine.IO's heartbeat: a ping after every `interval`, an answer within `timeout`.
///
/// Anything that the peer sends while a pong is due proves that the peer lives. So a pong that waits behind a large
/// message does not end the session; the heartbeat sends another ping instead. While the server itself does not read,
/// a missing pong proves nothing: pings go on, since the peer waits for them, and none of them times out.
struct Heartbeat: ~Copyable {
    enum Action: Equatable {
        case wait
        case sendPing
        case timeOut
    }

    private enum State {
        case idle(nextPing: NIODeadline)
        case pinged(answerBefore: NIODeadline, heardSince: Bool)
    }

    private let interval: TimeAmount
    private let timeout: TimeAmount
    private var state: State

    init(interval: TimeAmount, timeout: TimeAmount, now: NIODeadline) {
        self.interval = interval
        self.timeout = timeout
        self.state = .idle(nextPing: now + interval)
    }

    /// When ``deadlinePassed(now:)`` has something to do.
    var nextDeadline: NIODeadline {
        switch self.state {
        case .idle(let nextPing): nextPing
        case .pinged(let answerBefore, _): answerBefore
        }
    }

    /// - Parameter isReadingPaused: whether the server does not read from the peer.
    mutating func deadlinePassed(now: NIODeadline, isReadingPaused: Bool = false) -> Action {
        switch self.state {
        case .idle(let nextPing):
            guard now >= nextPing else { return .wait }
            self.state = .pinged(answerBefore: now + self.timeout, heardSince: false)
            return .sendPing
        case .pinged(let answerBefore, let heardSince):
            guard now >= answerBefore else { return .wait }
            guard heardSince || isReadingPaused else { return .timeOut }
            self.state = .pinged(answerBefore: now + self.timeout, heardSince: false)
            return .sendPing
        }
    }

    /// Something other than a pong came.
    mutating func heard() {
        if case .pinged(let answerBefore, false) = self.state {
            self.state = .pinged(answerBefore: answerBefore, heardSince: true)
        }
    }

    /// A pong came. A pong without a ping is ignored.
    mutating func pongReceived(now: NIODeadline) {
        if case .pinged = self.state {
            self.state = .idle(nextPing: now + self.interval)
        }
    }

    /// The session moved to another transport, and the pong may be lost with the old one: start a new interval.
    mutating func restart(now: NIODeadline) {
        self.state = .idle(nextPing: now + self.interval)
    }
}
