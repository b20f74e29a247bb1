// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import Atomics
internal import NIOConcurrencyHelpers

/// What recovery needs from the whole server.
final class RecoveryRegistry: Sendable {
    let settings: ConnectionStateRecovery
    let offsets: OffsetSource
    /// Set once, when the server enters a cluster that keeps the state; read without a lock for each event.
    private let cluster = ManagedAtomicLazyReference<SharedRecovery>()
    /// Which event loop keeps the state of a client.
    private let owners = NIOLockedValueBox<[String: EventShard]>([:])
    /// Held while a broadcast is posted to all event loops: a client that moves to another event loop then misses no
    /// broadcast, since its former loop has each broadcast before it lets go of the client, or the new loop has it after
    /// it began to listen.
    let posting = NIOLock()

    init(_ settings: ConnectionStateRecovery, _ offsets: OffsetSource) {
        self.settings = settings
        self.offsets = offsets
    }

    /// Nil where this server alone keeps the state.
    var shared: SharedRecovery? { self.cluster.load() }

    func share(_ shared: SharedRecovery) { _ = self.cluster.storeIfNilThenLoad(shared) }

    func owner(of pid: String) -> EventShard? { self.owners.withLockedValue { $0[pid] } }

    func setOwner(of pid: String, _ shard: EventShard?) {
        self.owners.withLockedValue { $0[pid] = shard }
    }
}
