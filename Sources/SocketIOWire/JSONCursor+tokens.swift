// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// The tokens of JSON. Each function steps over one, and returns false, wherever the cursor is then, when it is malformed.
extension JSONCursor {
    /// The byte at a place, or 0, which no grammar rule accepts, at the end.
    @inline(__always)
    private func byte(at place: Place) -> UInt8 {
        place < end ? place.pointee : 0
    }

    /// Steps over white space, and returns the byte there.
    @inline(__always)
    func token(_ cursor: inout Place) -> UInt8 {
        let first = byte(at: cursor)
        if first > 0x20 { return first }
        cursor = endOfWhiteSpace(cursor)
        return byte(at: cursor)
    }

    @inline(never)
    private func endOfWhiteSpace(_ start: Place) -> Place {
        var place = start
        while place < end {
            switch place.pointee {
            case 0x20, 0x09, 0x0A, 0x0D: place += 1
            default: return place
            }
        }
        return place
    }

    /// A member's name, which begins with `byte`, and its colon.
    @inline(__always)
    func skipKey(_ byte: UInt8, _ cursor: inout Place) -> Bool {
        guard byte == UInt8(ascii: "\""), skipString(&cursor), token(&cursor) == UInt8(ascii: ":") else { return false }
        cursor += 1
        return true
    }

    /// A string, from its opening quote to past its closing one (RFC 8259, section 7).
    @inline(__always)
    func skipString(_ cursor: inout Place) -> Bool {
        let special = nextSpecial(cursor + 1)
        if byte(at: special) == UInt8(ascii: "\"") {
            cursor = special + 1
            return true
        }
        guard let end = endOfEscapedString(special) else { return false }
        cursor = end
        return true
    }

    /// As ``JSONBytes/firstSpecial(in:from:)``; `end` without one.
    @inline(__always)
    private func nextSpecial(_ start: Place) -> Place {
        var place = start
        while UInt(bitPattern: place) <= lastWord {
            let special = JSONBytes.specials(UnsafeRawPointer(place).loadUnaligned(as: UInt64.self))
            if special != 0 { return place + special.trailingZeroBitCount >> 3 }
            place += 8
        }
        while place < end, !JSONBytes.isSpecial(place.pointee) { place += 1 }
        return place
    }

    /// - Parameter start: a place in a string where something stands that is special, but no quote.
    @inline(never)
    private func endOfEscapedString(_ start: Place) -> Place? {
        var place = start
        while true {
            switch byte(at: place) {
            case UInt8(ascii: "\""): return place + 1
            case UInt8(ascii: "\\"):
                guard let end = endOfEscape(place + 1) else { return nil }
                place = nextSpecial(end)
            // A control character, which must be escaped, or the end.
            default: return nil
            }
        }
    }

    /// - Parameter place: behind the backslash.
    @inline(__always)
    private func endOfEscape(_ place: Place) -> Place? {
        switch byte(at: place) {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return place + 1
        case UInt8(ascii: "u"):
            guard end - place >= 5 else { return nil }
            for offset in 1..<5 where JSONBytes.hexDigit(place[offset]) == nil { return nil }
            return place + 5
        default:
            return nil
        }
    }

    /// - Parameter fourLetters: all of a literal, or what follows its first letter.
    @inline(__always)
    func skip(_ fourLetters: StaticString, _ cursor: inout Place) -> Bool {
        guard end - cursor >= 4,
            UnsafeRawPointer(cursor).loadUnaligned(as: UInt32.self)
                == UnsafeRawPointer(fourLetters.utf8Start).loadUnaligned(as: UInt32.self)
        else { return false }
        cursor += 4
        return true
    }

    /// A number (RFC 8259, section 6): `-`? then `0` or digits with no leading zero, then fraction and exponent.
    @inline(__always)
    func skipNumber(_ cursor: inout Place) -> Bool {
        if byte(at: cursor) == UInt8(ascii: "-") { cursor += 1 }
        if byte(at: cursor) == UInt8(ascii: "0") {
            cursor += 1
        } else {
            guard skipDigits(&cursor) else { return false }
        }
        if byte(at: cursor) == UInt8(ascii: ".") {
            cursor += 1
            guard skipDigits(&cursor) else { return false }
        }
        if byte(at: cursor) | 0x20 == UInt8(ascii: "e") {
            cursor += 1
            if byte(at: cursor) == UInt8(ascii: "+") || byte(at: cursor) == UInt8(ascii: "-") { cursor += 1 }
            guard skipDigits(&cursor) else { return false }
        }
        return true
    }

    @inline(__always)
    private func skipDigits(_ cursor: inout Place) -> Bool {
        guard byte(at: cursor) &- UInt8(ascii: "0") < 10 else { return false }
        repeat { cursor += 1 } while byte(at: cursor) &- UInt8(ascii: "0") < 10
        return true
    }
}
