// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// What peers and processes may make the server keep.
struct Limits: Sendable {
    var processes: Int
    /// The longest line of a process, and the longest message of a peer.
    var lineBytes: Int
    /// How much may wait for a slow peer, and for a slow process.
    var waitingBytes: Int
}
