// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import JSONGrammar

extension JSONTapeScanner {
    /// Checks a string that is not only plain ASCII: RFC 8259, 7 for the grammar, RFC 3629 for the bytes. Escaped
    /// surrogates must be paired: a Swift string cannot hold lone surrogates, and Foundation refuses them too.
    /// - Returns: the string's `detail` on the tape (see ``JSONTape``).
    @inline(never)
    func detailOfString(
        from start: UnsafePointer<UInt8>, plainTo plainEnd: UnsafePointer<UInt8>
    ) throws(SyntaxError) -> UInt32 {
        var cursor = plainEnd
        var hasEscapes: UInt32 = 0
        while true {
            cursor = source.nextSpecialOrNonASCII(cursor)
            guard cursor < source.end else { throw error("A string is not closed.", cursor) }
            switch cursor.pointee {
            case JSONByte.quote: return UInt32(truncatingIfNeeded: cursor - start) << 1 | hasEscapes
            case JSONByte.backslash:
                hasEscapes = 1
                try skipEscape(&cursor)
            case 0x80...:
                try skipMultibyteScalar(&cursor)
            default:
                throw error("A control character must be escaped.", cursor)
            }
        }
    }

    @inline(__always)
    private func skipEscape(_ cursor: inout UnsafePointer<UInt8>) throws(SyntaxError) {
        cursor += 1
        let letter = source.byte(at: cursor)
        if JSONEscape.byte(of: letter) != nil {
            cursor += 1
            return
        }
        guard letter == UInt8(ascii: "u") else { throw error("An escape is unknown.", cursor) }
        cursor += 1
        let first = try unit(cursor)
        cursor += 4
        switch first {
        case 0xD800...0xDBFF:
            guard source.byte(at: cursor) == JSONByte.backslash, source.byte(at: cursor + 1) == UInt8(ascii: "u"),
                case 0xDC00...0xDFFF = try unit(cursor + 2)
            else { throw error("A high surrogate stands alone.", cursor) }
            cursor += 6
        case 0xDC00...0xDFFF: throw error("A low surrogate stands alone.", cursor)
        default: break
        }
    }

    private func unit(_ cursor: UnsafePointer<UInt8>) throws(SyntaxError) -> UInt32 {
        guard let unit = source.unit(at: cursor) else {
            throw error("Four hexadecimal digits were expected.", cursor)
        }
        return unit
    }

    /// RFC 3629, 4: no overlong forms, no surrogates, nothing past U+10FFFF.
    @inline(__always)
    private func skipMultibyteScalar(_ cursor: inout UnsafePointer<UInt8>) throws(SyntaxError) {
        let first = cursor.pointee
        let second = source.byte(at: cursor + 1)
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
        guard isValid, source.end - cursor >= length else { throw error("The text is not UTF-8.", cursor) }
        for offset in 2..<max(length, 2) where cursor[offset] & 0xC0 != 0x80 {
            throw error("The text is not UTF-8.", cursor)
        }
        cursor += length
    }
}
