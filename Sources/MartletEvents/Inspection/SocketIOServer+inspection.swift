// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import MartletEngine

/// What a server can say of itself, for those who look after it.
extension SocketIOServer {
    /// The namespace of a name, if there is one. Unlike ``of(_:)``, this makes none.
    package func existing(_ namespace: String) -> Namespace? { self.core.namespaces.existing(namespace) }

    /// All namespaces that there are, in no order.
    package var namespaces: [Namespace] { self.core.namespaces.all }

    /// This server in its cluster, and how many others it knows; `nil` without a cluster.
    package var clusterNode: (id: String, others: Int)? {
        self.core.clusterAdapter.map { ($0.id, $0.nodeCount) }
    }

    /// Whether packets are JSON, as the clients of a page expect.
    package var speaksJSON: Bool { !self.core.codec.isBinary }

    /// Counts the sockets on all event loops.
    package func census() async -> SocketCensus {
        var census = SocketCensus()
        for shard in self.core.shards {
            census.add(
                await withCheckedContinuation { continuation in
                    shard.queue.perform { continuation.resume(returning: shard.census) }
                }
            )
        }
        return census
    }
}

/// How many sockets there are, and how many there were.
package struct SocketCensus: Sendable {
    /// The sockets by the names of namespaces that have any.
    package var sockets: [String: Int] = [:]
    /// Sockets that have left, by the reason, since the start.
    package var disconnects: [DisconnectReason: Int] = [:]
    package var events = EventCounters()

    fileprivate mutating func add(_ other: SocketCensus) {
        self.sockets.merge(other.sockets, uniquingKeysWith: +)
        self.disconnects.merge(other.disconnects, uniquingKeysWith: +)
        self.events.add(other.events)
    }
}

extension EventShard {
    fileprivate var census: SocketCensus {
        let counts = self.namespaces.mapValues(\.sockets.count).filter { $0.value > 0 }
        return SocketCensus(sockets: counts, disconnects: self.disconnects, events: self.counters)
    }
}
