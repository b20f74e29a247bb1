// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

extension Duration {
    /// In whole milliseconds, the unit of the open packet; at most the longest time that an event loop can count.
    var milliseconds: Int { Int(TimeAmount(self).nanoseconds / 1_000_000) }
}
