// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEvents
internal import NIOConcurrencyHelpers

/// A question that each server on Node's wire answers once. Who has answered is not said, so answers are counted.
final class NodeQuestion: Sendable {
    struct Outcome: Sendable {
        var answers: [NodeResponse.Body] = []
        /// How many servers did not answer in time; 1 where it is not known how many there are.
        var missing = 0
    }

    private struct State {
        /// Nil until Redis has said it.
        var expected: Int?
        var outcome = Outcome()
        var isOver = false
        var continuation: CheckedContinuation<Outcome, Never>?
    }

    private let state = NIOLockedValueBox(State())

    /// There are so many other servers.
    func expect(_ count: Int) { self.change { $0.expected = count } }

    func received(_ answer: NodeResponse.Body) { self.change { $0.outcome.answers.append(answer) } }

    /// Ends the wait for those who have not answered.
    func expire() {
        self.change { state in
            state.outcome.missing = state.expected.map { max($0 - state.outcome.answers.count, 0) } ?? 1
            state.isOver = true
        }
    }

    private func change(_ body: (inout State) -> Void) {
        let finished = self.state.withLockedValue { state -> (CheckedContinuation<Outcome, Never>, Outcome)? in
            if !state.isOver { body(&state) }
            if let expected = state.expected, state.outcome.answers.count >= expected { state.isOver = true }
            guard state.isOver, let continuation = state.continuation.take() else { return nil }
            return (continuation, state.outcome)
        }
        if let (continuation, outcome) = finished { continuation.resume(returning: outcome) }
    }

    /// Waits until no server is waited for. Called once.
    func outcome() async -> Outcome {
        await withCheckedContinuation { continuation in
            let outcome = self.state.withLockedValue { state -> Outcome? in
                if state.isOver { return state.outcome }
                state.continuation = continuation
                return nil
            }
            if let outcome { continuation.resume(returning: outcome) }
        }
    }
}

/// A question to the sockets of servers on Node's wire: each server says how many it asks, then the sockets answer. Which
/// socket has answered is not said.
final class NodePoll: Sendable {
    typealias Answered = @Sendable (_ socketID: String, Result<SocketArguments, AcknowledgementError>) -> Void

    /// More clients no server has. Each that does not answer costs a call in the end.
    private static let maxClients = 1_000_000

    private struct State {
        /// Nil until all servers have said it, or their time is over.
        var sockets: Int?
        /// Answers that came before that.
        var early: [SocketArguments] = []
        var answers = 0
        var isExpired = false
    }

    let servers = NodeQuestion()
    private let id: String
    private let state = NIOLockedValueBox(State())
    private let answered: Answered
    private let onEnd: @Sendable () -> Void

    /// - Parameters:
    ///   - id: what the names begin with that the sockets are given.
    ///   - onEnd: called once at least, when no socket is waited for any more.
    init(id: String, answered: @escaping Answered, onEnd: @escaping @Sendable () -> Void) {
        self.id = id
        self.answered = answered
        self.onEnd = onEnd
    }

    func received(_ answer: SocketArguments) {
        let isKnown = self.state.withLockedValue { state in
            if state.sockets == nil { state.early.append(answer) }
            return state.sockets != nil
        }
        if isKnown { self.pass(on: .success(answer)) }
    }

    /// The time of the sockets is over.
    func expire() {
        self.servers.expire()
        self.state.withLockedValue { $0.isExpired = true }
        self.failRest()
    }

    private func failRest() {
        while self.pass(on: .failure(.timedOut)) {}
    }

    /// - Returns: false when all sockets have answered.
    @discardableResult
    private func pass(on result: Result<SocketArguments, AcknowledgementError>) -> Bool {
        let (answer, isLast) = self.state.withLockedValue { state -> (Int?, Bool) in
            guard let sockets = state.sockets, state.answers < sockets else { return (nil, true) }
            state.answers += 1
            return (state.answers, state.answers == sockets)
        }
        if let answer { self.answered("\(self.id)-\(answer)", result) }
        if isLast { self.onEnd() }
        return answer != nil
    }

    /// Waits until all servers have said how many sockets they ask. Called once.
    func count() async -> (sockets: Int, outcome: NodeQuestion.Outcome) {
        let outcome = await self.servers.outcome()
        let sockets = outcome.answers.reduce(0) { sum, answer in
            if case .clientCount(let count) = answer { sum + min(max(count, 0), Self.maxClients) } else { sum }
        }
        let (early, isExpired) = self.state.withLockedValue { state in
            state.sockets = sockets
            defer { state.early = [] }
            return (state.early, state.isExpired)
        }
        for answer in early { self.pass(on: .success(answer)) }
        if isExpired { self.failRest() }
        if sockets == 0 { self.onEnd() }
        return (sockets, outcome)
    }
}
