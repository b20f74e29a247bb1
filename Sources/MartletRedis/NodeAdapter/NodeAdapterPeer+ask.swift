// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEngine
internal import MartletEvents
internal import NIOCore

/// What this node asks of other servers on Node's wire.
extension NodeAdapterPeer {
    func ask(
        _ event: PeerEvent,
        of target: BroadcastTarget,
        in namespace: PeerNamespace,
        timeout: Duration,
        answered: @escaping NodePoll.Answered
    ) -> @Sendable () async -> Gathered<Int> {
        let id = Self.makeQuestionID()
        let poll = NodePoll(id: id, answered: answered) { [weak self] in self?.close(id) }
        let counting = min(timeout, self.node.responseTimeout)
        let (clock, rest) = (self.node.clock, timeout + self.node.responseTimeout - counting)
        self.open(.sockets(poll), id) { [weak self] in
            try await clock.sleep(for: counting)
            poll.servers.expire()
            // The sockets' own time ends before; this is for the answers that are on their way.
            try await clock.sleep(for: rest)
            poll.expire()
            self?.close(id)
        }
        let milliseconds = Int(min(max(TimeAmount(timeout), .zero), .hours(24)).nanoseconds / 1_000_000)
        self.publish(.ask(event, of: target, in: namespace.name, timeout: milliseconds), id: id, in: namespace)
        Task { await self.expectAnswers(to: poll.servers, in: namespace) }
        return {
            let (sockets, outcome) = await poll.count()
            return Gathered(sockets, nodes: outcome)
        }
    }

    func count(_ target: BroadcastTarget, in namespace: PeerNamespace) async -> Gathered<Int> {
        // Ids are a small part of what sockets are, but only rooms can be asked for in this way.
        let body = target.except.isEmpty ? NodeRequest.Body.sockets(rooms: target.rooms) : .fetch(target)
        let outcome = await self.gather(body, in: namespace, timeout: self.node.responseTimeout)
        return Gathered(outcome.sockets.count, nodes: outcome)
    }

    func describe(_ target: BroadcastTarget, in namespace: PeerNamespace) async -> Gathered<[SocketDescription]> {
        let outcome = await self.gather(.fetch(target), in: namespace, timeout: self.node.responseTimeout)
        return Gathered(outcome.sockets.compactMap(SocketDescription.init(nodeSocket:)), nodes: outcome)
    }

    func ask(
        _ event: PeerEvent,
        in namespace: PeerNamespace,
        timeout: Duration
    ) async -> [String: ServerSideAnswer] {
        let outcome = await self.gather(.serverSide(event), in: namespace, timeout: timeout)
        var answers = outcome.answers.compactMap { answer -> ServerSideAnswer? in
            guard case .serverSide(let value) = answer else { return nil }
            let arguments = try? SocketArguments(value.map { [$0] } ?? [])
            return ServerSideAnswer(arguments.map { .success($0) } ?? .failure(.timedOut))
        }
        answers += Array(repeating: ServerSideAnswer(.failure(.timedOut)), count: outcome.missing)
        // Servers do not say who they are.
        let names = (1...).lazy.map { "node-adapter-\($0)" }
        return Dictionary(uniqueKeysWithValues: zip(names, answers))
    }

    /// Asks all other servers something, and waits for their answers; no longer when the task is cancelled.
    private func gather(
        _ body: NodeRequest.Body, in namespace: PeerNamespace, timeout: Duration
    ) async -> NodeQuestion.Outcome {
        let question = NodeQuestion()
        let id = Self.makeQuestionID()
        let clock = self.node.clock
        self.open(.servers(question), id) {
            try await clock.sleep(for: timeout)
            question.expire()
        }
        defer { self.close(id) }
        Task {
            if await self.expectAnswers(to: question, in: namespace) > 0 { self.publish(body, id: id, in: namespace) }
        }
        return await withTaskCancellationHandler {
            await question.outcome()
        } onCancel: {
            question.expire()
        }
    }

    /// Asks Redis how many servers there are, this one among them: all subscribe to the channel of requests. As in Node,
    /// who else subscribes to it counts as a server.
    /// - Returns: how many others there are.
    @discardableResult
    private func expectAnswers(to question: NodeQuestion, in namespace: PeerNamespace) async -> Int {
        let channel = self.requestChannel(of: namespace.name)
        do {
            let others = max(try await self.redis.subscriberCount(of: channel) - 1, 0)
            question.expect(others)
            return others
        } catch {
            // Unknown: the question ends with its time, and one server is missing.
            self.node.onDrop(channel, error)
            return 0
        }
    }
}

extension NodeQuestion.Outcome {
    fileprivate var sockets: [ArgumentValue] {
        self.answers.flatMap { if case .sockets(let sockets) = $0 { sockets } else { [ArgumentValue]() } }
    }
}

extension Gathered {
    fileprivate init(_ value: Value, nodes outcome: NodeQuestion.Outcome) {
        let others = outcome.answers.filter { if case .node = $0 { false } else { true } }
        self.init(value, nodes: others.count + outcome.missing, missingNodes: outcome.missing)
    }
}
