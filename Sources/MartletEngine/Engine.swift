// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import Atomics
package import NIOCore

/// All sessions under one path, spread over the event loops on which their connections were accepted.
package final class Engine: Sendable {
    package let configuration: EngineIOConfiguration
    /// This engine among the nodes of a cluster.
    package let node = EngineNode()
    private let shards: PerLoop<EngineShard>
    let relocations: Relocations
    private let opensSessions = ManagedAtomic(true)
    package let limits: LimitReporter
    package let refusedHandshakes = RefusedHandshakes()
    package let compressedAnswers = CompressedAnswers()
    /// `nil` where nothing is limited.
    package let gate: HandshakeGate?

    /// - Parameter makeHandler: makes the handler of a new session; called on the session's event loop.
    package init(
        configuration: EngineIOConfiguration,
        log: SessionLog = SessionLog(),
        makeHandler: @escaping @Sendable (Session) -> any SessionHandler
    ) {
        self.configuration = configuration
        let node = self.node
        let relocations = Relocations()
        self.relocations = relocations
        let limits = LimitReporter(configuration.onLimitExceeded)
        self.limits = limits
        let gate = HandshakeGate(configuration.limits, limits)
        self.gate = gate
        self.shards = PerLoop { eventLoop, index in
            EngineShard(
                eventLoop: eventLoop,
                index: index,
                configuration: configuration,
                node: node,
                relocations: relocations,
                limits: limits,
                gate: gate,
                log: log,
                makeHandler: makeHandler
            )
        }
    }

    /// Whether a session may be opened: not once the server shuts down.
    package var isOpen: Bool { self.opensSessions.load(ordering: .relaxed) }

    func stopOpening() { self.opensSessions.store(false, ordering: .relaxed) }

    /// A server begins to listen; it may be the next one.
    package func open() { self.opensSessions.store(true, ordering: .relaxed) }

    /// The shard of an event loop, made at the first call for that loop.
    package func shard(on eventLoop: any EventLoop) -> EngineShard {
        self.shards[eventLoop]
    }

    /// The shard of a session that came from another node, else the shard that the session id names; `nil` when it does
    /// not exist, or when another node opened the session.
    package func shard(of id: SessionID) -> EngineShard? {
        if let index = self.relocations.shard(of: id) { return self.shards[index] }
        return self.node.opened(id) ? self.shards[id.shard] : nil
    }

    /// Those of some sessions that are open on this node.
    package func open(_ ids: [SessionID]) async -> [SessionID] {
        var open: [SessionID] = []
        for id in ids {
            guard let shard = self.shard(of: id) else { continue }
            let isOpen = await withCheckedContinuation { continuation in
                shard.eventLoop.execute { continuation.resume(returning: shard.session(id)?.isOpen == true) }
            }
            if isOpen { open.append(id) }
        }
        return open
    }

    /// The event loops of all shards end, and all sessions have. The next server that opens this engine has others.
    /// - Parameter successor: does what is still asked for.
    package func loopsEnd(_ successor: @escaping LoopSuccession.Successor) {
        self.node.forwarder?.loopsEnd()
        for shard in self.allShards { shard.loop.queue.succession.hasSuccessor(successor) }
        self.shards.loopsEnd()
    }

    /// All shards made so far.
    package var allShards: [EngineShard] { self.shards.all }
}
