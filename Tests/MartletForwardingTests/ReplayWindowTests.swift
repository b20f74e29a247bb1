// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import MartletForwarding

struct ReplayWindowTests {
    /// The macro cannot call a mutating function.
    private static func expect(_ expected: Bool, _ value: Bool, at location: SourceLocation = #_sourceLocation) {
        #expect(value == expected, sourceLocation: location)
    }

    @Test
    func eachNumberIsTakenOnce() {
        var window = ReplayWindow()
        Self.expect(false, window.take(0))
        for number in [UInt64](1...200).shuffled() {
            Self.expect(true, window.take(number))
            Self.expect(false, window.take(number))
        }
    }

    @Test
    func numbersThatLieTooFarBehindAreRefused() {
        var window = ReplayWindow()
        Self.expect(true, window.take(ReplayWindow.size + 1))
        Self.expect(false, window.take(1))
        Self.expect(true, window.take(2))
        Self.expect(true, window.take(.max))
        Self.expect(false, window.take(.max))
        Self.expect(true, window.take(.max - ReplayWindow.size + 1))
        Self.expect(false, window.take(.max - ReplayWindow.size))
    }

    @Test
    func aNumberOfTheRoundBeforeDoesNotCountForThisOne() {
        var window = ReplayWindow()
        let taken = (1...3 * ReplayWindow.size).filter { window.take($0) }
        #expect(taken.count == Int(3 * ReplayWindow.size))
        let again = (1...3 * ReplayWindow.size).filter { window.take($0) }
        #expect(again.isEmpty)
    }
}
