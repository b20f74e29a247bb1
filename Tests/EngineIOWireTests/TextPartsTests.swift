// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import EngineIOWire
import MartletTestSupport
import NIOCore
import Testing

struct TextPartsTests {
    private func text(expecting size: Int = 16, _ write: (inout TextParts) -> Void) -> String {
        var buffer = ByteBuffer()
        buffer.writeParts(expecting: size, write)
        return String(buffer: buffer)
    }

    @Test(arguments: [0, 7, 10, 99, 100, -1, -10, .max, .min])
    func numbersAreWrittenInDecimal(number: Int) {
        #expect(self.text { $0.put(number) } == "\(number)")
        #expect(self.text { $0.put(number, radix: 16) } == String(number, radix: 16))
    }

    @Test func stringsAreEscapedAsJSONAsksForIt() {
        let controls = (0..<0x20).map { "\(Character(UnicodeScalar(UInt8($0))))" }.joined()
        let escaped = (0..<0x20).map { ($0 < 16 ? "\\u000" : "\\u00") + String($0, radix: 16) }.joined()
        #expect(self.text { $0.putJSON(controls) } == "\"\(escaped)\"")
        #expect(self.text { $0.putJSON("a\"b\\c/é") } == #""a\"b\\c/é""#)
        #expect(self.text { $0.putJSON("plain é") } == #""plain é""#)
    }

    /// Whatever was expected, all of it is there, behind what was there before.
    @Test(arguments: [0, 1, 5, 6, 1000])
    func whatHasNoRoomIsPutOnceMore(expected: Int) {
        var buffer = ByteBuffer(string: "before ")
        buffer.writeParts(expecting: expected) { parts in
            parts.put("ab")
            parts.put(String(repeating: "c", count: 3))
            parts.put(ByteBuffer(string: "d"))
        }
        #expect(String(buffer: buffer) == "before abcccd")
    }
}
