// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// Strings (RFC 8259, section 7).
extension JSONSource {
    /// The next place in a string with a quote, a backslash or a control character; `end` when there is none.
    @inlinable @inline(__always)
    package func nextSpecial(_ start: Place) -> Place {
        var place = start
        while UInt(bitPattern: place) <= self.lastWord {
            let marks = JSONWord(at: place).specials
            if marks != 0 { return place + JSONWord.count(before: marks) }
            place += 8
        }
        while place < self.end, !JSONByte.isSpecial(place.pointee) { place += 1 }
        return place
    }

    /// The next place in a string with a quote, a backslash, a control character or a byte beyond ASCII; `end` when
    /// there is none.
    @inlinable @inline(__always)
    package func nextSpecialOrNonASCII(_ start: Place) -> Place {
        var place = start
        while UInt(bitPattern: place) <= self.lastWord {
            let marks = JSONWord(at: place).specialsAndNonASCII
            if marks != 0 { return place + JSONWord.count(before: marks) }
            place += 8
        }
        while place < self.end, !JSONByte.isSpecial(place.pointee), place.pointee < 0x80 { place += 1 }
        return place
    }

    /// The end of an escape whose backslash stands before `place`: one of eight letters, or `u` and four hexadecimal
    /// digits.
    @inlinable @inline(__always)
    package func endOfEscape(_ place: Place) -> Place? {
        let letter = self.byte(at: place)
        if JSONEscape.byte(of: letter) != nil { return place + 1 }
        return letter == UInt8(ascii: "u") && self.unit(at: place + 1) != nil ? place + 5 : nil
    }

    /// The UTF-16 code unit that four hexadecimal digits stand for.
    @inlinable @inline(__always)
    package func unit(at place: Place) -> UInt32? {
        self.end - place >= 4 ? JSONEscape.unit(place) : nil
    }

    /// The end of a string. Neither surrogate pairs nor the UTF-8 of its characters are checked.
    /// - Parameter quote: the place of the opening quote.
    /// - Returns: the place after the closing quote; nil for a malformed string.
    @inlinable @inline(__always)
    package func endOfString(_ quote: Place) -> Place? {
        let special = self.nextSpecial(quote + 1)
        return self.byte(at: special) == JSONByte.quote ? special + 1 : self.endOfEscapedString(special)
    }

    /// - Parameter special: a place in a string with a backslash or a control character, or the end of the text.
    @usableFromInline @inline(never)
    func endOfEscapedString(_ special: Place) -> Place? {
        var place = special
        while true {
            switch self.byte(at: place) {
            case JSONByte.quote: return place + 1
            case JSONByte.backslash:
                guard let end = self.endOfEscape(place + 1) else { return nil }
                place = self.nextSpecial(end)
            // A control character, which must be escaped, or the end of the text.
            default: return nil
            }
        }
    }
}
