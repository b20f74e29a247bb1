// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// What this node tells and asks the servers of other kinds on its bus. Without peers, each of these costs one branch.
extension ClusterAdapter {
    /// - Returns: ends what the peers do to the namespace, too.
    func withPeers(_ subscription: ClusterSubscription, in namespace: Namespace) -> ClusterSubscription {
        guard let peers = self.listeners else { return subscription }
        let subscriptions = [subscription] + peers.map { $0.takePart(in: PeerNamespace(namespace)) }
        return ClusterSubscription { for subscription in subscriptions { subscription.cancel() } }
    }

    /// Nil when there is nobody to tell.
    private var listeners: [any ClusterPeer]? {
        guard self.hasPeers else { return nil }
        let peers = self.withState { $0.peers }
        return peers.isEmpty ? nil : peers
    }

    func tellPeers(_ packet: EncodedPacket, to target: BroadcastTarget, in namespace: Namespace) {
        guard let peers = self.listeners, let target = target.forPeers,
            let event = PeerEvent(packet, by: namespace.core.codec)
        else { return }
        for peer in peers { peer.broadcast(event, to: target, in: PeerNamespace(namespace)) }
    }

    func tellPeers(_ operation: SocketOperation, on target: BroadcastTarget, in namespace: Namespace) {
        guard let peers = self.listeners, let target = target.forPeers, let operation = operation.forPeers else {
            return
        }
        for peer in peers { peer.perform(operation, on: target, in: PeerNamespace(namespace)) }
    }

    func tellPeers(_ event: ServerSideEvent, in namespace: Namespace) {
        guard let peers = self.listeners else { return }
        for peer in peers { peer.send(PeerEvent(event), in: PeerNamespace(namespace)) }
    }

    /// Asks the sockets of all peers something.
    /// - Returns: waits until it is known how many sockets are asked.
    func askPeers(
        _ packet: EncodedPacket,
        of target: BroadcastTarget,
        in namespace: Namespace,
        timeout: Duration,
        answered: @escaping ClusterPoll.Answered
    ) -> [@Sendable () async -> Gathered<Int>] {
        guard let peers = self.listeners, let target = target.forPeers,
            let event = PeerEvent(question: packet, by: namespace.core.codec)
        else { return [] }
        return peers.map {
            $0.ask(event, of: target, in: PeerNamespace(namespace), timeout: timeout, answered: answered)
        }
    }

    /// Asks the nodes of the cluster and all peers something, at the same time.
    func withPeers<Value: Sendable>(
        _ target: BroadcastTarget,
        _ question: @escaping @Sendable (any ClusterPeer, BroadcastTarget) async -> Gathered<Value>,
        own: @Sendable () async -> Gathered<Value>,
        add: (inout Value, Value) -> Void
    ) async -> Gathered<Value> {
        guard !target.isLocal, let peers = self.listeners, let target = target.forPeers else { return await own() }
        return await withTaskGroup(of: Gathered<Value>.self) { group in
            for peer in peers { group.addTask { await question(peer, target) } }
            var gathered = await own()
            for await answer in group { gathered.add(answer, add) }
            return gathered
        }
    }

    func askPeers(
        _ event: ServerSideEvent,
        in namespace: Namespace,
        timeout: Duration
    ) async -> [String: ServerSideAnswer] {
        guard let peers = self.listeners else { return [:] }
        let event = PeerEvent(event)
        return await withTaskGroup(of: [String: ServerSideAnswer].self) { group in
            for peer in peers {
                group.addTask { await peer.ask(event, in: PeerNamespace(namespace), timeout: timeout) }
            }
            return await group.reduce(into: [:]) { $0.merge($1) { first, _ in first } }
        }
    }
}

/// Rooms have their application's names at peers. The rooms of users are this cluster's alone.
extension BroadcastTarget {
    /// Nil when no peer has a socket of the target.
    var forPeers: BroadcastTarget? {
        var target = self
        target.rooms = self.rooms.compactMap(RoomName.application)
        target.except = self.except.compactMap(RoomName.application)
        return target.rooms.isEmpty == self.rooms.isEmpty ? target : nil
    }

    /// A peer's target.
    var stored: BroadcastTarget {
        var target = self
        target.rooms = RoomName.stored(self.rooms)
        target.except = RoomName.stored(self.except)
        return target
    }
}

extension SocketOperation {
    /// Nil when it concerns no room and no socket of a peer.
    var forPeers: SocketOperation? {
        func application(_ rooms: [String], _ operation: ([String]) -> SocketOperation) -> SocketOperation? {
            let names = rooms.compactMap(RoomName.application)
            return names.isEmpty ? nil : operation(names)
        }
        return switch self {
        case .join(let rooms): application(rooms) { .join($0) }
        case .leave(let rooms): application(rooms) { .leave($0) }
        case .disconnect: self
        case .expire: nil
        }
    }

    var stored: SocketOperation {
        switch self {
        case .join(let rooms): .join(RoomName.stored(rooms))
        case .leave(let rooms): .leave(RoomName.stored(rooms))
        case .disconnect, .expire: self
        }
    }
}

extension Gathered {
    package init(_ value: Value, nodes: Int, missingNodes: Int = 0) {
        self.init(value)
        self.nodes = nodes
        self.missingNodes = missingNodes
    }

    /// Adds what others have answered.
    mutating func add(_ other: Gathered, _ add: (inout Value, Value) -> Void) {
        add(&self.value, other.value)
        self.nodes += other.nodes
        self.missingNodes += other.missingNodes
    }
}
