// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing

@testable import MartletEvents

struct RecentTableTests {
    /// The macro cannot call a mutating function.
    private static func expect(_ expected: Int?, _ value: Int?, at location: SourceLocation = #_sourceLocation) {
        #expect(value == expected, sourceLocation: location)
    }

    @Test func itForgetsWhatIsTooMuch() {
        var table = RecentTable<Int, Int>(limit: 10, time: .hours(1))
        for number in 0..<1000 {
            table.set(number, for: number)
            Self.expect(number, table.value(for: number))
            #expect(table.count <= 20)
        }
        Self.expect(995, table.value(for: 995))
        Self.expect(nil, table.value(for: 900))
    }

    @Test func itForgetsWhatIsOldAndKeepsWhatIsUsed() {
        let start = NIODeadline.now()
        var table = RecentTable<Int, Int>(limit: 10, time: .seconds(1), now: start)
        table.set(1, for: 1, now: start)
        table.set(2, for: 2, now: start)
        Self.expect(1, table.value(for: 1, now: start + .milliseconds(1500)))
        Self.expect(1, table.value(for: 1, now: start + .milliseconds(2600)))
        Self.expect(nil, table.value(for: 2, now: start + .milliseconds(2600)))
    }

    @Test func theLastValueCounts() {
        var table = RecentTable<Int, Int>(limit: 2, time: .hours(1))
        for number in 0..<3 { table.set(0, for: number) }
        table.set(7, for: 0)
        Self.expect(7, table.value(for: 0))
        table.remove(0)
        Self.expect(nil, table.value(for: 0))
    }
}
