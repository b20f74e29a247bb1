// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import Atomics
internal import NIOConcurrencyHelpers

/// What an engine knows of the cluster that it is a node of: its own tag, and who serves the requests for sessions of
/// the other nodes. Without a cluster, it knows neither.
package final class EngineNode: Sendable {
    private let tagValue = ManagedAtomic<UInt64>(0)
    private let ownForwarder = NIOLockedValueBox<(any SessionForwarder)?>(nil)

    init() {}

    /// The tag that session ids of this node carry.
    package var tag: NodeTag? { NodeTag(value: self.tagValue.load(ordering: .relaxed)) }

    /// Takes a lock: for requests whose session is not on this node.
    package var forwarder: (any SessionForwarder)? { self.ownForwarder.withLockedValue { $0 } }

    /// Has requests for sessions of other nodes forwarded from now on; to be called once.
    package func forward(by forwarder: any SessionForwarder, as tag: NodeTag) {
        self.ownForwarder.withLockedValue { $0 = forwarder }
        self.tagValue.store(tag.value, ordering: .relaxed)
    }

    /// Whether a session was opened on this node, as far as its id says.
    func opened(_ id: SessionID) -> Bool {
        let node = id.nodeValue
        return node == 0 || node == self.tagValue.load(ordering: .relaxed)
    }
}
