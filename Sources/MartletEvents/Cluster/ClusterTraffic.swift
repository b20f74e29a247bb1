// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import Atomics

/// How many messages a server of a cluster has sent to the others and got from them since the start.
package struct ClusterTraffic: Sendable {
    package var sent = 0
    package var received = 0
    /// Messages that came and could not be read.
    package var dropped = 0

    /// Counts on any thread.
    final class Counter: Sendable {
        private let sentCount = ManagedAtomic(0)
        private let receivedCount = ManagedAtomic(0)
        private let droppedCount = ManagedAtomic(0)

        func sent() { self.sentCount.wrappingIncrement(ordering: .relaxed) }
        func received() { self.receivedCount.wrappingIncrement(ordering: .relaxed) }
        func dropped() { self.droppedCount.wrappingIncrement(ordering: .relaxed) }

        var current: ClusterTraffic {
            ClusterTraffic(
                sent: self.sentCount.load(ordering: .relaxed),
                received: self.receivedCount.load(ordering: .relaxed),
                dropped: self.droppedCount.load(ordering: .relaxed)
            )
        }
    }
}
