// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import Atomics

/// Counts the bytes of the answers that a server has compressed since the start.
package final class CompressedAnswers: Sendable {
    private let plain = ManagedAtomic(0)
    private let compressed = ManagedAtomic(0)

    package init() {}

    package func count(plain: Int, compressed: Int) {
        self.plain.wrappingIncrement(by: plain, ordering: .relaxed)
        self.compressed.wrappingIncrement(by: compressed, ordering: .relaxed)
    }

    /// Before compression, and after.
    package var bytes: (plain: Int, compressed: Int) {
        (self.plain.load(ordering: .relaxed), self.compressed.load(ordering: .relaxed))
    }
}
