// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletShared

/// An event that waits until its socket is connected.
struct UnsentEvent {
    let packet: EncodedPacket
    let name: String
    /// The id under which its answer is awaited.
    let ackID: Int?
}

/// The events that wait until their socket is connected, in their order.
///
/// A question whose time is over goes in constant time: of those that a client asks while it is away, many end at once.
struct UnsentEvents {
    /// `nil` where a question has gone.
    private(set) var slots: [UnsentEvent?] = []
    /// The indices of the questions, by the ids of their answers.
    private var places: [Int: Int] = [:]
    private var holeCount = 0
    private(set) var byteCount = 0

    var count: Int { self.slots.count - self.holeCount }

    /// The ids of the answers that are awaited.
    var questions: Set<Int> { Set(self.places.keys) }

    mutating func append(_ event: UnsentEvent) {
        if let id = event.ackID { self.places[id] = self.slots.count }
        self.slots.append(event)
        self.byteCount += event.packet.byteCount
    }

    /// Removes a question, if it is there.
    mutating func remove(question id: Int) {
        guard let place = self.places.removeValue(forKey: id), let event = self.slots[place].take() else { return }
        self.byteCount -= event.packet.byteCount
        self.holeCount += 1
        if self.holeCount > max(16, self.count) { self.close() }
    }

    mutating func takeAll() -> [UnsentEvent] {
        defer { self = UnsentEvents() }
        return self.slots.compactMap { $0 }
    }

    /// Closes the holes. There are more of them than events, so that each costs a bounded share of this.
    private mutating func close() {
        for event in self.takeAll() { self.append(event) }
    }
}
