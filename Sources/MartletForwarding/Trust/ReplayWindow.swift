// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// Which of the numbers that one node has given to its requests have been seen (the way of RFC 4303, 3.4.3): each number
/// is taken once, in any order, unless it lies too far behind the highest.
struct ReplayWindow {
    /// How far behind the highest number another may be. Each takes a bit.
    static let size: UInt64 = 65_536

    private var highest: UInt64 = 0
    private var seen = [UInt64](repeating: 0, count: Int(Self.size / 64))

    /// - Parameter number: from 1.
    /// - Returns: whether the number was not seen before.
    mutating func take(_ number: UInt64) -> Bool {
        if number > self.highest {
            self.advance(to: number)
        } else if number == 0 || self.highest - number >= Self.size {
            return false
        }
        let (word, bit) = Self.place(of: number)
        guard self.seen[word] & bit == 0 else { return false }
        self.seen[word] |= bit
        return true
    }

    private mutating func advance(to number: UInt64) {
        if number - self.highest >= Self.size {
            for word in self.seen.indices { self.seen[word] = 0 }
        } else {
            for skipped in self.highest + 1...number {
                let (word, bit) = Self.place(of: skipped)
                self.seen[word] &= ~bit
            }
        }
        self.highest = number
    }

    private static func place(of number: UInt64) -> (word: Int, bit: UInt64) {
        (Int(number % Self.size / 64), 1 << (number % 64))
    }
}
