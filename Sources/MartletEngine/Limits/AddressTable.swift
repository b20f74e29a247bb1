// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// What clients have open, and how often they come, by address. The owner confines it to a thread, or locks it.
package struct AddressTable: Sendable {
    /// The unit that counts: an IPv4 address, or an IPv6 network of 64 bits, of which one client can have all addresses.
    package struct Key: Hashable, Sendable {
        private let high: UInt64
        private let low: UInt64

        package init(_ address: IPAddress) {
            self.high = address.high
            self.low = address.isIPv4 ? address.low : 0
        }
    }

    package struct Limits: Sendable {
        package var open: Int?
        package var rate: RateLimit?

        package init(open: Int?, rate: RateLimit?) {
            self.open = open
            self.rate = rate
        }

        package var isEmpty: Bool { self.open == nil && self.rate == nil }
    }

    package enum Refusal: Error, Equatable {
        case tooMany
        case tooOften(wait: TimeAmount)
    }

    private struct Entry {
        var open = 0
        var bucket = TokenBucket()
    }

    private var entries: [Key: Entry] = [:]
    private let limits: Limits
    private let capacity: Int
    /// When room may be made again. That looks at all entries, so a client with many addresses must not cause it often.
    private var nextSweep = NIODeadline.distantPast

    private static let sweepInterval = TimeAmount.seconds(1)

    /// - Parameter capacity: how many addresses are known at most. When there are as many, those that have nothing open
    ///   are forgotten as far as is needed. Where that does not help, a new one is not counted, and only the limits of
    ///   the whole server bind it.
    package init(_ limits: Limits, capacity: Int = 1 << 16) {
        self.limits = limits
        self.capacity = capacity
    }

    package var count: Int { self.entries.count }

    /// Something is to be opened.
    package mutating func admit(_ key: Key, now: NIODeadline) throws(Refusal) {
        var entry = self.entries[key] ?? Entry()
        if let most = self.limits.open, entry.open >= most { throw .tooMany }
        if let rate = self.limits.rate, let wait = entry.bucket.take(rate, now: now) { throw .tooOften(wait: wait) }
        entry.open += 1
        guard self.entries[key] != nil || self.makesRoom(now) else { return }
        self.entries[key] = entry
    }

    /// What was opened is over.
    package mutating func release(_ key: Key, now: NIODeadline) {
        guard var entry = self.entries[key] else { return }
        entry.open = max(0, entry.open - 1)
        self.entries[key] = entry.open == 0 && entry.bucket.isFull(now: now) ? nil : entry
    }

    /// - Returns: whether there is room for one more.
    private mutating func makesRoom(_ now: NIODeadline) -> Bool {
        guard self.entries.count >= self.capacity else { return true }
        guard now >= self.nextSweep else { return false }
        self.nextSweep = now + Self.sweepInterval
        self.entries = self.entries.filter { $0.value.open > 0 || !$0.value.bucket.isFull(now: now) }
        var excess = self.entries.count - self.capacity * 3 / 4
        self.entries = self.entries.filter { entry in
            guard excess > 0, entry.value.open == 0 else { return true }
            excess -= 1
            return false
        }
        return self.entries.count < self.capacity
    }
}
