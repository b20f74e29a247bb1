// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import JSONGrammar

struct JSONSourceTests {
    /// What a step says of a text, counted from the text's beginning.
    private func step<Result>(
        _ text: String, _ body: (JSONSource, UnsafePointer<UInt8>) -> Result
    ) -> Result? {
        // What stands behind the text must not be looked at.
        Array((text + "0").utf8).withUnsafeBytes { bytes in
            JSONSource(UnsafeRawBufferPointer(rebasing: bytes.dropLast())).map { body($0, $0.base) }
        }
    }

    @Test func aTokenStandsBehindWhiteSpace() {
        for (text, offset, byte) in [
            ("1", 0, "1"), (" \t\r\n{", 4, "{"), ("\u{b}", 0, "\u{b}"), (" ", 1, "\0"), ("", 0, "\0"),
        ] {
            let found = self.step(text) { source, start in
                var cursor = start
                let byte = source.token(&cursor)
                return [Int(byte), cursor - start]
            }
            #expect(found == [Int(Array(byte.utf8)[0]), offset], "\(text)")
        }
    }

    @Test(arguments: [
        ("0", 1), ("-0", 2), ("10,", 2), ("01", 1), ("1.5]", 3), ("-1.25e+10 ", 9), ("1E5", 3), ("1e-5}", 4),
        ("7e0", 3),
    ])
    func aNumberEndsBehindItsLastDigit(text: String, length: Int) {
        let end = self.step(text) { source, start in
            source.endOfNumber(start, first: source.byte(at: start)).map { $0 - start }
        }
        #expect(end == .some(length))
    }

    @Test(arguments: ["", "-", "+1", ".5", "1.", "1.e1", "1e", "1e+", "-a", "a", "\""])
    func whatLacksADigitIsNoNumber(text: String) {
        let end = self.step(text) { source, start in source.endOfNumber(start, first: source.byte(at: start)) }
        #expect(end == .some(nil))
    }

    @Test func aLiteralIsComparedWhole() {
        func end(of text: String, _ literal: StaticString) -> Int?? {
            self.step(text) { source, start in source.endOfLiteral(literal, start).map { $0 - start } }
        }
        #expect(end(of: "true", "true") == .some(4))
        #expect(end(of: "false]", "false") == .some(5))
        #expect(end(of: "nul", "null") == .some(nil))
        #expect(end(of: "fals", "false") == .some(nil))
        #expect(end(of: "falsy", "false") == .some(nil))
    }

    @Test func thereIsNoByteBehindTheEnd() {
        #expect(self.step("") { source, start in source.byte(at: start) } == 0)
        #expect(self.step("ab") { source, start in source.byte(at: start + 2) } == 0)
        #expect(JSONSource(UnsafeRawBufferPointer(start: nil, count: 0)) == nil)
    }
}
