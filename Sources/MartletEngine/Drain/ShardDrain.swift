// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// The sessions of one event loop on their way to the end.
///
/// `@unchecked Sendable`: all but `shard`, which never changes, is used on the event loop of `shard` only.
final class ShardDrain: @unchecked Sendable {
    /// How often a session whose handlers are at work is looked at.
    private static let pause = TimeAmount.milliseconds(10)
    /// How long a client on long polling has to come for the news that its session is over.
    private static let newsTime = TimeAmount.seconds(1)

    private let shard: EngineShard
    private var sessions: [Session] = []
    /// How many sessions have not ended.
    private var open = 0
    private var deadline = NIODeadline.distantFuture
    private var deadlineTimer: LoopTimers.Token?
    private var hasStopped = false
    private var completion: CheckedContinuation<Void, Never>?

    init(_ shard: EngineShard) { self.shard = shard }

    /// Notes the sessions that there are.
    /// - Returns: how many.
    func collect() async -> Int {
        await withCheckedContinuation { continuation in
            self.shard.eventLoop.execute {
                self.sessions = Array(self.shard.allSessions)
                continuation.resume(returning: self.sessions.count)
            }
        }
    }

    /// Ends the sessions, at random times within a span.
    func run(over span: TimeAmount, within limit: TimeAmount) async {
        await withCheckedContinuation { continuation in
            self.shard.eventLoop.execute {
                self.completion = continuation
                self.begin(span, limit)
            }
        }
    }

    /// The time is over.
    func stop() {
        self.shard.eventLoop.execute {
            self.hasStopped = true
            if let timer = self.deadlineTimer.take() { self.shard.timers.cancel(timer) }
            self.completion.take()?.resume()
        }
    }

    private func begin(_ span: TimeAmount, _ limit: TimeAmount) {
        guard !self.hasStopped, !self.sessions.isEmpty else { return self.stop() }
        self.deadline = self.shard.timers.now + limit
        self.open = self.sessions.count
        self.deadlineTimer = self.shard.timers.schedule(at: self.deadline) { self.stop() }
        let sessions = self.sessions
        self.sessions = []
        for session in sessions {
            // A few end now: not even a clock that stands still, as those of tests do, keeps them.
            guard span > .zero else {
                self.end(session)
                continue
            }
            let delay = TimeAmount.nanoseconds(Int64.random(in: 0...span.nanoseconds))
            self.shard.timers.schedule(after: delay) { self.end(session) }
        }
    }

    /// Ends a session when its handlers have finished.
    private func end(_ session: Session) {
        guard !self.hasStopped else { return }
        if session.isOpen, session.handler?.isIdle == false {
            self.shard.timers.schedule(after: Self.pause) { self.end(session) }
        } else {
            session.close(.serverShuttingDown, tellingPeer: .goingAway)
            self.awaitNews(session, until: self.shard.timers.now + Self.newsTime)
        }
    }

    private func awaitNews(_ session: Session, until deadline: NIODeadline) {
        if self.shard.session(session.id) === session, self.shard.timers.now < deadline {
            self.shard.timers.schedule(after: Self.pause) { self.awaitNews(session, until: deadline) }
        } else {
            self.open -= 1
            if self.open == 0 { self.stop() }
        }
    }
}
