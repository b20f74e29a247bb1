// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import MartletEngine
internal import NIOConcurrencyHelpers
package import NIOCore

/// Where a session is.
package enum Whereabouts: Hashable, Sendable {
    case on(node: String, NodeLocation)
    /// No node has it.
    case nowhere
    /// That cannot be told now: a node has not answered, or too many sessions are being looked for.
    case unclear
}

/// Knows which node of a cluster has a session.
///
/// The session's id names the node that opened it. If the session has been moved, the nodes have been told so; each
/// remembers that for a while. A node that does not know asks all others.
package final class SessionDirectory: Sendable {
    let adapter: ClusterAdapter
    private let tag: NodeTag
    private let startTime = NIODeadline.now()
    let configuration: Configuration
    let open: @Sendable ([SessionID]) async -> [SessionID]
    let state: NIOLockedValueBox<State>

    /// The times and bounds.
    package struct Configuration: Sendable {
        /// How many sessions may be looked for at the same time.
        package var maxSought = 1024
        /// How long a question waits for its answers.
        package var answerTime = Duration.milliseconds(500)
        /// The least time between two questions.
        package var pause = Duration.milliseconds(20)
        /// How long after its start a node without any others does not conclude that it is alone.
        package var settlingTime = TimeAmount.seconds(1)
        /// How many moved sessions are remembered at most, twice.
        package var maxMoved = 65_536
        package var movedTime = TimeAmount.minutes(5)

        package init() {}
    }

    struct State {
        var moved: RecentTable<SessionID, String>
        /// Who waits for a session that is looked for.
        var sought: [SessionID: [@Sendable (Whereabouts) -> Void]] = [:]
        /// Those of the sessions that no question has been asked about.
        var queue: [SessionID] = []
        var isAsking = false
        var questions: [Int: Question] = [:]
        var lastQuestion = 0
    }

    struct Question {
        var sessions: Set<SessionID>
        /// The nodes that have not answered.
        var nodes: Set<String>
    }

    /// - Parameter open: tells which sessions are open on this node.
    init(
        _ adapter: ClusterAdapter,
        tag: NodeTag,
        configuration: Configuration,
        open: @escaping @Sendable ([SessionID]) async -> [SessionID]
    ) {
        self.adapter = adapter
        self.tag = tag
        self.configuration = configuration
        self.open = open
        self.state = NIOLockedValueBox(
            State(moved: RecentTable(limit: configuration.maxMoved, time: configuration.movedTime)))
    }

    /// Begins to listen to the other nodes.
    func begin(_ location: NodeLocation) {
        let settings = self.adapter.configuration
        let messages = self.adapter.subscribe(to: settings.sessionChannel) {
            [weak self] (_, node, message: SessionMessage) in self?.received(message, from: node)
        }
        let answers = self.adapter.subscribe(to: settings.sessionChannel(of: self.adapter.id)) {
            [weak self] (_, node, answer: SessionAnswer) in self?.received(answer, from: node)
        }
        self.adapter.withState { $0.subscriptions += [messages, answers].compactMap { $0 } }
        self.adapter.announce(location)
    }

    /// The id of this node.
    package var nodeID: String { self.adapter.id }
    /// How many nodes it knows that take forwarded requests.
    package var nodeCount: Int { self.adapter.withState { $0.nodes.forwarding.count } }
    /// How many sessions are being looked for.
    package var soughtCount: Int { self.state.withLockedValue { $0.sought.count } }

    // MARK: Moved sessions

    /// Tells all nodes that sessions are on another node from now on.
    package func publishMoved(_ sessions: [SessionID], to node: String) {
        self.note(sessions, on: node)
        var rest = sessions[...]
        while !rest.isEmpty {
            let names = rest.prefix(SessionMessage.limit).map(\.description)
            rest = rest.dropFirst(SessionMessage.limit)
            self.adapter.publish(SessionMessage.moved(names, to: node), to: self.adapter.configuration.sessionChannel)
        }
    }

    /// Remembers that sessions are on a node.
    package func note(_ sessions: [SessionID], on node: String) {
        self.state.withLockedValue { state in
            for session in sessions { state.moved.set(node, for: session) }
        }
    }

    /// The other node where a session is known to be that this node has opened, or has been asked for.
    package func newNode(of session: SessionID) -> String? {
        let node = self.state.withLockedValue { $0.moved.value(for: session) }
        return node == self.adapter.id ? nil : node
    }

    // MARK: Looking for a session

    /// The node that has a session which this node does not have.
    /// - Parameter completion: called once, on any thread.
    package func find(_ session: SessionID, _ completion: @escaping @Sendable (Whereabouts) -> Void) {
        let moved = self.state.withLockedValue { $0.moved.value(for: session) }
        if moved == self.adapter.id || (moved == nil && session.node == self.tag) || session.node == nil {
            return completion(.nowhere)
        }
        let (found, hasOthers) = self.adapter.withState { state -> (Whereabouts?, Bool) in
            // A node that has gone may have handed over its sessions.
            if let node = moved ?? session.node.flatMap({ state.nodes.id(of: $0) }),
                let location = state.nodes.location(of: node)
            {
                return (.on(node: node, location), true)
            }
            return (nil, !state.nodes.forwarding.isEmpty)
        }
        if let found { return completion(found) }
        if hasOthers { return self.seek(session, completion) }
        completion(NIODeadline.now() - self.startTime > self.configuration.settlingTime ? .nowhere : .unclear)
    }

    /// Where a node takes forwarded requests, if it is alive.
    package func location(of node: String) -> NodeLocation? {
        self.adapter.withState { $0.nodes.location(of: node) }
    }
}

extension SocketIOServer {
    /// Makes this server known to the others of its cluster as one that takes forwarded requests.
    /// - Returns: `nil` when the server is not in a cluster.
    package func sessionDirectory(
        _ location: NodeLocation,
        configuration: SessionDirectory.Configuration = SessionDirectory.Configuration()
    ) -> SessionDirectory? {
        guard let adapter = self.core.clusterAdapter else { return nil }
        let directory = SessionDirectory(adapter, tag: location.tag, configuration: configuration) {
            [weak engine] in await engine?.open($0) ?? []
        }
        directory.begin(location)
        adapter.handovers.setOnMoved { [weak directory] sessions, node in
            directory?.publishMoved(sessions.compactMap { SessionID($0) }, to: node)
        }
        return directory
    }
}
