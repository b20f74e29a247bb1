// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule

/// The events that were sent to a socket, in order, and that its client may not have received.
struct RecoveryLog: Sendable {
    private struct Entry {
        let offset: String
        /// `nil` for a volatile event: the client may name it, but it is not sent again.
        let packet: EncodedPacket?
        let byteCount: Int
    }

    private var entries = Deque<Entry>()
    private var byteCount = 0
    private let limit: Int
    /// The offset of the event before the first entry.
    private var lastDropped: String?
    /// How many entries were there when the last ping was sent.
    private var pingedCount = 0

    /// - Parameter limit: how many bytes are kept.
    init(limit: Int) {
        self.limit = limit
    }

    /// - Parameter packet: has an offset, and memory of its own.
    mutating func append(_ packet: EncodedPacket, isVolatile: Bool) {
        guard let offset = packet.offset else { return }
        let payload = isVolatile ? 0 : packet.byteCount
        let entry = Entry(offset: offset, packet: isVolatile ? nil : packet, byteCount: payload + 64)
        self.entries.append(entry)
        self.byteCount += entry.byteCount
        while self.byteCount > self.limit { self.removeFirst() }
    }

    private mutating func removeFirst() {
        guard let first = self.entries.popFirst() else { return }
        self.byteCount -= first.byteCount
        self.lastDropped = first.offset
        self.pingedCount = max(0, self.pingedCount - 1)
    }

    /// The events that may be sent again.
    var packets: [EncodedPacket] { self.entries.compactMap(\.packet) }

    func contains(_ offset: String) -> Bool { self.entries.contains { $0.offset == offset } }

    /// A ping follows the last event.
    mutating func noteSentPing() {
        self.pingedCount = self.entries.count
    }

    /// The client has answered the ping, so it has all events before it.
    mutating func noteAnsweredPing() {
        while self.pingedCount > 0 { self.removeFirst() }
    }

    /// Forgets the events that the client has.
    /// - Parameter offset: the last event that it has; `nil` if it has none.
    /// - Returns: false when events that it has not are missing.
    mutating func removeReceived(through offset: String?) -> Bool {
        self.pingedCount = 0
        if offset == self.lastDropped { return true }
        guard let offset, let index = self.entries.lastIndex(where: { $0.offset == offset }) else { return false }
        for _ in 0...index { self.removeFirst() }
        return true
    }
}
