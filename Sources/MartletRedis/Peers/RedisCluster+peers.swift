// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import MartletEvents
internal import Metrics
package import NIOCore

extension RedisCluster: PeeringBus {
    package func makePeers(for node: PeerNode) -> [any ClusterPeer] {
        guard !self.peers.isEmpty else { return [] }
        let count = Counter(label: "martlet_redis_unread_peer_messages_total")
        let counting = PeerNode(id: node.id, responseTimeout: node.responseTimeout, clock: node.clock) {
            channel, error in
            count.increment()
            node.onDrop(channel, error)
        }
        return self.peers.map { $0.make(on: self.client, of: counting) }
    }
}

extension RedisPeer {
    /// This node's part among the servers of this kind.
    func make(on redis: any PubSub, of node: PeerNode) -> any ClusterPeer {
        switch self.kind {
        case .nodeAdapter(let configuration): NodeAdapterPeer(configuration, on: redis, of: node)
        case .pythonSocketIO(let configuration): PythonPeer(configuration, on: redis, of: node)
        }
    }
}

extension RedisClient: PubSub {
    package func subscribe(
        to channel: String, _ receive: @escaping @Sendable (ByteBuffer) -> Void
    ) -> ClusterSubscription {
        self.subscribe(.channel, to: channel) { receive($0.content) }
    }

    package func subscribe(
        toPattern pattern: String,
        _ receive: @escaping @Sendable (_ channel: String, ByteBuffer) -> Void
    ) -> ClusterSubscription {
        self.subscribe(.pattern, to: pattern) { receive(String(buffer: $0.channel), $0.content) }
    }

    package func subscriberCount(of channel: String) async throws -> Int {
        let answer = try await self.send(RedisCommand("PUBSUB", "NUMSUB", .string(channel)))
        // The channel and its count, in turn.
        guard let count = answer.elements?.last?.integer else {
            throw ForeignMessageError("Redis has answered with no count")
        }
        return Int(count)
    }
}
