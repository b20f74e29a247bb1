// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import demo

struct TallyTests {
    private func tally(_ numbers: Int...) -> Tally {
        var tally = Tally()
        for number in numbers { tally.count(number) }
        return tally
    }

    private func expect(
        _ tally: Tally,
        received: Int,
        lost: Int = 0,
        repeated: Int = 0,
        outOfOrder: Int = 0,
        last: Int,
        _ location: SourceLocation = #_sourceLocation
    ) {
        let found = [tally.received, tally.lost, tally.repeated, tally.outOfOrder, tally.last]
        #expect(found == [received, lost, repeated, outOfOrder, last], sourceLocation: location)
        #expect(tally.received + tally.lost == tally.last, sourceLocation: location)
    }

    @Test func inOrder() {
        self.expect(self.tally(1, 2, 3), received: 3, last: 3)
    }

    @Test func whatIsLeftOutIsLost() {
        self.expect(self.tally(3, 7), received: 2, lost: 5, last: 7)
    }

    @Test func whatComesTwiceIsRepeated() {
        self.expect(self.tally(1, 2, 2, 1), received: 2, repeated: 2, last: 2)
    }

    @Test func whatComesLateWasNotLost() {
        // 2 and 4 are left out; 3, in the middle of what is missing, comes late, and then again.
        self.expect(self.tally(1, 5, 3, 3), received: 3, lost: 2, repeated: 1, outOfOrder: 1, last: 5)
        self.expect(self.tally(1, 5, 3, 2, 4), received: 5, outOfOrder: 3, last: 5)
    }

    @Test func anyOrderComesOut() {
        let numbers = (1...200).shuffled()
        var tally = Tally()
        for number in numbers { tally.count(number) }
        for number in numbers { tally.count(number) }
        #expect([tally.received, tally.lost, tally.repeated, tally.last] == [200, 0, 200, 200])
    }

    @Test func nonsenseIsNotCounted() {
        self.expect(self.tally(1, 0, -1, .min, .max), received: 1, last: 1)
        self.expect(self.tally(1 << 53), received: 1, lost: (1 << 53) - 1, last: 1 << 53)
    }

    @Test func theGapsThatAreRememberedAreBounded() {
        var tally = Tally()
        for number in 1...2 * Limits.gaps { tally.count(2 * number) }
        #expect(tally.lost == 2 * Limits.gaps)
        // The newest are remembered, the oldest given up: what comes of those is taken for repeated.
        tally.count(4 * Limits.gaps - 1)
        tally.count(1)
        self.expect(
            tally,
            received: 2 * Limits.gaps + 1,
            lost: 2 * Limits.gaps - 1,
            repeated: 1,
            outOfOrder: 1,
            last: 4 * Limits.gaps
        )
    }
}
