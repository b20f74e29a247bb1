// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

extension JSONScanner {
    /// Checks a string and lays it on the tape: RFC 8259, 7 for the grammar, RFC 3629 for the bytes.
    /// Escaped surrogates must be paired: a Swift string cannot hold lone ones, and Foundation refuses them too.
    @inline(__always)
    mutating func scanString() throws(SyntaxError) {
        let start = position + 1
        position = JSONBytes.plainRun(base, from: start, to: count)
        if position < count, base[position] == UInt8(ascii: "\"") {
            tape.append(start: start - 1, detail: UInt32(truncatingIfNeeded: position - start) << 1)
            position += 1
        } else {
            try scanRestOfString(from: start)
        }
    }

    /// The position is at what is no plain character.
    @inline(never)
    private mutating func scanRestOfString(from start: Int) throws(SyntaxError) {
        var hasEscapes: UInt32 = 0
        while true {
            guard position < count else { throw error("A string is not closed.") }
            switch base[position] {
            case UInt8(ascii: "\""):
                let length = UInt32(truncatingIfNeeded: position - start)
                tape.append(start: start - 1, detail: length << 1 | hasEscapes)
                position += 1
                return
            case UInt8(ascii: "\\"):
                hasEscapes = 1
                try scanEscape()
            case 0x80...:
                try scanMultibyteScalar()
            default:
                throw error("A control character must be escaped.")
            }
            position = JSONBytes.plainRun(base, from: position, to: count)
        }
    }

    private mutating func scanEscape() throws(SyntaxError) {
        position += 1
        switch current {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            position += 1
        case UInt8(ascii: "u"):
            position += 1
            switch try scanHexadecimal() {
            case 0xD800...0xDBFF:
                guard current == UInt8(ascii: "\\"), position + 1 < count, base[position + 1] == UInt8(ascii: "u")
                else { throw error("A high surrogate stands alone.") }
                position += 2
                guard case 0xDC00...0xDFFF = try scanHexadecimal() else {
                    throw error("A high surrogate stands alone.")
                }
            case 0xDC00...0xDFFF: throw error("A low surrogate stands alone.")
            default: break
            }
        default: throw error("An escape is unknown.")
        }
    }

    private mutating func scanHexadecimal() throws(SyntaxError) -> UInt32 {
        guard count - position >= 4, let unit = JSONBytes.hexadecimal(base + position) else {
            throw error("Four hexadecimal digits were expected.")
        }
        position += 4
        return unit
    }

    /// RFC 3629, 4: no overlong forms, no surrogates, nothing past U+10FFFF.
    private mutating func scanMultibyteScalar() throws(SyntaxError) {
        let first = base[position]
        let second = position + 1 < count ? base[position + 1] : 0
        let length: Int
        let isValid: Bool
        switch first {
        case 0xC2...0xDF: (length, isValid) = (2, second & 0xC0 == 0x80)
        case 0xE0: (length, isValid) = (3, 0xA0...0xBF ~= second)
        case 0xED: (length, isValid) = (3, 0x80...0x9F ~= second)
        case 0xE1...0xEF: (length, isValid) = (3, second & 0xC0 == 0x80)
        case 0xF0: (length, isValid) = (4, 0x90...0xBF ~= second)
        case 0xF1...0xF3: (length, isValid) = (4, second & 0xC0 == 0x80)
        case 0xF4: (length, isValid) = (4, 0x80...0x8F ~= second)
        default: (length, isValid) = (1, false)
        }
        guard isValid, count - position >= length else { throw error("The text is not UTF-8.") }
        for offset in 2..<max(length, 2) where base[position + offset] & 0xC0 != 0x80 {
            throw error("The text is not UTF-8.")
        }
        position += length
    }
}
