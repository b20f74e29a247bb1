// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// Servers of another kind whose messages a node understands, such as those of Socket.IO for Node: what this node does
/// to the sockets of a cluster is told to them, and what they do is done to this node's sockets.
///
/// Each node of a cluster has the same peers. A node tells them only what began on it, and does what they say on its own
/// sockets only; so nodes ignore what other nodes of their cluster tell the peers, which they know already.
package protocol ClusterPeer: Sendable {
    /// Begins to do to the sockets of a namespace what the peer says, and to answer its questions.
    /// - Returns: ends this.
    func takePart(in namespace: PeerNamespace) -> ClusterSubscription

    /// Sends an event to the peer's sockets of a target. Called in order with ``perform(_:on:in:)`` and
    /// ``ask(_:of:in:timeout:answered:)``, on any thread; returns at once.
    func broadcast(_ event: PeerEvent, to target: BroadcastTarget, in namespace: PeerNamespace)

    func perform(_ operation: SocketOperation, on target: BroadcastTarget, in namespace: PeerNamespace)

    /// Sends an event that asks for an acknowledgement before it returns.
    /// - Parameter answered: called once for each socket that is asked.
    /// - Returns: waits until it is known how many sockets are asked.
    func ask(
        _ event: PeerEvent,
        of target: BroadcastTarget,
        in namespace: PeerNamespace,
        timeout: Duration,
        answered: @escaping @Sendable (_ socketID: String, Result<SocketArguments, AcknowledgementError>) -> Void
    ) -> @Sendable () async -> Gathered<Int>

    /// How many sockets of a target the peer has. As in the answers to all questions here, the node that asks is not
    /// among the nodes.
    func count(_ target: BroadcastTarget, in namespace: PeerNamespace) async -> Gathered<Int>

    func describe(_ target: BroadcastTarget, in namespace: PeerNamespace) async -> Gathered<[SocketDescription]>

    /// Sends an event to the peer's servers.
    func send(_ event: PeerEvent, in namespace: PeerNamespace)

    /// Sends an event to the peer's servers, and waits for their answers.
    func ask(
        _ event: PeerEvent,
        in namespace: PeerNamespace,
        timeout: Duration
    ) async -> [String: ServerSideAnswer]
}

/// A peer has no more than its own messages have: the rest of it nobody is.
extension ClusterPeer {
    package func ask(
        _ event: PeerEvent,
        of target: BroadcastTarget,
        in namespace: PeerNamespace,
        timeout: Duration,
        answered: @escaping @Sendable (_ socketID: String, Result<SocketArguments, AcknowledgementError>) -> Void
    ) -> @Sendable () async -> Gathered<Int> {
        { Gathered(0, nodes: 0) }
    }

    package func count(_ target: BroadcastTarget, in namespace: PeerNamespace) async -> Gathered<Int> {
        Gathered(0, nodes: 0)
    }

    package func describe(
        _ target: BroadcastTarget, in namespace: PeerNamespace
    ) async -> Gathered<[SocketDescription]> {
        Gathered([], nodes: 0)
    }

    package func send(_ event: PeerEvent, in namespace: PeerNamespace) {}

    package func ask(
        _ event: PeerEvent,
        in namespace: PeerNamespace,
        timeout: Duration
    ) async -> [String: ServerSideAnswer] {
        [:]
    }
}

/// A bus on which there are servers of other kinds, too.
package protocol PeeringBus: ClusterBus {
    /// Called once for each server that enters a cluster on this bus.
    func makePeers(for node: PeerNode) -> [any ClusterPeer]
}

/// The node that a peer is a part of.
package struct PeerNode: Sendable {
    /// Different for each node, and without characters that brokers treat specially.
    package let id: String
    /// How long a question waits for servers that do not answer.
    package let responseTimeout: Duration
    package let clock: any Clock<Duration>
    /// Called when a message is dropped.
    package let onDrop: @Sendable (_ channel: String, any Error) -> Void

    package init(
        id: String,
        responseTimeout: Duration,
        clock: any Clock<Duration>,
        onDrop: @escaping @Sendable (_ channel: String, any Error) -> Void
    ) {
        self.id = id
        self.responseTimeout = responseTimeout
        self.clock = clock
        self.onDrop = onDrop
    }
}
