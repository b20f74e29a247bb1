// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEngine
internal import NIOCore

/// What this node asks of the others.
extension ClusterAdapter {
    func broadcast(_ packet: EncodedPacket, to target: BroadcastTarget, in namespace: Namespace) {
        if let shared, shared.takes(target) {
            self.tellPeers(packet, to: target, in: namespace)
            return shared.append(.broadcast(packet, target), in: namespace)
        }
        self.broadcastAtOnce(packet, to: target, in: namespace)
    }

    /// Past the cluster's journal.
    func broadcastAtOnce(_ packet: EncodedPacket, to target: BroadcastTarget, in namespace: Namespace) {
        if target.isLocal { return self.local.broadcast(packet, to: target, in: namespace) }
        let turn = self.turn(
            of: .broadcast(packet, target), .broadcast(packet, target), for: target, in: namespace)
        self.tellPeers(packet, to: target, in: namespace)
        self.local.broadcast(packet, to: target, in: namespace, turn)
    }

    func perform(_ operation: SocketOperation, on target: BroadcastTarget, in namespace: Namespace) {
        if let shared, shared.takes(target) {
            self.tellPeers(operation, on: target, in: namespace)
            return shared.append(.perform(operation, target), in: namespace)
        }
        if target.isLocal { return self.local.perform(operation, on: target, in: namespace) }
        let turn = self.turn(
            of: .perform(operation, target), .perform(operation, target), for: target, in: namespace)
        self.tellPeers(operation, on: target, in: namespace)
        self.local.perform(operation, on: target, in: namespace, turn)
    }

    func ask(
        _ packet: EncodedPacket,
        of target: BroadcastTarget,
        in namespace: Namespace,
        timeout: Duration,
        answered: @escaping ClusterPoll.Answered
    ) async -> Gathered<Int> {
        if target.isLocal {
            return await self.local.ask(packet, of: target, in: namespace, timeout: timeout, answered: answered)
        }
        let responseTimeout = self.configuration.responseTimeout
        let counting = min(timeout, responseTimeout)
        let timeouts: [ClusterTimeout<ClusterPoll>] = [
            ClusterTimeout(after: counting) { $0.stopCounting() },
            // The nodes themselves tell when the time of their sockets is over; this is for a node that is gone.
            ClusterTimeout(after: timeout + responseTimeout - counting) { $0.expire() },
        ]
        let (poll, _) = self.ask(in: namespace, timeouts) { nodes, number in
            ClusterPoll(nodes: nodes, answered: answered) { [weak self] in self?.end(number) }
        } operation: {
            .ask(packet, target, milliseconds: timeout.wholeMilliseconds, question: $0)
        }
        let peers = self.askPeers(packet, of: target, in: namespace, timeout: timeout, answered: answered)
        var gathered = await self.local.ask(packet, of: target, in: namespace, timeout: timeout, answered: answered)
        let others = await poll.count()
        gathered.value += others.sockets
        gathered.missingNodes = others.missingNodes
        for peer in peers { gathered.add(await peer(), +=) }
        return gathered
    }

    func count(_ target: BroadcastTarget, in namespace: Namespace) async -> Gathered<Int> {
        await self.withPeers(target) {
            await $0.count($1, in: PeerNamespace(namespace))
        } own: {
            await self.countOfNodes(target, in: namespace)
        } add: {
            $0 += $1
        }
    }

    private func countOfNodes(_ target: BroadcastTarget, in namespace: Namespace) async -> Gathered<Int> {
        await self.gather(target, in: namespace) {
            .count(target, question: $0)
        } local: {
            await self.local.count(target, in: namespace)
        } add: { count, answer in
            guard case .count(let more) = answer else { return false }
            count += Int(more)
            return true
        }
    }

    func describe(_ target: BroadcastTarget, in namespace: Namespace) async -> Gathered<[SocketDescription]> {
        await self.withPeers(target) {
            await $0.describe($1, in: PeerNamespace(namespace))
        } own: {
            await self.describeOnNodes(target, in: namespace)
        } add: {
            $0 += $1
        }
    }

