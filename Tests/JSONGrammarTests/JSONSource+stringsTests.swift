// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import JSONGrammar

struct JSONSourceStringsTests {
    @Test func everySpecialByteIsFoundAtEveryOffset() {
        for length in 0..<40 {
            for place in 0..<length {
                for byte in UInt8.min...UInt8.max {
                    var bytes = [UInt8](repeating: 0x61, count: length)
                    bytes[place] = byte
                    let found = bytes.withUnsafeBytes { bytes in
                        JSONSource(bytes).map { source in
                            [
                                source.nextSpecial(source.base) - source.base,
                                source.nextSpecialOrNonASCII(source.base) - source.base,
                            ]
                        }
                    }
                    let isSpecial = byte < 0x20 || byte == 0x22 || byte == 0x5c
                    let expected = [isSpecial ? place : length, isSpecial || byte >= 0x80 ? place : length]
                    if found != expected { Issue.record("\(byte) at \(place) of \(length): \(found ?? [])") }
                }
            }
        }
    }

    private func endOfString(_ text: String) -> Int? {
        Array(text.utf8).withUnsafeBytes { bytes in
            JSONSource(bytes).flatMap { source in source.endOfString(source.base).map { $0 - source.base } }
        }
    }

    @Test(arguments: [
        (#""","#, 2), (#""plain" "#, 7), (#""\"\\\/\b\f\n\r\t""#, 18), (#""\u0000\uD83d\uFfFf""#, 20),
        ("\"\u{7f}Grüße 😀\"]", 15), (#""long enough for more than one word\"""#, 38),
    ])
    func aStringEndsBehindItsQuote(text: String, length: Int) {
        #expect(self.endOfString(text) == length)
    }

    @Test(arguments: [
        "\"", "\"a", "\"\\", "\"\\\"", "\"\n\"", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"\\u123", "\"\\ \"",
    ])
    func whatIsNotClosedOrNotEscapedIsNoString(text: String) {
        #expect(self.endOfString(text) == nil)
    }
}
