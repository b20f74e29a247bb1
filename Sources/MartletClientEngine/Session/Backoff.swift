// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// Delays between attempts that double, and are spread at random, so that the clients of a restarted server do not come
/// all at once.
struct Backoff {
    private let delays: DelayRange
    private let spread: Double
    /// How many delays were taken since the last success.
    var attempts = 0

    init(_ delays: DelayRange, spread: Double) {
        self.delays = delays
        self.spread = min(max(spread, 0), 1)
    }

    /// The next delay. One above the longest is mirrored below it: cutting it off would bring the clients together again.
    mutating func next(using random: inout some RandomNumberGenerator) -> TimeAmount {
        let longest = Double(max(self.delays.longest.nanoseconds, 0))
        var nominal = min(longest, Double(max(self.delays.first.nanoseconds, 0)))
        for _ in 0..<min(self.attempts, 62) { nominal = min(longest, nominal * 2) }
        self.attempts += 1
        let delay = nominal * (1 + self.spread * Double.random(in: -1...1, using: &random))
        return .nanoseconds(Int64(max(0, min(delay, 2 * longest - delay))))
    }
}
