// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOConcurrencyHelpers

/// A question that the sockets of other nodes answer: first each node says which sockets it asks, then these answer one
/// by one.
final class ClusterPoll: ClusterQuestion {
    typealias Answered = @Sendable (_ socketID: String, Result<SocketArguments, AcknowledgementError>) -> Void

    private struct State {
        /// The sockets that have not answered, by node.
        var outstanding: [String: Set<String>] = [:]
        var count = 0
        /// No sockets are added any more: the caller knows how many there are.
        var isCounted = false
        /// Called once, when no socket is waited for any more.
        var onEnd: (@Sendable () -> Void)?

        mutating func takeEnd() -> (@Sendable () -> Void)? {
            self.isCounted && self.outstanding.isEmpty ? self.onEnd.take() : nil
        }
    }

    private let nodes: ClusterGathering
    private let state: NIOLockedValueBox<State>
    private let answered: Answered

    init(nodes: Set<String>, answered: @escaping Answered, onEnd: @escaping @Sendable () -> Void) {
        self.nodes = ClusterGathering(nodes: nodes)
        self.answered = answered
        self.state = NIOLockedValueBox(State(onEnd: onEnd))
    }

    func received(_ answer: ClusterAnswer.Body, from node: String) {
        switch answer {
        case .asking(let sockets):
            guard self.nodes.isWaiting(for: node), !sockets.isEmpty else { return }
            self.state.withLockedValue { state in
                guard !state.isCounted else { return }
                let before = state.outstanding[node, default: []]
                let after = before.union(sockets)
                state.count += after.count - before.count
                state.outstanding[node] = after
            }
        case .asked: self.nodes.received(answer, from: node)
        case .answered(let socket, let answer):
            let (isKnown, onEnd) = self.state.withLockedValue { state -> (Bool, (@Sendable () -> Void)?) in
                guard state.outstanding[node]?.remove(socket) != nil else { return (false, nil) }
                if state.outstanding[node]?.isEmpty == true { state.outstanding[node] = nil }
                return (true, state.takeEnd())
            }
            if isKnown { self.answered(socket, answer.result) }
            onEnd?()
        case .count, .sockets, .serverSide: return
        }
    }

    func lost(_ node: String, saidGoodbye: Bool) {
        self.nodes.lost(node, saidGoodbye: saidGoodbye)
        self.fail(.disconnected) { $0.outstanding.removeValue(forKey: node).map { [$0] } ?? [] }
    }

    /// Waits no longer for nodes that have not said which sockets they ask.
    func stopCounting() { self.nodes.expire() }

    func expire() {
        self.stopCounting()
        self.fail(.timedOut) { state in
            defer { state.outstanding = [:] }
            return Array(state.outstanding.values)
        }
    }

    private func fail(_ error: AcknowledgementError, _ take: (inout State) -> [Set<String>]) {
        let (sockets, onEnd) = self.state.withLockedValue { state in
            let sockets = take(&state).flatMap { $0 }
            return (sockets, state.takeEnd())
        }
        for socket in sockets { self.answered(socket, .failure(error)) }
        onEnd?()
    }

    /// Waits until all nodes have said which sockets they ask. Called once.
    /// - Returns: how many sockets there are, and how many nodes have not said it.
    func count() async -> (sockets: Int, missingNodes: Int) {
        let missing = await self.nodes.outcome().missing
        let (count, onEnd) = self.state.withLockedValue { state in
            state.isCounted = true
            return (state.count, state.takeEnd())
        }
        onEnd?()
        return (count, missing.count)
    }
}
