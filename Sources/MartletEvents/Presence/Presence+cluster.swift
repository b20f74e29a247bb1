// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOConcurrencyHelpers

/// How a ``Presence`` tells the other servers of its cluster.
struct PresenceLink<Info: Codable & Equatable & Sendable>: Sendable {
    let nodeID: String
    let publish: @Sendable (PresenceMessage<Info>) -> Void
}

extension Presence {
    func enter(_ cluster: ClusterAdapter, channel: String) {
        let link = PresenceLink<Info>(nodeID: cluster.id) { [weak cluster] in cluster?.publish($0, to: channel) }
        self.state.withLockedValue { $0.link = link }
        let subscription = cluster.subscribe(to: channel) {
            [weak self] (cluster, node, message: PresenceMessage<Info>) in
            // Those who are not known are not noticed when they go.
            if cluster.knows(node) { self?.change { $0.received(message, from: node) } }
        }
        let participation = cluster.add(
            .init(
                heartbeat: { [weak self] in self?.change { $0.sayCount() } },
                lost: { [weak self, weak cluster] node in
                    guard let self, let cluster else { return }
                    Task {
                        try? await cluster.clock.sleep(for: self.leaveDelay)
                        if !cluster.knows(node) { self.change { $0.forget(node) } }
                    }
                }
            )
        )
        self.state.withLockedValue { $0.subscriptions = [subscription, participation].compactMap { $0 } }
    }

    private func change(_ body: (inout PresenceState<Info>) -> Void) {
        self.state.withLockedValue(body)
        self.report()
    }
}
