// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import Logging
internal import MartletEngine

/// Who is in the cluster.
extension ClusterAdapter {
    /// Enters the cluster.
    func enter(_ namespaces: [Namespace]) {
        self.subscribe(to: self.configuration.answerChannel(of: self.id)) { (adapter, node, answer: ClusterAnswer) in
            adapter.received(answer, from: node)
        }
        self.subscribe(to: self.configuration.membershipChannel) { (adapter, node, message: ClusterMembership) in
            adapter.received(message, from: node)
        }
        for namespace in namespaces { self.takePart(in: namespace, isAnnounced: false) }
        self.sendHeartbeat()
        let interval = self.configuration.heartbeatInterval
        let heartbeats = Task { [weak self, clock] in
            while !Task.isCancelled {
                do { try await clock.sleep(for: interval) } catch { return }
                guard let self else { return }
                self.tick()
            }
        }
        let isIn = self.withState { state in
            state.heartbeats = heartbeats
            return state.bus != nil
        }
        if !isIn { heartbeats.cancel() }
    }

    /// Receives what other nodes publish about a namespace, and answers their questions about it.
    /// - Parameter isAnnounced: whether the others are told at once, not by the next heartbeat.
    func takePart(in namespace: Namespace, isAnnounced: Bool = true) {
        guard self.withState({ $0.namespaces.insert(namespace.name).inserted }) else { return }
        self.subscribe(to: self.configuration.channel(of: namespace)) { [weak namespace] adapter, node, operation in
            if let namespace { adapter.received(operation, from: node, in: namespace) }
        }
        if isAnnounced {
            self.publish(
                ClusterMembership.joined(namespace: namespace.name), to: self.configuration.membershipChannel)
        }
    }

    /// Leaves the cluster: questions end, and only this server's own sockets are reached from now on.
    func leave() {
        self.publish(ClusterMembership.bye, to: self.configuration.membershipChannel)
        let (subscriptions, heartbeats) = self.withState { state in
            defer {
                state.bus = nil
                state.nodes = ClusterNodes()
                state.subscriptions = []
                state.heartbeats = nil
            }
            return (state.subscriptions, state.heartbeats)
        }
        heartbeats?.cancel()
        for subscription in subscriptions { subscription.cancel() }
        self.forEachQuestion { $0.expire() }
    }

    private func sendHeartbeat() {
        let namespaces = self.withState { $0.namespaces }
        self.publish(
            ClusterMembership.heartbeat(namespaces: namespaces), to: self.configuration.membershipChannel)
    }

    private func tick() {
        for node in self.withState({ $0.nodes.tick() }) {
            self.logger.log(level: .notice) { "node \(node) of the cluster is silent, and counts as dead" }
            self.lost(node, saidGoodbye: false)
        }
        self.sendHeartbeat()
    }

    private func received(_ message: ClusterMembership, from node: String) {
        switch message {
        case .heartbeat(let namespaces):
            if self.withState({ $0.nodes.update(node, namespaces: namespaces) }) { self.sendHeartbeat() }
        case .joined(let namespace):
            self.withState { $0.nodes.joined(node, namespace: namespace) }
        case .bye:
            if self.withState({ $0.nodes.remove(node) }) { self.lost(node, saidGoodbye: true) }
        }
    }

    private func lost(_ node: String, saidGoodbye: Bool) {
        self.forEachQuestion { $0.lost(node, saidGoodbye: saidGoodbye) }
    }
}
