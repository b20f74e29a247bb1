// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import JSONGrammar

struct JSONByteTests {
    @Test func eachByteIsOfItsKind() {
        for byte in UInt8.min...UInt8.max {
            let character = Character(Unicode.Scalar(byte))
            #expect(JSONByte.isWhiteSpace(byte) == [" ", "\t", "\n", "\r"].contains(Unicode.Scalar(byte)))
            #expect(JSONByte.isDigit(byte) == ("0"..."9").contains(character))
            #expect(JSONByte.isExponent(byte) == (byte == 0x45 || byte == 0x65))
            #expect(JSONByte.isSpecial(byte) == (byte < 0x20 || byte == 0x22 || byte == 0x5c))
        }
    }

    @Test func aBracketIsClosedByItsOwnKind() {
        #expect(JSONByte.closer(of: JSONByte.openBrace) == JSONByte.closeBrace)
        #expect(JSONByte.closer(of: JSONByte.openBracket) == JSONByte.closeBracket)
    }
}
