// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// How an event is sent, besides to whom.
@usableFromInline
struct EmitFlags: Sendable {
    /// Whether the event is dropped for a client that lags behind.
    @usableFromInline var isVolatile = false
    /// Whether transports may compress the event.
    @usableFromInline var compresses = true
    /// Whether this is no event, but the answer to one.
    @usableFromInline var isAnswer = false

    @inlinable
    init() {}

    @inlinable static var answer: EmitFlags {
        var flags = EmitFlags()
        flags.isAnswer = true
        return flags
    }
}

extension BroadcastTarget {
    var flags: EmitFlags {
        var flags = EmitFlags()
        flags.isVolatile = self.isVolatile
        flags.compresses = self.compresses
        return flags
    }
}
