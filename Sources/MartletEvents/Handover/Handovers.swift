// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOConcurrencyHelpers

/// The handovers that are under way on this node, in both directions.
final class Handovers: Sendable {
    /// One that this node has begun.
    private struct Departure {
        let node: String
        let events: AsyncStream<HandoverEvent>.Continuation
    }

    private struct State {
        var departures: [String: Departure] = [:]
        var arrivals: [String: HandoverArrival] = [:]
        var lastNumber = 0
        var lastShard = 0
        var isLeaving = false
        /// Tells others where sessions went; see ``ClusterAdapter/onMoved(_:)``.
        var onMoved: (@Sendable (_ sessions: [String], _ node: String) -> Void)?
    }

    /// How many handovers other nodes may have under way here.
    private static let maxArrivals = 64

    private let state = NIOLockedValueBox(State())

    var arrivalCount: Int { self.state.withLockedValue { $0.arrivals.count } }

    // MARK: Departures

    /// This node takes no sessions any more.
    func beginLeaving() { self.state.withLockedValue { $0.isLeaving = true } }

    func begin(by id: String, to node: String) -> (name: String, AsyncStream<HandoverEvent>) {
        let (events, continuation) = AsyncStream.makeStream(of: HandoverEvent.self)
        let name = self.state.withLockedValue { state in
            state.lastNumber += 1
            let name = "\(id)-\(state.lastNumber)"
            state.departures[name] = Departure(node: node, events: continuation)
            return name
        }
        return (name, events)
    }

    func end(_ name: String) {
        self.state.withLockedValue { $0.departures.removeValue(forKey: name) }?.events.finish()
    }

    /// Something came from the node to which the sessions go.
    func received(_ event: HandoverEvent, _ name: String, from node: String) {
        let departure = self.state.withLockedValue { $0.departures[name] }
        if let departure, departure.node == node { departure.events.yield(event) }
    }

    func fenced(_ name: String, _ channel: String, by node: String) {
        self.received(.fenced(channel: channel), name, from: node)
    }

    func flushed(_ name: String) { self.state.withLockedValue { $0.departures[name] }?.events.yield(.flushed) }

    func setOnMoved(_ hook: @escaping @Sendable (_ sessions: [String], _ node: String) -> Void) {
        self.state.withLockedValue { $0.onMoved = hook }
    }

    func moved(_ sessions: [String], to node: String) {
        self.state.withLockedValue { $0.onMoved }?(sessions, node)
    }

    /// No answer will come any more.
    func cancel() {
        let departures = self.state.withLockedValue { state in
            defer { state.departures = [:] }
            return state.departures.values
        }
        for departure in departures { departure.events.finish() }
    }

    // MARK: Arrivals

    /// - Returns: false when there are too many, or this node is leaving itself.
    func add(_ arrival: HandoverArrival) -> Bool {
        self.state.withLockedValue { state in
            guard !state.isLeaving, state.arrivals.count < Self.maxArrivals, state.arrivals[arrival.name] == nil
            else { return false }
            state.arrivals[arrival.name] = arrival
            return true
        }
    }

    func arrival(_ name: String, from node: String) -> HandoverArrival? {
        self.state.withLockedValue { $0.arrivals[name] }.flatMap { $0.node == node ? $0 : nil }
    }

    func remove(_ arrival: HandoverArrival) -> Bool {
        self.state.withLockedValue { $0.arrivals.removeValue(forKey: arrival.name) != nil }
    }

    /// Sessions are spread over the event loops.
    func next<Element>(of elements: [Element]) -> Element? {
        guard !elements.isEmpty else { return nil }
        return self.state.withLockedValue { state in
            state.lastShard &+= 1
            return elements[state.lastShard % elements.count]
        }
    }
}

/// Sessions that come from another node.
final class HandoverArrival: Sendable {
    let name: String
    let node: String
    let core: ServerCore
    /// Where the sessions will be.
    let shard: EventShard
    /// Entered, so that they stay until the sessions are in them.
    let namespaces: [Namespace]
    private let state = NIOLockedValueBox(State())

    private struct State {
        var dropped: Set<String> = []
        var adoption: Task<Void, Never>?
        var isOver = false
    }

    init(name: String, node: String, core: ServerCore, shard: EventShard, namespaces: [Namespace]) {
        self.name = name
        self.node = node
        self.core = core
        self.shard = shard
        self.namespaces = namespaces
    }

    func drop(_ sessions: Set<String>) { self.state.withLockedValue { $0.dropped.formUnion(sessions) } }
    func isDropped(_ session: String) -> Bool { self.state.withLockedValue { $0.dropped.contains(session) } }

    /// Begins to adopt the sessions, which have come; once. What waits is cancelled when the handover is over.
    func adopt(_ body: @escaping @Sendable () async -> Void) {
        self.state.withLockedValue { state in
            if !state.isOver, state.adoption == nil { state.adoption = Task(operation: body) }
        }
    }

    func end() {
        self.state.withLockedValue { state in
            state.isOver = true
            return state.adoption
        }?.cancel()
    }
}
