// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// Counts what comes against a ``RateLimit``: a bucket that holds as many tokens as may come at once, and is filled
/// steadily.
///
/// Kept as the generic cell rate algorithm keeps it (ITU-T I.371, A): the time at which the bucket would be full again is
/// all there is to know.
package struct TokenBucket: Sendable {
    private var fullAt = NIODeadline.uptimeNanoseconds(0)

    package init() {}

    /// Takes a token if there is one.
    /// - Returns: how long until there is one; `nil` if it was taken.
    package mutating func take(_ rate: RateLimit, now: NIODeadline) -> TimeAmount? {
        var next = self
        if let wait = next.spend(1, rate, now: now) { return wait }
        self = next
        return nil
    }

    /// Takes tokens, even if there are not enough: for what has come already.
    /// - Returns: how long until the debt is paid; `nil` if there is none.
    package mutating func spend(_ count: Int, _ rate: RateLimit, now: NIODeadline) -> TimeAmount? {
        self.fullAt = max(self.fullAt, now) + rate.time(for: count)
        let debt = self.fullAt - now - rate.time(for: rate.burst)
        return debt > .zero ? debt : nil
    }

    /// Whether nothing needs to be remembered.
    package func isFull(now: NIODeadline) -> Bool { self.fullAt <= now }
}

extension RateLimit {
    /// The time in which so many tokens come, at most a year.
    fileprivate func time(for count: Int) -> TimeAmount {
        let seconds = min(Double(count) / max(self.perSecond, .leastNormalMagnitude), 365 * 24 * 3600)
        return .nanoseconds(Int64(seconds * 1e9))
    }
}
