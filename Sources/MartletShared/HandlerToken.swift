// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import Atomics

/// Stands for a handler that was set on a socket, so that the socket's `off(_:)` can remove it.
public struct HandlerToken: Hashable, Sendable {
    private static let last = ManagedAtomic<UInt64>(0)

    private let number: UInt64

    package init() {
        self.number = Self.last.loadThenWrappingIncrement(ordering: .relaxed)
    }
}
