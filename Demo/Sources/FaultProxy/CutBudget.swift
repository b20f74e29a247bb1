// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// How many bytes may still pass until a connection is cut.
package struct CutBudget {
    private var left: Int?

    package init(_ bytes: Int? = nil) {
        self.left = bytes
    }

    /// - Returns: how many of these bytes may pass; if fewer than asked for, the connection is cut after them.
    package mutating func spend(_ bytes: Int) -> Int {
        guard let left = self.left else { return bytes }
        self.left = max(0, left - bytes)
        return min(left, bytes)
    }
}

/// SplitMix64: small, and random enough to choose where a connection breaks.
package struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    package init(seed: UInt64) {
        self.state = seed
    }

    package mutating func next() -> UInt64 {
        self.state &+= 0x9E37_79B9_7F4A_7C15
        var bits = self.state
        bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
        return bits ^ (bits >> 31)
    }
}
