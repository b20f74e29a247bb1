// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEngine
internal import NIOCore

/// The node from which sessions go.
extension ClusterAdapter {
    /// Does something on an event loop, outside of handlers, when exactly those operations have been carried out there
    /// that were noted.
    /// - Parameters:
    ///   - note: calls its second argument under the lock of the first one, and returns what was noted.
    ///   - body: gets that.
    func betweenOperations<Noted: Sendable>(
        on shard: EventShard,
        _ note: @escaping @Sendable (OperationOrder, () -> Void) -> Noted,
        body: @escaping @Sendable (Noted) -> Void
    ) {
        shard.eventLoop.execute { self.tryBetweenOperations(on: shard, note, body) }
    }

    /// Called on the event loop. So what this loop itself carries out later comes after the work that is posted here,
    /// or finds it in the queue and does it; then it is in the middle of a handler, and the work is posted anew.
    private func tryBetweenOperations<Noted: Sendable>(
        on shard: EventShard,
        _ note: @escaping @Sendable (OperationOrder, () -> Void) -> Noted,
        _ body: @escaping @Sendable (Noted) -> Void
    ) {
        let noted = NIOLoopBoundBox<Noted?>(nil, eventLoop: shard.eventLoop)
        noted.value = note(self.order) {
            shard.queue.post {
                guard shard.queue.isOutermost, let value = noted.value else {
                    return self.tryBetweenOperations(on: shard, note, body)
                }
                body(value)
            }
        }
    }

    /// The nodes that may take sessions of a namespace: those that have all of these namespaces, then the others.
    func destinations(for namespaces: Set<String>) -> [String] {
        let (all, some) = self.withState { state in
            let all = namespaces.reduce(into: state.nodes.ids) { $0.formIntersection(state.nodes.members(of: $1)) }
            return (all, state.nodes.ids)
        }
        return all.shuffled() + some.subtracting(all).shuffled()
    }

    /// Hands connections of one event loop to another node.
    /// - Returns: those that stay.
    func move(_ connections: [Connection], on shard: EventShard, to node: String, core: ServerCore) async
        -> [Connection]
    {
        let namespaces = Set(await shard.onLoop { connections.flatMap { $0.sockets.map(\.namespace.name) } })
        var fences = Set(namespaces.map { self.configuration.channelPrefix + $0 })
        if let shared, !fences.isEmpty { fences.insert(shared.fences) }
        let (handover, events) = self.handovers.begin(by: self.id, to: node)
        defer { self.handovers.end(handover) }
        self.publish(HandoverMessage.prepare(handover: handover, namespaces: namespaces), toHandoversOf: node)
        guard await self.isPrepared(events, fences) else { return connections }

        let (snapshots, coverage) = await withCheckedContinuation { continuation in
            self.betweenOperations(on: shard) { order, post in
                order.coverage(of: self.id, self.channels(of: connections), post)
            } body: { coverage in
                continuation.resume(returning: (connections.map { $0.freeze() }, coverage))
            }
        }
        let leaving = zip(connections, snapshots).filter { $0.1 != nil }.map(\.0)
        var staying = zip(connections, snapshots).filter { $0.1 == nil }.map(\.0)
        let sessions = snapshots.compactMap { $0 }
        guard await self.isFlushed(handover, events, namespaces) else {
            await shard.onLoop { for connection in leaving { connection.endDeparture() } }
            return connections
        }
        self.publish(HandoverMessage.sessions(handover: handover, sessions, coverage), toHandoversOf: node)
        let ids = sessions.map(\.session.id)
        guard let refused = await self.refusals(events) else {
            self.publish(HandoverMessage.dropped(handover: handover, sessions: Set(ids)), toHandoversOf: node)
            await shard.onLoop { for connection in leaving { connection.endDeparture() } }
            return connections
        }
        // Before the clients look for their sessions.
        self.handovers.moved(ids.indices.filter { !refused.contains($0) }.map { ids[$0] }, to: node)
        let ended = await shard.onLoop {
            var ended: Set<String> = []
            for (index, connection) in leaving.enumerated() {
                if refused.contains(index) {
                    connection.endDeparture()
                } else if !connection.release(to: node) {
                    ended.insert(ids[index])
                }
            }
            return ended
        }
        if !ended.isEmpty {
            self.publish(HandoverMessage.dropped(handover: handover, sessions: ended), toHandoversOf: node)
        }
        for (index, connection) in leaving.enumerated() where refused.contains(index) { staying.append(connection) }
        return staying
    }

    /// The channels on which operations come that concern some connections.
    private func channels(of connections: [Connection]) -> Set<String> {
        var channels: Set<String> = []
        for socket in connections.flatMap(\.sockets) {
            channels.insert(self.configuration.channel(of: socket.namespace))
            for room in socket.seats.keys {
                if let channel = self.configuration.channel(of: room, in: socket.namespace) { channels.insert(channel) }
            }
        }
        return channels
    }

    /// How long the other node may take for each of its answers.
    private static let answerTimeout = Duration.seconds(5)

    private func isPrepared(_ events: AsyncStream<HandoverEvent>, _ channels: Set<String>) async -> Bool {
        await self.inTime {
            var missing = channels
            if missing.isEmpty { return true }
            for await event in events {
                guard case .fenced(let channel) = event else { return false }
                missing.remove(channel)
                if missing.isEmpty { return true }
            }
            return false
        } ?? false
    }

    /// Waits until all is in the journal that this node has appended, so that what the other node appends for the same
    /// sessions comes after it.
    private func isFlushed(
        _ handover: String, _ events: AsyncStream<HandoverEvent>, _ namespaces: Set<String>
    ) async -> Bool {
        guard let shared, !namespaces.isEmpty else { return true }
        shared.appendFence(of: handover, for: self.id)
        return await self.inTime {
            for await event in events {
                switch event {
                case .flushed: return true
                case .refused: return false
                case .fenced, .adopted: continue
                }
            }
            return false
        } ?? false
    }

    /// - Returns: the places of the sessions that the other node does not take; `nil` if it does not say.
    private func refusals(_ events: AsyncStream<HandoverEvent>) async -> Set<Int>? {
        await self.inTime {
            for await event in events {
                switch event {
                case .adopted(let refused): return refused
                case .refused: return nil
                case .fenced, .flushed: continue
                }
            }
            return nil
        } ?? nil
    }

    private func inTime<Value: Sendable>(_ body: @escaping @Sendable () async -> Value) async -> Value? {
        let clock = self.clock
        return await withTaskGroup(of: Value?.self) { group in
            group.addTask { await body() }
            group.addTask {
                try? await clock.sleep(for: Self.answerTimeout)
                return nil
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
    }
}

extension EventShard {
    /// Does something on the event loop.
    func onLoop<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            self.eventLoop.execute { continuation.resume(returning: body()) }
        }
    }
}
