// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import martlet_tool

struct TerminalTests {
    @Test(arguments: [
        ("plain é 🐦", "plain é 🐦"), ("\u{1b}[2J", "\\u{1b}[2J"), ("a\nb\u{7f}\u{9b}", "a\\u{a}b\\u{7f}\\u{9b}"),
    ])
    func controlCharactersAreSpelledOut(text: String, safe: String) {
        #expect(Terminal.safe(text) == safe)
    }

    @Test(arguments: [
        (Duration.microseconds(4), "0.00 ms"), (.microseconds(9_994), "9.99 ms"), (.microseconds(10_499), "10 ms"),
        (.milliseconds(9_999), "9999 ms"), (.milliseconds(10_060), "10.1 s"), (.seconds(90), "90.0 s"),
    ])
    func aDurationHasTheDigitsThatMatter(duration: Duration, text: String) {
        #expect(duration.text == text)
    }

    @Test func aLineIsBrokenBetweenWords() {
        #expect(
            Terminal.wrapped("one three  five incomprehensible two", to: 9) == [
                "one three", "five", "incomprehensible", "two",
            ])
        #expect(Terminal.wrapped("", to: 9) == [])
    }

    @Test(arguments: [(0, "0"), (999, "999"), (1000, "1,000"), (-1_234_567, "-1,234,567")])
    func thousandsAreSeparated(number: Int, text: String) {
        #expect(number.grouped == text)
    }
}
