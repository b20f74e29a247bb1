// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// What an event loop has counted of events since the start, and how many wait at the moment.
package struct EventCounters: Sendable {
    // Those that each event changes come first, side by side in memory.
    package var received = 0
    /// Once for each receiver.
    package var sent = 0
    package var answersReceived = 0
    package var answersSent = 0
    /// Events that wait for handlers.
    package var waiting = 0
    /// The bytes of their arguments.
    package var waitingBytes = 0
    /// Sockets that got back the state of a former one; see ``ConnectionStateRecovery``.
    package var recovered = 0

    package init() {}

    package mutating func add(_ other: EventCounters) {
        self.received += other.received
        self.sent += other.sent
        self.answersReceived += other.answersReceived
        self.answersSent += other.answersSent
        self.waiting += other.waiting
        self.waitingBytes += other.waitingBytes
        self.recovered += other.recovered
    }
}
