// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOConcurrencyHelpers
internal import NIOCore

/// A visitor's counters, for the page to show.
public struct VisitorCounters: Codable, Sendable, Equatable {
    /// Connections that are open at the moment.
    public internal(set) var connections = 0
    public internal(set) var requests = 0
    /// Requests answered by the proxy instead of the application.
    public internal(set) var refused = 0
    /// Connections that were reset.
    public internal(set) var cut = 0
}

/// The faults of each visitor, and the connections that they hold for. Anybody can invent visitors, so only a limited
/// number is kept: new visitors replace those that were active longest ago.
final class Visitors: Sendable {
    /// A connection, for use on any thread: calls are carried out on its event loop.
    struct Connection: Sendable {
        let id: ObjectIdentifier
        let eventLoop: any EventLoop
        let connection: NIOLoopBound<ProxyConnection>

        func ask(_ body: @escaping @Sendable (ProxyConnection) -> Void) async {
            let connection = self.connection
            try? await self.eventLoop.submit { body(connection.value) }.get()
        }
    }

    /// The faults of a connection from now on, and its budget of bytes.
    struct Terms {
        var faults = Faults()
        var budget = CutBudget()
    }

    private struct Entry {
        var faults = Faults()
        var generator = SeededGenerator(seed: .random(in: .min ... .max))
        var counters = VisitorCounters()
        var connections: [ObjectIdentifier: Connection] = [:]
        var lastUse = NIODeadline.now()

        mutating func terms() -> Terms {
            let range = self.faults.cut.map { $0.afterBytes[0]...$0.afterBytes[1] }
            return Terms(faults: self.faults, budget: CutBudget(range.map { .random(in: $0, using: &self.generator) }))
        }
    }

    private static let capacity = 1000
    static let lifetime = TimeAmount.minutes(10)
    private let entries = NIOLockedValueBox<[Visitor: Entry]>([:])

    // MARK: Calls of connections

    /// Counts a visitor's request on a connection.
    /// - Returns: the terms of the connection; nil if they stay as they are, because its last request came from the
    ///   same visitor.
    func enter(_ visitor: Visitor, _ connection: Connection) -> Terms? {
        self.entries.withLockedValue { entries in
            Self.makeRoom(for: visitor, in: &entries)
            var entry = entries[visitor] ?? Entry()
            entry.lastUse = .now()
            entry.counters.requests += 1
            let isNew = entry.connections.updateValue(connection, forKey: connection.id) == nil
            let terms = isNew ? entry.terms() : nil
            entries[visitor] = entry
            return terms
        }
    }

    func leave(_ visitor: Visitor, _ id: ObjectIdentifier) {
        self.entries.withLockedValue { _ = $0[visitor]?.connections.removeValue(forKey: id) }
    }

    func count(_ counter: any WritableKeyPath<VisitorCounters, Int> & Sendable, _ visitor: Visitor) {
        self.entries.withLockedValue { $0[visitor]?.counters[keyPath: counter] += 1 }
    }

    // MARK: Calls of the application

    func faults(of visitor: Visitor) -> (Faults, VisitorCounters) {
        self.entries.withLockedValue { entries in
            entries[visitor]?.lastUse = .now()
            guard let entry = entries[visitor] else { return (Faults(), VisitorCounters()) }
            var counters = entry.counters
            counters.connections = entry.connections.count
            return (entry.faults, counters)
        }
    }

    /// When this returns, the faults hold for all open connections.
    func set(_ faults: Faults, of visitor: Visitor) async {
        let changes = self.entries.withLockedValue { entries in
            Self.makeRoom(for: visitor, in: &entries)
            var entry = entries[visitor] ?? Entry()
            entry.lastUse = .now()
            entry.faults = faults
            if let seed = faults.cut?.seed { entry.generator = SeededGenerator(seed: seed) }
            let changes = entry.connections.values.map { ($0, entry.terms()) }
            entries[visitor] = entry
            return changes
        }
        for (connection, terms) in changes { await connection.ask { $0.apply(terms) } }
    }

    func cut(_ visitor: Visitor) async -> Int {
        let connections = self.entries.withLockedValue { entries in
            entries[visitor]?.lastUse = .now()
            return entries[visitor].map { Array($0.connections.values) } ?? []
        }
        for connection in connections { await connection.ask { $0.cut() } }
        return connections.count
    }

    /// Forgets visitors who have been away for long, and lifts their faults: otherwise stalled connections would stall
    /// for ever.
    func forgetIdle(now: NIODeadline = .now()) async {
        let connections = self.entries.withLockedValue { entries in
            let idle = entries.filter { now - $0.value.lastUse > Self.lifetime }
            for visitor in idle.keys { entries[visitor]?.faults = Faults() }
            for (visitor, entry) in idle where entry.connections.isEmpty { entries[visitor] = nil }
            return idle.values.flatMap(\.connections.values)
        }
        for connection in connections { await connection.ask { $0.apply(Terms()) } }
    }

    private static func makeRoom(for visitor: Visitor, in entries: inout [Visitor: Entry]) {
        guard entries[visitor] == nil, entries.count >= Self.capacity else { return }
        let oldest = entries.min { $0.value.lastUse < $1.value.lastUse }
        guard let oldest, let forgotten = entries.removeValue(forKey: oldest.key) else { return }
        for each in forgotten.connections.values {
            let connection = each.connection
            each.eventLoop.execute { connection.value.apply(Terms()) }
        }
    }
}
