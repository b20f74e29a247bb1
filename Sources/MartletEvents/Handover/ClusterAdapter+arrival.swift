// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import Logging
internal import MartletEngine
internal import NIOConcurrencyHelpers
internal import NIOCore

/// The node to which sessions come.
extension ClusterAdapter {
    /// How many bytes of operations are kept for sessions on their way.
    private static let maxRecordedBytes = 64 << 20
    /// How long a handover that has been prepared may take.
    static let arrivalTimeout = Duration.seconds(15)

    func received(_ message: HandoverMessage, from node: String) {
        switch message {
        case .prepare(let handover, let namespaces): self.prepare(handover, namespaces, from: node)
        case .sessions(let handover, let snapshots, let coverage):
            guard let arrival = self.handovers.arrival(handover, from: node) else {
                return self.publish(HandoverMessage.refused(handover: handover), toHandoversOf: node)
            }
            self.receive(snapshots, coverage, arrival)
        case .dropped(let handover, let sessions):
            self.handovers.arrival(handover, from: node)?.drop(sessions)
            self.drop(sessions)
        case .refused(let handover): self.handovers.received(.refused, handover, from: node)
        case .adopted(let handover, let refused):
            self.handovers.received(.adopted(refused: refused), handover, from: node)
        case .answered(let socket, let question, let answer):
            self.core?.moved.answered(socket, question: question, answer)
        }
    }

    func publish(_ message: HandoverMessage, toHandoversOf node: String) {
        self.publish(message, to: self.configuration.handoverChannel(of: node))
    }

    private func prepare(_ handover: String, _ names: Set<String>, from node: String) {
        guard let core = self.core, self.configuration.handover != nil, core.configuration.engine.resume != nil,
            let engineShard = self.handovers.next(of: core.engine?.allShards ?? []),
            let namespaces = core.enter(names)
        else { return self.publish(HandoverMessage.refused(handover: handover), toHandoversOf: node) }
        let arrival = HandoverArrival(
            name: handover, node: node, core: core, shard: core.shard(of: engineShard), namespaces: namespaces)
        guard self.handovers.add(arrival) else {
            for namespace in namespaces { core.left(namespace) }
            return self.publish(HandoverMessage.refused(handover: handover), toHandoversOf: node)
        }
        self.order.beginRecord(handover, of: names, maxBytes: Self.maxRecordedBytes)
        let clock = self.clock
        Task { [weak self] in
            try? await clock.sleep(for: Self.arrivalTimeout)
            self?.end(arrival)
        }
        for namespace in namespaces { self.publish(.fence(handover: handover, node: node), in: namespace) }
        if !namespaces.isEmpty { self.shared?.appendFence(of: handover, for: node) }
    }

    private func end(_ arrival: HandoverArrival) {
        guard self.handovers.remove(arrival) else { return }
        arrival.end()
        self.order.endRecord(arrival.name)
        for namespace in arrival.namespaces { arrival.core.left(namespace) }
    }

    private func receive(
        _ snapshots: [ConnectionSnapshot],
        _ coverage: OperationCoverage,
        _ arrival: HandoverArrival
    ) {
        guard let shared, let position = coverage.position else { return self.adopt(snapshots, coverage, arrival) }
        arrival.adopt { [weak self] in
            // What the sessions have had must not come to them once more.
            await shared.journal.reach(position)
            // Less has been read when the handover is over, or the journal is closed.
            guard shared.journal.position ?? .zero >= position else { return }
            self?.adopt(snapshots, coverage, arrival)
        }
    }

