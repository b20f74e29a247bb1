// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEngine
internal import MartletShared

/// The acknowledgements that a socket waits for, by id.
struct ClientAcknowledgements {
    struct Pending {
        let timer: LoopTimers.Token
        let completion: (Result<ReceivedEvent, AcknowledgementError>) -> Void
    }

    private var pending: [Int: Pending] = [:]
    private var nextID = 0

    var isEmpty: Bool { self.pending.isEmpty }

    /// A new id; each is used once in the life of the socket.
    mutating func makeID() -> Int {
        defer { self.nextID += 1 }
        return self.nextID
    }

    mutating func insert(_ id: Int, _ acknowledgement: Pending) { self.pending[id] = acknowledgement }

    mutating func remove(_ id: Int) -> Pending? { self.pending.removeValue(forKey: id) }

    mutating func removeAll(but kept: Set<Int>) -> [Pending] {
        let removed = self.pending.filter { !kept.contains($0.key) }
        for id in removed.keys { self.pending[id] = nil }
        return removed.sorted { $0.key < $1.key }.map(\.value)
    }
}
