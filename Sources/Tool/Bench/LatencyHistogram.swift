// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// How often which latency was measured, in memory that does not grow: 64 steps for each doubling, so that a value is at
/// most 1.6 % off.
struct LatencyHistogram: Sendable {
    private static let bitsOfSteps = 6
    private static let steps = 1 << bitsOfSteps
    /// Enough for an hour in microseconds.
    private static let doublings = 32 - bitsOfSteps
    private var counts = [Int](repeating: 0, count: (doublings + 1) * steps)
    private(set) var count = 0
    /// The longest, in microseconds.
    private(set) var max = 0

    /// - Parameter microseconds: what is longer than an hour counts as an hour.
    mutating func record(_ microseconds: Int) {
        let value = Swift.max(0, Swift.min(microseconds, 3_600_000_000))
        self.counts[Self.index(of: value)] += 1
        self.count += 1
        self.max = Swift.max(self.max, value)
    }

    /// The latency, in microseconds, that a part of all does not exceed; 0 if there are none.
    /// - Parameter part: more than 0 and at most 1.
    func percentile(_ part: Double) -> Int {
        let wanted = Swift.max(1, Int((Double(self.count) * part).rounded(.up)))
        var seen = 0
        for (index, count) in self.counts.enumerated() {
            seen += count
            if seen >= wanted { return Swift.min(Self.highest(at: index), self.max) }
        }
        return self.max
    }

    /// Below 64 each value has its own place; above, the highest six bits after the first one tell the place.
    private static func index(of value: Int) -> Int {
        guard value >= self.steps else { return value }
        let doubling = Int.bitWidth - value.leadingZeroBitCount - self.bitsOfSteps
        return doubling * self.steps + (value >> (doubling - 1)) - self.steps
    }

    /// The highest value at a place.
    private static func highest(at index: Int) -> Int {
        let (doubling, step) = index.quotientAndRemainder(dividingBy: self.steps)
        guard doubling > 0 else { return step }
        return (self.steps + step + 1) << (doubling - 1) - 1
    }
}
