// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

extension EngineShard {
    /// What an event loop has counted since the start.
    package struct Counters: Sendable {
        // Those that each message changes come first, side by side in memory.
        package var messagesIn = 0
        package var messagesOut = 0
        /// Bytes of the messages, as they are before compression and without what a transport adds.
        package var bytesIn = 0
        package var bytesOut = 0
        /// Sessions that were opened here, by a handshake.
        package var opened = 0
        /// Sessions that have ended, by the reason.
        package var closed: [DisconnectReason: Int] = [:]
        /// How often a session has gone on with another kind of transport.
        package var switches: [TransportSwitch: Int] = [:]
        /// How often a client has come back to its session after the loss of a connection.
        package var resumes = 0
        /// Sessions that were closed because their receiver was too slow.
        package var slowReceivers = 0

        package init() {}

        package mutating func add(_ other: Counters) {
            self.messagesIn += other.messagesIn
            self.messagesOut += other.messagesOut
            self.bytesIn += other.bytesIn
            self.bytesOut += other.bytesOut
            self.opened += other.opened
            self.closed.merge(other.closed, uniquingKeysWith: +)
            self.switches.merge(other.switches, uniquingKeysWith: +)
            self.resumes += other.resumes
            self.slowReceivers += other.slowReceivers
        }
    }
}

/// From one kind of transport to another.
package struct TransportSwitch: Hashable, Sendable {
    package let from: TransportName
    package let to: TransportName
}
