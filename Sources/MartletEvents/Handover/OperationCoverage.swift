// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// An operation as it was noted.
struct RecordedOperation: Sendable {
    enum Body: Sendable {
        case broadcast(EncodedPacket, BroadcastTarget)
        case perform(SocketOperation, BroadcastTarget)
    }

    /// What tells whether a server has carried the operation out.
    enum Place: Sendable {
        /// From a node, on a channel of the bus. Messages from outside the cluster's servers may have no number.
        case bus(node: String, channel: String, number: Int?)
        case journal(JournalOffset)
    }

    private(set) var place: Place
    let namespace: String
    let body: Body

    init(_ body: Body, at place: Place, in namespace: String) {
        self.body = body
        self.place = place
        self.namespace = namespace
    }

    init(_ delivery: JournalDelivery, in namespace: String) {
        self.init(delivery.action, at: .journal(delivery.offset), in: namespace)
    }

    func numbered(_ number: Int) -> RecordedOperation {
        guard case .bus(let node, let channel, _) = self.place else { return self }
        var copy = self
        copy.place = .bus(node: node, channel: channel, number: number)
        return copy
    }

    fileprivate var byteCount: Int {
        switch self.body {
        case .broadcast(let packet, _): packet.byteCount + 256
        case .perform: 512
        }
    }
}

/// Operations of some namespaces from some moment on.
struct OperationRecord: Sendable {
    let namespaces: Set<String>
    private let maxBytes: Int
    private var byteCount = 0
    /// Nil once they were too many.
    private(set) var operations: [RecordedOperation]? = []

    init(namespaces: Set<String>, maxBytes: Int) {
        self.namespaces = namespaces
        self.maxBytes = maxBytes
    }

    mutating func append(_ operation: RecordedOperation) {
        guard self.operations != nil, self.namespaces.contains(operation.namespace) else { return }
        self.byteCount += operation.byteCount
        if self.byteCount > self.maxBytes {
            self.operations = nil
        } else {
            self.operations?.append(operation)
        }
    }
}

/// Which operations a server has carried out at some moment: those of each node up to a number, and those in the journal
/// up to a place.
struct OperationCoverage: Codable, Sendable {
    /// The server itself.
    let node: String
    let number: Int
    /// By channel, then by node.
    let others: [String: [String: Int]]
    /// Nil where there is no journal.
    let position: JournalOffset?

    /// An operation without a number counts as carried out: it may be missed, but not repeated.
    func covers(_ operation: RecordedOperation) -> Bool {
        switch operation.place {
        case .journal(let offset): offset <= self.position ?? .zero
        case .bus(_, _, nil): true
        case .bus(self.node, _, let number?): number <= self.number
        case .bus(let node, let channel, let number?): number <= self.others[channel]?[node] ?? 0
        }
    }
}

/// What surrounds the posting of an operation to the event loops.
struct OperationTurn {
    /// Calls its argument, which posts.
    let take: (() -> Void) -> Void
    /// Called after that, and before the caller's own event loop carries the operation out.
    let taken: () -> Void
}
