// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// Counts the numbered messages of one direction: how many came, and how many were lost, repeated or out of order. The
/// page counts in the same way.
struct Tally: Codable, Sendable, Equatable {
    /// How many different numbers have come. Together with the lost ones they are all numbers up to the last.
    private(set) var received = 0
    /// How many numbers have not come so far. A number that comes late no longer counts as lost.
    private(set) var lost = 0
    private(set) var repeated = 0
    /// How many numbers came after a higher one.
    private(set) var outOfOrder = 0
    /// The highest number so far.
    private(set) var last = 0
    /// The numbers that have been left out so far. Past a limit, the oldest gaps are forgotten.
    private var missing: [ClosedRange<Int>] = []

    private enum CodingKeys: CodingKey {
        case received, lost, repeated, outOfOrder, last
    }

    static let numbers = 1...(1 << 53)

    mutating func count(_ number: Int) {
        guard Self.numbers.contains(number) else { return }
        if number > self.last {
            if number > self.last + 1 { self.miss(self.last + 1...number - 1) }
            self.last = number
            self.received += 1
        } else if self.find(number) {
            self.received += 1
            self.lost -= 1
            self.outOfOrder += 1
        } else {
            self.repeated += 1
        }
    }

    private mutating func miss(_ range: ClosedRange<Int>) {
        self.lost += range.count
        self.missing.append(range)
        if self.missing.count > Limits.gaps { self.missing.removeFirst() }
    }

    /// Removes a number from the missing ones.
    private mutating func find(_ number: Int) -> Bool {
        guard let index = self.missing.lastIndex(where: { $0.contains(number) }) else { return false }
        let range = self.missing[index]
        var rest: [ClosedRange<Int>] = []
        if range.lowerBound < number { rest.append(range.lowerBound...number - 1) }
        if number < range.upperBound { rest.append(number + 1...range.upperBound) }
        self.missing.replaceSubrange(index...index, with: rest)
        return true
    }
}
