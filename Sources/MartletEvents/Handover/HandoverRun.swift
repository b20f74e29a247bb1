// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEngine
internal import NIOConcurrencyHelpers
internal import NIOCore

/// Hands all sessions of a server to the other servers, batch by batch: one batch at a time is on its way to each node.
struct HandoverRun {
    /// How much may be on its way to one node, in sessions.
    private static let batchSize = 64
    /// And in bytes; a session that is larger goes alone.
    private static let batchBytes = 1 << 20
    /// After how many nodes that did not take a session it stays.
    private static let maxAttempts = 2
    /// How often idle handlers are looked for.
    private static let pause = TimeAmount.milliseconds(2)

    let cluster: ClusterAdapter
    let core: ServerCore
    let settings: ClusterConfiguration.Handover

    /// Connections of one event loop that have the same namespaces.
    private struct Batch: Sendable {
        let shard: EventShard
        let namespaces: Set<String>
        var connections: [Connection]
        var failures: [String] = []
    }

    /// Returns when all sessions that can go have gone, or the time is over.
    func run() async {
        let deadline = self.cluster.clock.deadline(after: self.settings.timeout)
        // While sessions move, clients open new ones.
        while !deadline.isOver {
            var batches: [Batch] = []
            for shard in self.core.shards { batches += await self.batches(of: shard) }
            guard !batches.isEmpty, await self.move(batches, until: deadline) else { return }
        }
    }

    /// - Returns: whether any session has gone.
    private func move(_ batches: [Batch], until deadline: HandoverDeadline) async -> Bool {
        let queue = BatchQueue(batches)
        return await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<max(1, min(batches.count, self.cluster.nodeCount)) {
                group.addTask {
                    var hasMoved = false
                    while !deadline.isOver, let (batch, node) = queue.next(self.cluster) {
                        let staying = await self.move(batch, to: node)
                        if staying.count < batch.connections.count { hasMoved = true }
                        queue.finished(batch, staying: staying, at: node)
                    }
                    return hasMoved
                }
            }
            return await group.reduce(false) { $0 || $1 }
        }
    }

    private func move(_ batch: Batch, to node: String) async -> [Connection] {
        let (shard, connections) = (batch.shard, batch.connections)
        await self.settle(connections, on: shard)
        let staying = await self.cluster.move(connections, on: shard, to: node, core: self.core)
        // Handlers may go on with the next events until another node is tried.
        await shard.onLoop { for connection in staying where connection.isDeparting { connection.endDeparture() } }
        return staying
    }

    /// Stops reading, and waits for the handlers of the events that have come.
    private func settle(_ connections: [Connection], on shard: EventShard) async {
        let limit = NIODeadline.now() + TimeAmount(self.settings.handlerTimeout)
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            @Sendable func look() {
                if connections.allSatisfy({ $0.isIdle || !$0.session.isOpen }) || NIODeadline.now() >= limit {
                    return continuation.resume()
                }
                shard.eventLoop.scheduleTask(in: Self.pause) { look() }
            }
            shard.eventLoop.execute {
                for connection in connections { connection.beginDeparture() }
                look()
            }
        }
    }

    private func batches(of shard: EventShard) async -> [Batch] {
        await shard.onLoop {
            var batches: [Set<String>: [Batch]] = [:]
            var bytes: [Set<String>: Int] = [:]
            for session in shard.engineShard.allSessions {
                guard let connection = session.handler as? Connection, connection.mayLeave else { continue }
                let namespaces = Set(connection.sockets.map(\.namespace.name))
                let size = session.unsentBytes
                if let last = batches[namespaces]?.indices.last,
                    batches[namespaces]?[last].connections.count ?? 0 < Self.batchSize,
                    bytes[namespaces, default: 0] + size <= Self.batchBytes
                {
                    batches[namespaces]?[last].connections.append(connection)
                    bytes[namespaces, default: 0] += size
                } else {
                    batches[namespaces, default: []].append(
                        Batch(shard: shard, namespaces: namespaces, connections: [connection]))
                    bytes[namespaces] = size
                }
            }
            return batches.values.flatMap { $0 }
        }
    }

    /// The batches that have yet to go.
    private final class BatchQueue: Sendable {
        private struct State {
            var batches: [Batch]
            /// The nodes to which a batch is on its way.
            var busy: Set<String> = []
        }

        private let state: NIOLockedValueBox<State>

        init(_ batches: [Batch]) { self.state = NIOLockedValueBox(State(batches: batches)) }

        /// A batch, and a node that has not refused it and has none on its way.
        func next(_ cluster: ClusterAdapter) -> (Batch, String)? {
            self.state.withLockedValue { state in
                for index in state.batches.indices.reversed() {
                    let batch = state.batches[index]
                    let node = cluster.destinations(for: batch.namespaces).first {
                        !batch.failures.contains($0) && !state.busy.contains($0)
                    }
                    guard let node else { continue }
                    state.batches.remove(at: index)
                    state.busy.insert(node)
                    return (batch, node)
                }
                return nil
            }
        }

        func finished(_ batch: Batch, staying: [Connection], at node: String) {
            self.state.withLockedValue { state in
                state.busy.remove(node)
                guard !staying.isEmpty, batch.failures.count + 1 < HandoverRun.maxAttempts else { return }
                var rest = batch
                rest.connections = staying
                rest.failures.append(node)
                state.batches.append(rest)
            }
        }
    }
}

/// When a handover has to be over, on any clock.
struct HandoverDeadline: Sendable {
    private let isPast: @Sendable () -> Bool

    init(_ isPast: @escaping @Sendable () -> Bool) { self.isPast = isPast }

    var isOver: Bool { self.isPast() }
}

extension Clock<Duration> {
    fileprivate func deadline(after time: Duration) -> HandoverDeadline {
        let end = self.now.advanced(by: time)
        return HandoverDeadline { self.now >= end }
    }
}
