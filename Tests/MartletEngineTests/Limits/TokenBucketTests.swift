// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEngine
import NIOCore
import Testing

struct TokenBucketTests {
    private func at(_ milliseconds: Int64) -> NIODeadline { .uptimeNanoseconds(1) + .milliseconds(milliseconds) }

    @Test func aBurstIsTakenAtOnceAndTheRestAtTheRate() {
        let rate = RateLimit(perSecond: 10, burst: 3)
        var bucket = TokenBucket()
        for _ in 0..<3 { #expect(bucket.take(rate, now: self.at(0)) == nil) }
        #expect(bucket.take(rate, now: self.at(0)) == .milliseconds(100))
        #expect(bucket.take(rate, now: self.at(60)) == .milliseconds(40))
        #expect(bucket.take(rate, now: self.at(100)) == nil)
        #expect(bucket.take(rate, now: self.at(100)) == .milliseconds(100))
        #expect(!bucket.isFull(now: self.at(399)))
        #expect(bucket.isFull(now: self.at(400)))
        for _ in 0..<3 { #expect(bucket.take(rate, now: self.at(10_000)) == nil) }
        #expect(bucket.take(rate, now: self.at(10_000)) != nil)
    }

    @Test func whatHasComeIsADebt() {
        let rate = RateLimit(perSecond: 1000, burst: 1000)
        var bucket = TokenBucket()
        #expect(bucket.spend(500, rate, now: self.at(0)) == nil)
        #expect(bucket.spend(2500, rate, now: self.at(0)) == .seconds(2))
        #expect(bucket.spend(1, rate, now: self.at(2000)) == .milliseconds(1))
    }

    @Test func aRateOfNothingWaitsLongAndOverflowsNothing() {
        var bucket = TokenBucket()
        let never = RateLimit(perSecond: 0)
        #expect(never.burst == 1)
        #expect(bucket.spend(.max, never, now: self.at(0)) == nil)
        #expect(bucket.spend(.max, never, now: self.at(0)) ?? .zero > .hours(24))
    }
}
