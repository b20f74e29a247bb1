// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import Logging
internal import MartletEngine
internal import NIOConcurrencyHelpers
internal import NIOCore

/// Recovery of a whole cluster: what is sent goes through a journal, from which every server reads it, and the state of
/// each session is kept beside the journal, so that any server can give it back.
///
/// Events and operations of all servers reach every socket in one order, that of the journal, also on the server that
/// has sent them. So the offsets that a client sees only grow.
final class SharedRecovery: Sendable {
    let journal: any RecoveryJournal
    let settings: ConnectionStateRecovery
    weak let adapter: ClusterAdapter?
    weak let core: ServerCore?
    /// The id of this server.
    let node: String
    /// Where the journal says how far this server has come with its handovers.
    let fences: String
    let releases = SessionReleases()
    /// Clients often come back all at once, when a server has ended. Each of them reads the journal.
    let gate = AsyncGate(limit: 64)
    private let state = NIOLockedValueBox(State())

    private struct State: Sendable {
        /// The server has left the cluster.
        var hasLeft = false
        var subscription: ClusterSubscription?
    }

    init(_ journal: any RecoveryJournal, _ settings: ConnectionStateRecovery, core: ServerCore, adapter: ClusterAdapter)
    {
        self.journal = journal
        self.settings = settings
        self.core = core
        self.adapter = adapter
        self.node = adapter.id
        self.fences = adapter.configuration.handoverChannel(of: adapter.id)
    }

    /// Begins to deliver what is in the journal.
    func enter() {
        self.journal.read { [weak self] entries, position in self?.received(entries, through: position) }
        let subscription = self.adapter?.subscribe(to: self.channel(of: self.node)) {
            [weak self] (_, node, message: SessionRelease) in
            self?.received(message, from: node)
        }
        self.state.withLockedValue { $0.subscription = subscription }
    }

    func leave() {
        let subscription = self.state.withLockedValue { state in
            state.hasLeft = true
            return state.subscription.take()
        }
        subscription?.cancel()
    }

    private func channel(of node: String) -> String { self.adapter?.configuration.recoveryChannel(of: node) ?? "" }

    // MARK: Sending

    /// Whether an event goes through the journal. It gets its offset there.
    func takes(_ target: BroadcastTarget) -> Bool {
        !target.isLocal && (!target.isVolatile || target.isKept) && !self.state.withLockedValue { $0.hasLeft }
    }

    func append(_ operation: ClusterOperation, in namespace: Namespace) {
        self.append(operation, to: namespace.name)
    }

    /// Tells a server that hands sessions over that this one keeps what comes after this entry; if it is this one itself,
    /// that all is in the journal that it has appended before.
    func appendFence(of handover: String, for node: String) {
        guard let adapter else { return }
        self.append(.fence(handover: handover, node: node), to: adapter.configuration.handoverChannel(of: node))
    }

    private func append(_ operation: ClusterOperation, to channel: String) {
        do {
            self.journal.append(try ClusterMessage(from: self.node, operation).written(), to: channel)
        } catch {
            self.adapter?.logger.log(level: .error) { "no entry in the journal: \(LoggedError(error))" }
        }
    }

    // MARK: Other servers

    /// How long another server has to let go of a session. One that has died does not answer.
    private static let releaseTime = Duration.milliseconds(500)

    /// Makes the server that has a session's socket end it, if the server lives: it may not have noticed that the client
    /// has lost its connection.
    func release(_ pid: String, in namespace: Namespace, from node: String) async {
        if node == self.node { return await self.release(pid, in: namespace) }
        guard let adapter, adapter.knows(node) else { return }
        let clock = adapter.clock
        let releases = self.releases
        await releases.wait { number in
            adapter.publish(
                SessionRelease.request(pid: pid, namespace: namespace.name, question: number),
                to: self.channel(of: node))
            Task {
                try? await clock.sleep(for: Self.releaseTime)
                releases.end(number)
            }
        }
    }

    private func received(_ message: SessionRelease, from node: String) {
        switch message {
        case .done(let question): self.releases.end(question)
        case .request(let pid, let name, let question):
            let namespace = self.core?.namespaces.existing(name)
            Task {
                if let namespace { await self.release(pid, in: namespace) }
                self.adapter?.publish(SessionRelease.done(question: question), to: self.channel(of: node))
            }
        }
    }

    /// Ends the socket of a session, if it is here, and returns when its state is written.
    private func release(_ pid: String, in namespace: Namespace) async {
        guard let core, let name = SharedSessionName(pid) else { return }
        for shard in core.shards {
            await withCheckedContinuation { continuation in
                shard.queue.perform {
                    shard.existing(namespace)?.held[pid]?.connection.close(
                        .transportClose.with(details: "the client has come back over another connection"))
                    continuation.resume()
                }
            }
        }
        try? await self.journal.settle(name.key(in: namespace.name))
    }
}
