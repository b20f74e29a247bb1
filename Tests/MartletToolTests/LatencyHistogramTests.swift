// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import martlet_tool

struct LatencyHistogramTests {
    @Test func aValueIsAtMost1Point6PercentOff() {
        for value in [0, 1, 63, 64, 65, 127, 128, 129, 1000, 4095, 4096, 123_456, 3_599_999_999, 3_600_000_000] {
            var histogram = LatencyHistogram()
            histogram.record(value)
            // So that the longest does not hide it.
            histogram.record(3_600_000_000)
            let found = histogram.percentile(0.5)
            #expect(found >= value && Double(found) <= Double(value) * 1.016)
        }
    }

    @Test func aPercentileIsTheValueThatSoManyDoNotExceed() {
        var histogram = LatencyHistogram()
        for value in (1...50).shuffled() { histogram.record(value) }
        #expect(histogram.percentile(0.5) == 25)
        #expect(histogram.percentile(0.9) == 45)
        #expect(histogram.percentile(0.98) == 49)
        #expect(histogram.percentile(0.999) == 50)
        #expect(histogram.percentile(0.001) == 1)
    }

    @Test func noneExceedsTheLongest() {
        var histogram = LatencyHistogram()
        histogram.record(1_000_001)
        #expect(histogram.percentile(0.5) == 1_000_001)
        #expect(histogram.max == 1_000_001)
    }

    @Test func whatIsOutOfRangeCountsAsTheNearest() {
        var histogram = LatencyHistogram()
        histogram.record(-5)
        #expect(histogram.percentile(1) == 0)
        histogram.record(.max)
        #expect(histogram.max == 3_600_000_000 && histogram.count == 2)
    }

    @Test func anEmptyOneHasNone() {
        #expect(LatencyHistogram().percentile(0.99) == 0)
    }
}
