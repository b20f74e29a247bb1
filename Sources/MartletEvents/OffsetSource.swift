// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import Atomics
internal import MartletEngine

/// Makes the offsets that name events, each once in all servers of a cluster.
final class OffsetSource: Sendable {
    private let prefix = String(SessionID(shard: 0).description.prefix(8))
    private let last = ManagedAtomic<UInt64>(0)

    func next() -> String {
        "\(self.prefix)-\(String(self.last.loadThenWrappingIncrement(ordering: .relaxed), radix: 36))"
    }
}
