// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOConcurrencyHelpers

/// The answers of many sockets to one event, in the order in which they come. The sequence ends when every socket has
/// answered, has left, or has let its time pass.
///
/// ```swift
/// for await answer in try await io.to("lobby").emitWithAck("ready?", as: Bool.self) {
///     print(answer.socketID, answer.result)
/// }
/// ```
///
/// The answers are for one task: who iterates a second time gets none.
public struct BroadcastAcknowledgements<Reply: Decodable & Sendable>: AsyncSequence, Sendable {
    /// What one socket answered.
    public struct Answer: Sendable {
        /// The id of the socket; a name that means nothing else where a server of another kind does not say which it is.
        public let socketID: String
        /// The first value of the answer; or `AcknowledgementError.timedOut`, `AcknowledgementError.disconnected`,
        /// or that the value is not a `Reply`.
        public let result: Result<Reply, AcknowledgementError>
    }

    public typealias AsyncIterator = AsyncStream<Answer>.Iterator

    /// How many sockets were asked.
    public let socketCount: Int
    /// How many servers of a cluster did not say in time which sockets they ask, so that the answers of these sockets are
    /// missing. Always 0 without a cluster.
    public let missingNodes: Int
    private let answers: AsyncStream<Answer>

    init(socketCount: Int, missingNodes: Int, _ answers: AsyncStream<Answer>) {
        self.socketCount = socketCount
        self.missingNodes = missingNodes
        self.answers = answers
    }

    public func makeAsyncIterator() -> AsyncIterator { self.answers.makeAsyncIterator() }

    /// Waits for all answers.
    /// - Returns: the replies, and why there is none of the other sockets, both by the id of the socket.
    public func collected() async -> (replies: [String: Reply], failures: [String: AcknowledgementError]) {
        var replies: [String: Reply] = [:]
        var failures: [String: AcknowledgementError] = [:]
        for await answer in self {
            switch answer.result {
            case .success(let reply): replies[answer.socketID] = reply
            case .failure(let error): failures[answer.socketID] = error
            }
        }
        return (replies, failures)
    }
}

/// Ends a stream of answers after the last one. How many there will be is known only when some may have come.
final class AnswerCounter: Sendable {
    private struct State {
        var expected: Int?
        var received = 0

        var isComplete: Bool { self.received == self.expected }
    }

    private let state = NIOLockedValueBox(State())
    private let finish: @Sendable () -> Void

    init(finish: @escaping @Sendable () -> Void) {
        self.finish = finish
    }

    /// An answer has been passed on.
    func received() {
        self.change { $0.received += 1 }
    }

    func expect(_ count: Int) {
        self.change { $0.expected = count }
    }

    private func change(_ body: (inout State) -> Void) {
        let isComplete = self.state.withLockedValue { state in
            body(&state)
            return state.isComplete
        }
        if isComplete { self.finish() }
    }
}
