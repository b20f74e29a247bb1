// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// An operation as it was noted.
struct RecordedOperation: Sendable {
    enum Body: Sendable {
        case broadcast(EncodedPacket, BroadcastTarget)
        case perform(SocketOperation, BroadcastTarget)
    }

    /// Nil for messages from outside the cluster's servers that have no numbers.
    private(set) var number: Int?
    let node: String
    let channel: String
    let namespace: String
    let body: Body

    init(_ body: Body, number: Int? = nil, of node: String, on channel: String, in namespace: String) {
        self.body = body
        self.number = number
        self.node = node
        self.channel = channel
        self.namespace = namespace
    }

    func numbered(_ number: Int) -> RecordedOperation {
        var copy = self
        copy.number = number
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

/// Which operations a server has carried out at some moment: those of each node up to a number.
struct OperationCoverage: Codable, Sendable {
    /// The server itself.
    let node: String
    let number: Int
    /// By channel, then by node.
    let others: [String: [String: Int]]

    /// An operation without a number counts as carried out: it may be missed, but not repeated.
    func covers(_ operation: RecordedOperation) -> Bool {
        guard let number = operation.number else { return true }
        if operation.node == self.node { return number <= self.number }
        return number <= self.others[operation.channel]?[operation.node] ?? 0
    }
}

/// What surrounds the posting of an operation to the event loops.
struct OperationTurn {
    /// Calls its argument, which posts.
    let take: (() -> Void) -> Void
    /// Called after that, and before the caller's own event loop carries the operation out.
    let taken: () -> Void
}
