// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOConcurrencyHelpers

/// A question to other nodes that waits for answers. Its functions may be called on any thread.
protocol ClusterQuestion: Sendable {
    func received(_ answer: ClusterAnswer.Body, from node: String)

    /// A node is no longer part of the cluster.
    /// - Parameter saidGoodbye: whether it has ended in order, so that its sockets are gone; otherwise it counts as dead.
    func lost(_ node: String, saidGoodbye: Bool)

    /// Ends the wait for those who have not answered.
    func expire()
}

/// What happens to a question at some time.
struct ClusterTimeout<Question: ClusterQuestion>: Sendable {
    /// The time since the last timeout of the question, or since it was asked.
    let after: Duration
    let action: @Sendable (Question) -> Void
}

/// A question that each node answers once.
final class ClusterGathering: ClusterQuestion {
    struct Outcome: Sendable {
        /// By the id of the node.
        var answers: [String: ClusterAnswer.Body] = [:]
        /// Nodes that did not answer in time, or have died.
        var missing: Set<String> = []
    }

    private struct State {
        var waiting: Set<String>
        var outcome = Outcome()
        var continuation: CheckedContinuation<Outcome, Never>?
    }

    private let state: NIOLockedValueBox<State>

    init(nodes: Set<String>) {
        self.state = NIOLockedValueBox(State(waiting: nodes))
    }

    func isWaiting(for node: String) -> Bool {
        self.state.withLockedValue { $0.waiting.contains(node) }
    }

    func received(_ answer: ClusterAnswer.Body, from node: String) {
        self.change { state in
            if state.waiting.remove(node) != nil { state.outcome.answers[node] = answer }
        }
    }

    func lost(_ node: String, saidGoodbye: Bool) {
        self.change { state in
            if state.waiting.remove(node) != nil, !saidGoodbye { state.outcome.missing.insert(node) }
        }
    }

    func expire() {
        self.change { state in
            state.outcome.missing.formUnion(state.waiting)
            state.waiting = []
        }
    }

    private func change(_ body: (inout State) -> Void) {
        let finished = self.state.withLockedValue { state -> (CheckedContinuation<Outcome, Never>, Outcome)? in
            body(&state)
            guard state.waiting.isEmpty, let continuation = state.continuation.take() else { return nil }
            return (continuation, state.outcome)
        }
        if let (continuation, outcome) = finished { continuation.resume(returning: outcome) }
    }

    /// Waits until no node is waited for. Called once.
    func outcome() async -> Outcome {
        await withCheckedContinuation { continuation in
            self.change { $0.continuation = continuation }
        }
    }
}