    private func describeOnNodes(
        _ target: BroadcastTarget, in namespace: Namespace
    ) async -> Gathered<[SocketDescription]> {
        await self.gather(target, in: namespace) {
            .describe(target, question: $0)
        } local: {
            await self.local.describe(target, in: namespace)
        } add: { sockets, answer in
            guard case .sockets(let more) = answer else { return false }
            sockets += more
            return true
        }
    }

    /// Asks all nodes of a namespace, this one too, and adds up their answers.
    /// - Parameter add: adds the answer of another node; returns false if it is an answer to something else.
    private func gather<Value: Sendable>(
        _ target: BroadcastTarget,
        in namespace: Namespace,
        _ operation: (_ question: Int) -> ClusterOperation,
        local: () async -> Gathered<Value>,
        add: (inout Value, ClusterAnswer.Body) -> Bool
    ) async -> Gathered<Value> {
        if target.isLocal { return await local() }
        let (question, number) = self.gathering(in: namespace, timeout: self.configuration.responseTimeout, operation)
        var gathered = await local()
        let outcome = await self.outcome(of: question, number)
        gathered.missingNodes = outcome.missing.count
        for answer in outcome.answers.values {
            gathered.nodes += 1
            if !add(&gathered.value, answer) { gathered.missingNodes += 1 }
        }
        gathered.nodes += outcome.missing.count
        return gathered
    }

    func gathering(
        in namespace: Namespace,
        timeout: Duration,
        _ operation: (_ question: Int) -> ClusterOperation
    ) -> (ClusterGathering, Int) {
        self.ask(in: namespace, [ClusterTimeout(after: timeout) { $0.expire() }]) { nodes, _ in
            ClusterGathering(nodes: nodes)
        } operation: {
            operation($0)
        }
    }

    /// Waits for the answers; no longer when the task is cancelled.
    func outcome(of question: ClusterGathering, _ number: Int) async -> ClusterGathering.Outcome {
        defer { self.end(number) }
        return await withTaskCancellationHandler {
            await question.outcome()
        } onCancel: {
            question.expire()
        }
    }

    func sockets(_ target: BroadcastTarget, in namespace: Namespace) async -> [Socket] {
        await self.local.sockets(target, in: namespace)
    }

    // MARK: Server-side events

    func send(_ event: ServerSideEvent, in namespace: Namespace) {
        self.publish(.serverSide(event, question: nil), in: namespace)
        self.tellPeers(event, in: namespace)
    }

    func ask(
        _ event: ServerSideEvent,
        in namespace: Namespace,
        timeout: Duration
    ) async -> [String: ServerSideAnswer] {
        if !self.hasPeers { return await self.askNodes(event, in: namespace, timeout: timeout) }
        async let peers = self.askPeers(event, in: namespace, timeout: timeout)
        let nodes = await self.askNodes(event, in: namespace, timeout: timeout)
        return await peers.merging(nodes) { _, node in node }
    }

    private func askNodes(
        _ event: ServerSideEvent,
        in namespace: Namespace,
        timeout: Duration
    ) async -> [String: ServerSideAnswer] {
        let (question, number) = self.gathering(in: namespace, timeout: timeout) {
            .serverSide(event, question: $0)
        }
        let outcome = await self.outcome(of: question, number)
        var answers: [String: ServerSideAnswer] = [:]
        for (node, answer) in outcome.answers {
            if case .serverSide(let answer) = answer {
                answers[node] = answer
            } else {
                answers[node] = .init(.failure(.timedOut))
            }
        }
        for node in outcome.missing { answers[node] = .init(.failure(.timedOut)) }
        return answers
    }
}

extension Duration {
    /// As it travels: whole milliseconds, at most a day.
    fileprivate var wholeMilliseconds: Int {
        Int(min(max(TimeAmount(self), .zero), .hours(24)).nanoseconds / 1_000_000)
    }
}