    private func adopt(
        _ snapshots: [ConnectionSnapshot],
        _ coverage: OperationCoverage,
        _ arrival: HandoverArrival
    ) {
        self.betweenOperations(on: arrival.shard) { order, post in
            order.recorded(arrival.name, post)
        } body: { recorded in
            guard self.handovers.arrival(arrival.name, from: arrival.node) != nil else { return }
            var refused: Set<Int> = []
            var connections: [Connection] = []
            for (index, snapshot) in snapshots.enumerated() {
                if recorded != nil, !arrival.isDropped(snapshot.session.id),
                    let connection = self.adopt(snapshot, arrival)
                {
                    connections.append(connection)
                } else {
                    refused.insert(index)
                }
            }
            let missed = (recorded ?? []).filter { !coverage.covers($0) }
            for connection in connections { connection.carryOut(missed) }
            self.confirm(arrival, refused, connections.flatMap { $0.beginRecords() })
            for connection in connections { connection.introduceRestored() }
            for connection in connections { connection.carryOutEnds(missed) }
            self.end(arrival)
        }
    }

    /// Tells the other node, which then removes its records, once those of this one are written.
    private func confirm(
        _ arrival: HandoverArrival, _ refused: Set<Int>, _ records: [(pid: String, namespace: Namespace)]
    ) {
        let message = HandoverMessage.adopted(handover: arrival.name, refused: refused)
        guard let shared, !records.isEmpty else { return self.publish(message, toHandoversOf: arrival.node) }
        Task {
            await shared.settle(records)
            self.publish(message, toHandoversOf: arrival.node)
        }
    }

    private func adopt(_ snapshot: ConnectionSnapshot, _ arrival: HandoverArrival) -> Connection? {
        let (core, shard, node) = (arrival.core, arrival.shard, arrival.node)
        var connection: Connection?
        do {
            let session = try shard.engineShard.adopt(snapshot.session) { session in
                let made = Connection(core: core, shard: shard, session: session)
                connection = made
                return made
            }
            do throws(RestoringError) {
                try connection?.restore(snapshot) { [weak self] socket, question, answer in
                    self?.publish(
                        HandoverMessage.answered(socket: socket, question: question, answer), toHandoversOf: node)
                }
                return connection
            } catch {
                session.close(.forcedServerClose, tellingPeer: .lost)
                throw error
            }
        } catch {
            self.logger.log(level: .notice) { "a session from another server is not taken: \(error)" }
            return nil
        }
    }

    /// The other node keeps these sessions.
    private func drop(_ sessions: Set<String>) {
        guard let core = self.core else { return }
        for id in sessions {
            guard let id = SessionID(id), let shard = core.engine?.shard(of: id) else { continue }
            shard.eventLoop.execute {
                guard let session = shard.session(id) else { return }
                (session.handler as? Connection)?.dropRecords()
                session.close(.transportClose, tellingPeer: .lost)
            }
        }
    }
}

extension Connection {
    /// Carries out what came while the connection was on its way, as far as it changes what its client gets.
    func carryOut(_ operations: [RecordedOperation]) {
        for operation in operations {
            for socket in self.sockets where socket.namespace.name == operation.namespace {
                switch operation.body {
                case .broadcast(let packet, let target):
                    if socket.isAddressed(by: target) { socket.receive(packet, target) }
                case .perform(.disconnect, _): break
                case .perform(let operation, let target):
                    if socket.isAddressed(by: target) { socket.perform(operation) }
                }
            }
        }
    }

    /// Carries out the disconnects, once the application knows the sockets.
    func carryOutEnds(_ operations: [RecordedOperation]) {
        for operation in operations {
            guard case .perform(.disconnect(let closingConnection), let target) = operation.body else { continue }
            for socket in self.sockets
            where socket.namespace.name == operation.namespace && socket.isAddressed(by: target) {
                socket.disconnectNow(closingConnection: closingConnection)
            }
        }
    }
}

extension Socket {
    func isAddressed(by target: BroadcastTarget) -> Bool {
        func isMember(_ room: String) -> Bool { room == self.id || self.seats[room] != nil }
        return (target.rooms.isEmpty || target.rooms.contains(where: isMember))
            && !target.except.contains(where: isMember)
    }

    fileprivate func receive(_ packet: EncodedPacket, _ target: BroadcastTarget) {
        guard self.canSend(isVolatile: target.isVolatile) else { return }
        self.deliver(packet, target.flags)
    }
}
