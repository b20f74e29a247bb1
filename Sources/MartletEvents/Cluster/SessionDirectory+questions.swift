// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEngine
internal import NIOConcurrencyHelpers

/// What a node asks all others, and answers them.
extension SessionDirectory {
    func seek(_ session: SessionID, _ completion: @escaping @Sendable (Whereabouts) -> Void) {
        let (isTooMany, begins) = self.state.withLockedValue { state -> (Bool, Bool) in
            if state.sought[session] != nil {
                state.sought[session]?.append(completion)
                return (false, false)
            }
            guard state.sought.count < self.configuration.maxSought else { return (true, false) }
            state.sought[session] = [completion]
            state.queue.append(session)
            defer { state.isAsking = true }
            return (false, !state.isAsking)
        }
        if isTooMany { completion(.unclear) }
        if begins { Task { await self.askAll() } }
    }

    /// Asks about the sessions in the queue, many at a time, until it is empty.
    private func askAll() async {
        while let sessions = self.nextSessions() {
            self.ask(sessions)
            try? await self.adapter.clock.sleep(for: self.configuration.pause)
        }
    }

    private func nextSessions() -> [SessionID]? {
        self.state.withLockedValue { state in
            let sessions = Array(state.queue.prefix(SessionMessage.limit))
            state.queue.removeFirst(sessions.count)
            if sessions.isEmpty { state.isAsking = false }
            return sessions.isEmpty ? nil : sessions
        }
    }

    private func ask(_ sessions: [SessionID]) {
        let nodes = self.adapter.withState { $0.nodes.forwarding }
        if nodes.isEmpty { return self.resolve(sessions, .unclear) }
        let number = self.state.withLockedValue { state in
            state.lastQuestion += 1
            state.questions[state.lastQuestion] = Question(sessions: Set(sessions), nodes: nodes)
            return state.lastQuestion
        }
        self.adapter.publish(
            SessionMessage.seek(sessions.map(\.description), question: number),
            to: self.adapter.configuration.sessionChannel
        )
        Task {
            try? await self.adapter.clock.sleep(for: self.configuration.answerTime)
            self.expire(number)
        }
    }

    private func expire(_ number: Int) {
        guard let question = self.state.withLockedValue({ $0.questions.removeValue(forKey: number) }) else { return }
        // A node that has died meanwhile has no sessions.
        let alive = self.adapter.withState { $0.nodes.forwarding }
        self.resolve(Array(question.sessions), question.nodes.isDisjoint(with: alive) ? .nowhere : .unclear)
    }

    private func resolve(_ sessions: [SessionID], _ whereabouts: Whereabouts) {
        let waiting = self.state.withLockedValue { state in
            sessions.flatMap { state.sought.removeValue(forKey: $0) ?? [] }
        }
        for completion in waiting { completion(whereabouts) }
    }

    // MARK: What other nodes say

    func received(_ message: SessionMessage, from node: String) {
        switch message {
        case .seek(let names, let question):
            let sessions = names.prefix(SessionMessage.limit).compactMap { SessionID($0) }
            Task {
                let answer = SessionAnswer(question: question, sessions: await self.open(sessions).map(\.description))
                self.adapter.publish(answer, to: self.adapter.configuration.sessionChannel(of: node))
            }
        case .moved(let names, let node):
            self.note(names.prefix(SessionMessage.limit).compactMap { SessionID($0) }, on: node)
        }
    }

    func received(_ answer: SessionAnswer, from node: String) {
        let found = answer.sessions.prefix(SessionMessage.limit).compactMap { SessionID($0) }
        let location = self.location(of: node)
        let (here, nowhere) = self.state.withLockedValue { state -> ([SessionID], [SessionID]) in
            guard var question = state.questions[answer.question], question.nodes.remove(node) != nil else {
                return ([], [])
            }
            let here = location == nil ? [] : found.filter { question.sessions.remove($0) != nil }
            for session in here { state.moved.set(node, for: session) }
            let isComplete = question.nodes.isEmpty || question.sessions.isEmpty
            state.questions[answer.question] = isComplete ? nil : question
            return (here, isComplete ? Array(question.sessions) : [])
        }
        if let location { self.resolve(here, .on(node: node, location)) }
        self.resolve(nowhere, .nowhere)
    }
}
