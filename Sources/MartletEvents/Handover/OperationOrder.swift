// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule
internal import NIOConcurrencyHelpers
internal import NIOCore

/// The operations of a cluster in the order in which this server carries them out: its own, which it numbers and
/// publishes in that order, those of others, and those in the cluster's journal.
///
/// An operation is noted, and posted to the event loops, under one lock. So whoever reads here what has been noted, and
/// posts work to an event loop under the same lock, has that work done after exactly those operations; see
/// ``ClusterAdapter/betweenOperations(on:_:_:)``.
final class OperationOrder: Sendable {
    private struct State {
        var lastNumber = 0
        /// The last operation of each node that came on each channel. A node's numbers rise on each channel.
        var received: [String: [String: Int]] = [:]
        /// The last entry of the journal that has been noted.
        var position: JournalOffset?
        /// What has numbers and is not published, in the order of the numbers.
        var departures = Deque<Departure>()
        var isPublishing = false
        var records: [String: OperationRecord] = [:]

        mutating func record(_ operation: RecordedOperation) {
            for id in self.records.keys { self.records[id]?.append(operation) }
        }
    }

    private struct Departure {
        let number: Int
        var message = Message.unwritten

        enum Message {
            case unwritten
            case written(ByteBuffer, channel: String)
            /// It could not be written.
            case none
        }
    }

    /// Past this number of nodes on a channel their numbers are forgotten: most would be made up.
    private static let maxNodes = 2 * ClusterNodes.limit

    private let state = NIOLockedValueBox(State())

    // MARK: Own operations

    /// Gives an operation of this server its number. The caller writes it, then calls ``publish(_:_:to:on:)``.
    /// - Parameters:
    ///   - operation: `nil` for one that event loops do not carry out.
    ///   - post: posts the operation to the event loops.
    func take(_ operation: RecordedOperation?, _ post: () -> Void) -> Int {
        self.state.withLockedValue { state in
            state.lastNumber += 1
            state.departures.append(Departure(number: state.lastNumber))
            if let operation, !state.records.isEmpty { state.record(operation.numbered(state.lastNumber)) }
            post()
            return state.lastNumber
        }
    }

    /// Publishes an operation once all before it have been; another caller may do it. The bus is called without the lock:
    /// it may deliver at once.
    /// - Parameter message: `nil` if it could not be written.
    func publish(_ number: Int, _ message: ByteBuffer?, to channel: String, on bus: (any ClusterBus)?) {
        let isFirst = self.state.withLockedValue { state in
            if let first = state.departures.first?.number {
                state.departures[number - first].message = message.map { .written($0, channel: channel) } ?? .none
            }
            defer { state.isPublishing = true }
            return !state.isPublishing
        }
        guard isFirst else { return }
        while let next = self.nextDeparture() {
            if case .written(let message, let channel) = next { bus?.publish(message, to: channel) }
        }
    }

    private func nextDeparture() -> Departure.Message? {
        self.state.withLockedValue { state in
            guard let first = state.departures.first else {
                state.isPublishing = false
                return nil
            }
            if case .unwritten = first.message {
                state.isPublishing = false
                return nil
            }
            state.departures.removeFirst()
            return first.message
        }
    }

    // MARK: Operations of others

    /// - Parameter post: posts the operation to the event loops.
    func receive(_ operation: RecordedOperation, _ post: () -> Void) {
        self.state.withLockedValue { state in
            if case .bus(let node, let channel, let number?) = operation.place {
                if state.received[channel, default: [:]].count >= Self.maxNodes { state.received[channel] = [:] }
                state.received[channel, default: [:]][node] = number
            }
            if !state.records.isEmpty { state.record(operation) }
            post()
        }
    }

    /// This server does not receive a channel any more.
    func forget(channel: String) {
        self.state.withLockedValue { _ = $0.received.removeValue(forKey: channel) }
    }

    /// Entries of the journal have come.
    /// - Parameters:
    ///   - position: up to where all have come.
    ///   - post: posts them to the event loops.
    func receive(
        _ deliveries: [(namespace: Namespace, delivery: JournalDelivery)],
        through position: JournalOffset,
        _ post: () -> Void
    ) {
        self.state.withLockedValue { state in
            state.position = position
            if !state.records.isEmpty {
                for (namespace, delivery) in deliveries {
                    state.record(RecordedOperation(delivery, in: namespace.name))
                }
            }
            post()
        }
    }

    // MARK: Handovers

    /// - Parameter post: posts work that is done after the operations that are covered.
    /// - Returns: which operations have been noted.
    func coverage(of node: String, _ channels: Set<String>, _ post: () -> Void) -> OperationCoverage {
        self.state.withLockedValue { state in
            post()
            return OperationCoverage(
                node: node, number: state.lastNumber, others: state.received.filter { channels.contains($0.key) },
                position: state.position)
        }
    }

    /// Begins to keep the operations of namespaces.
    func beginRecord(_ id: String, of namespaces: Set<String>, maxBytes: Int) {
        self.state.withLockedValue {
            $0.records[id] = OperationRecord(namespaces: namespaces, maxBytes: maxBytes)
        }
    }

    /// - Parameter post: posts work that is done after the operations that are recorded.
    /// - Returns: `nil` when there is no record, or it was too long.
    func recorded(_ id: String, _ post: () -> Void) -> [RecordedOperation]? {
        self.state.withLockedValue { state in
            post()
            return state.records[id]?.operations
        }
    }

    func endRecord(_ id: String) {
        self.state.withLockedValue { _ = $0.records.removeValue(forKey: id) }
    }

    var recordCount: Int { self.state.withLockedValue { $0.records.count } }
}
