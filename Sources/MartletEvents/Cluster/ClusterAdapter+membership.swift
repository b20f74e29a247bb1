// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import Logging
internal import MartletEngine

/// Who is in the cluster.
extension ClusterAdapter {
    /// Enters the cluster.
    func enter(_ namespaces: [Namespace]) {
        let answers = self.subscribe(to: self.configuration.answerChannel(of: self.id)) {
            (adapter, node, answer: ClusterAnswer) in
            adapter.received(answer, from: node)
        }
        let membership = self.subscribe(to: self.configuration.membershipChannel) {
            (adapter, node, message: ClusterMembership) in
            adapter.received(message, from: node)
        }
        let handovers = self.subscribe(to: self.configuration.handoverChannel(of: self.id)) {
            (adapter, node, message: HandoverMessage) in
            adapter.received(message, from: node)
        }
        for namespace in namespaces { self.takePart(in: namespace, isAnnounced: false) }
        self.shared?.enter()
        self.sendHeartbeat()
        let interval = self.configuration.heartbeatInterval
        let heartbeats = Task { [weak self, clock] in
            while !Task.isCancelled {
                do { try await clock.sleep(for: interval) } catch { return }
                guard let self else { return }
                self.tick()
            }
        }
        self.withState { state in
            state.subscriptions = [answers, membership, handovers].compactMap { $0 }
            state.heartbeats = heartbeats
        }
    }

    /// Receives what other nodes publish about a namespace, and answers their questions about it.
    /// - Parameter isAnnounced: whether the others are told at once, not by the next heartbeat.
    func takePart(in namespace: Namespace, isAnnounced: Bool = true) {
        guard let subscription = self.subscribe(to: self.configuration.channel(of: namespace), of: namespace) else {
            return
        }
        let part = Part(
            namespace: ObjectIdentifier(namespace), subscription: self.withPeers(subscription, in: namespace),
            rooms: self.roomChannels(of: namespace))
        let (former, isIn) = self.withState { state -> (Part?, Bool) in
            guard state.bus != nil else { return (part, false) }
            return (state.namespaces.updateValue(part, forKey: namespace.name), true)
        }
        former?.cancel()
        if isIn, isAnnounced {
            self.publish(
                ClusterMembership.joined(namespace: namespace.name), to: self.configuration.membershipChannel)
        }
    }

    private func subscribe(to channel: String, of namespace: Namespace) -> ClusterSubscription? {
        let subscription = self.subscribe(toMessagesOn: channel) {
            [weak namespace] (adapter, message: ClusterMessage<ClusterOperation>) in
            guard let namespace else { return }
            adapter.received(message.body, message.number, from: message.from, on: channel, in: namespace)
        }
        guard let subscription else { return nil }
        let order = self.order
        return ClusterSubscription {
            subscription.cancel()
            order.forget(channel: channel)
        }
    }

    private func roomChannels(of namespace: Namespace) -> RoomChannels? {
        guard self.configuration.channels == .rooms else { return nil }
        let channels = RoomChannels { [weak self, weak namespace] room in
            guard let self, let namespace, let channel = self.configuration.channel(of: room, in: namespace) else {
                return nil
            }
            return self.subscribe(to: channel, of: namespace)
        }
        namespace.wholeServer.observeRooms(of: namespace).watch { channels.room($0, hasMembers: $1) }
        return channels
    }

    /// A namespace has gone. A new one of the same name may have come before this is called.
    func leave(_ namespace: Namespace) {
        let part = self.withState { state -> Part? in
            guard state.namespaces[namespace.name]?.namespace == ObjectIdentifier(namespace) else { return nil }
            return state.namespaces.removeValue(forKey: namespace.name)
        }
        guard let part else { return }
        part.cancel()
        self.publish(ClusterMembership.left(namespace: namespace.name), to: self.configuration.membershipChannel)
    }

    /// Leaves the cluster: questions end, and only this server's own sockets are reached from now on.
    func leave() {
        self.shared?.leave()
        self.publish(ClusterMembership.bye, to: self.configuration.membershipChannel)
        let (subscriptions, parts, heartbeats) = self.withState { state in
            defer {
                state.bus = nil
                state.peers = []
                state.nodes = ClusterNodes()
                state.subscriptions = []
                state.participants = [:]
                state.namespaces = [:]
                state.heartbeats = nil
            }
            return (state.subscriptions, state.namespaces.values, state.heartbeats)
        }
        heartbeats?.cancel()
        for subscription in subscriptions { subscription.cancel() }
        for part in parts { part.cancel() }
        self.forEachQuestion { $0.expire() }
        self.handovers.cancel()
    }

    /// Takes forwarded requests from now on.
    func announce(_ location: NodeLocation) {
        self.withState { $0.location = location }
        self.sendHeartbeat()
    }

    private func sendHeartbeat() {
        let (namespaces, location) = self.withState { (Set($0.namespaces.keys), $0.location) }
        self.publish(
            ClusterMembership.heartbeat(namespaces: namespaces, location: location),
            to: self.configuration.membershipChannel)
    }

    private func tick() {
        for node in self.withState({ $0.nodes.tick() }) {
            self.logger.log(level: .notice) { "node \(node) of the cluster is silent, and counts as dead" }
            self.lost(node, saidGoodbye: false)
        }
        self.sendHeartbeat()
        for participant in self.withState({ $0.participants.values }) { participant.heartbeat() }
    }

    private func received(_ message: ClusterMembership, from node: String) {
        switch message {
        case .heartbeat(let namespaces, let location):
            if self.withState({ $0.nodes.update(node, namespaces: namespaces, location: location) }) {
                self.sendHeartbeat()
            }
        case .joined(let namespace):
            self.withState { $0.nodes.joined(node, namespace: namespace) }
        case .left(let namespace):
            self.withState { $0.nodes.left(node, namespace: namespace) }
        case .bye:
            if self.withState({ $0.nodes.remove(node) }) { self.lost(node, saidGoodbye: true) }
        }
    }

    private func lost(_ node: String, saidGoodbye: Bool) {
        self.forEachQuestion { $0.lost(node, saidGoodbye: saidGoodbye) }
        for participant in self.withState({ $0.participants.values }) { participant.lost(node) }
    }
}
