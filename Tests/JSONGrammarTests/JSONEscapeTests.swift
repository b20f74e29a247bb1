// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import JSONGrammar

struct JSONEscapeTests {
    private func written(_ byte: UInt8) -> String {
        let size = JSONEscape.maxSize
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { output, count in
            count = output.baseAddress.map { JSONEscape.write(byte, to: $0) } ?? 0
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private func unescaped(_ body: String) -> String {
        Array(body.utf8).withUnsafeBufferPointer { JSONEscape.unescape($0) }
    }

    @Test func whatIsWrittenIsReadAsTheSame() {
        for byte in UInt8.min..<0x80 where JSONByte.isSpecial(byte) {
            #expect(self.unescaped(self.written(byte)).utf8.elementsEqual([byte]))
        }
        let all = [0x22, 0x5c, 0x08, 0x09, 0x0a, 0x0c, 0x0d, 0x00, 0x1f].map(self.written).joined(separator: " ")
        #expect(all == #"\" \\ \b \t \n \f \r \u0000 \u001f"#)
    }

    @Test func aLetterStandsForItsByte() {
        let letters: [UInt8: UInt8] = [
            0x22: 0x22, 0x5c: 0x5c, 0x2f: 0x2f, 0x62: 8, 0x66: 12, 0x6e: 10, 0x72: 13, 0x74: 9,
        ]
        for letter in UInt8.min...UInt8.max { #expect(JSONEscape.byte(of: letter) == letters[letter]) }
    }

    @Test func digitsAreHexadecimalInEitherCase() {
        for (digits, unit) in [("0041", 0x41), ("aBcF", 0xabcf), ("FFFF", 0xffff)] {
            #expect(Array(digits.utf8).withUnsafeBufferPointer { $0.baseAddress.map(JSONEscape.unit) } == UInt32(unit))
        }
        for digits in ["004g", "/041", "004:", "00@1", "`041", " 041"] {
            #expect(Array(digits.utf8).withUnsafeBufferPointer { $0.baseAddress.map(JSONEscape.unit) } == .some(nil))
        }
    }

    @Test func escapesAreResolvedAtEveryOffset() {
        for count in 0..<20 {
            let before = String(repeating: "x", count: count)
            let body = before + #"\n\"\u00e9\u65e5\ud83d\ude00 \/"# + before
            #expect(self.unescaped(body) == before + "\n\"é日😀 /" + before)
        }
    }

    @Test func aLoneSurrogateBecomesTheReplacementCharacter() {
        #expect(self.unescaped(#"\ud83d"#) == "\u{fffd}")
        #expect(self.unescaped(#"\ude00x"#) == "\u{fffd}x")
        #expect(self.unescaped(#"\ud83d\u0041"#) == "\u{fffd}A")
        #expect(self.unescaped(#"\ud83d\ud83d\ude00"#) == "\u{fffd}😀")
        #expect(self.unescaped(#"\ud83d\n"#) == "\u{fffd}\n")
    }

    @Test(arguments: [#"\"#, #"\u"#, #"\u12"#, #"\u12g4"#, #"\ud83d\u"#, #"\ud83d\ude0"#, #"\x"#])
    func brokenTextNeverTraps(body: String) {
        _ = self.unescaped(body)
        _ = self.unescaped("twelve bytes" + body)
    }
}
