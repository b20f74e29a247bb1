// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// Steps over bytes, eight at a time, that the reader and the writer share.
enum JSONBytes {
    /// Of eight bytes, the high bit of each that a JSON string cannot copy as it is or that needs a look: a quote, a
    /// backslash, a control character, or a byte that is not ASCII. A borrow can only mark bytes above a true hit, so
    /// the lowest mark is exact.
    @inline(__always)
    static func special(_ word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let quotes = (word ^ (ones &* 0x22)) &- ones
        let backslashes = (word ^ (ones &* 0x5C)) &- ones
        return (quotes | backslashes | (word &- ones &* 0x20) | word) & 0x8080_8080_8080_8080
    }

    /// The offset of the first byte, from `position` on, that must be escaped; `end` if there is none.
    @inline(__always)
    static func unescapedRun(_ base: UnsafePointer<UInt8>, from position: Int, to end: Int) -> Int {
        var position = position
        while end - position >= 8 {
            let special = quotesBackslashesControls(load(base + position))
            if special != 0 { return position + special.trailingZeroBitCount >> 3 }
            position += 8
        }
        while position < end, base[position] >= 0x80 || isPlain(base[position]) { position += 1 }
        return position
    }

    /// Copies a string unless some of it must be escaped: then it returns `false`, and what it copied is of no use.
    /// The last word overlaps the one before, so there is no loop over bytes: keys and most values are shorter than two
    /// words.
    @inline(__always)
    static func copyPlain(
        _ source: UnsafePointer<UInt8>, count: Int, to target: UnsafeMutablePointer<UInt8>
    ) -> Bool {
        let target = UnsafeMutableRawPointer(target)
        if count >= 8 {
            var position = 0
            while position < count - 8 {
                let word = load(source + position)
                if mustEscape(word) { return false }
                target.storeBytes(of: word.littleEndian, toByteOffset: position, as: UInt64.self)
                position += 8
            }
            let last = load(source + count - 8)
            target.storeBytes(of: last.littleEndian, toByteOffset: count - 8, as: UInt64.self)
            return !mustEscape(last)
        }
        if count >= 4 {
            let raw = UnsafeRawPointer(source)
            let first = raw.loadUnaligned(as: UInt32.self)
            let last = (raw + count - 4).loadUnaligned(as: UInt32.self)
            target.storeBytes(of: first, as: UInt32.self)
            target.storeBytes(of: last, toByteOffset: count - 4, as: UInt32.self)
            return !mustEscape(UInt64(first) << 32 | UInt64(last))
        }
        guard count > 0 else { return true }
        let (first, middle, last) = (source[0], source[count >> 1], source[count - 1])
        target.storeBytes(of: first, as: UInt8.self)
        target.storeBytes(of: middle, toByteOffset: count >> 1, as: UInt8.self)
        target.storeBytes(of: last, toByteOffset: count - 1, as: UInt8.self)
        // The other bytes are spaces.
        return !mustEscape(0x2020_2020_2000_0000 | UInt64(first) | UInt64(middle) << 8 | UInt64(last) << 16)
    }

    @inline(__always)
    private static func mustEscape(_ word: UInt64) -> Bool {
        special(word) != 0 && quotesBackslashesControls(word) != 0
    }

    /// The last load overlaps the one before, as in ``copyPlain(_:count:to:)``.
    @inline(__always)
    static func areEqual(_ left: UnsafePointer<UInt8>, _ right: UnsafePointer<UInt8>, count: Int) -> Bool {
        if count >= 8 {
            var position = 0
            while position < count - 8 {
                if load(left + position) != load(right + position) { return false }
                position += 8
            }
            return load(left + count - 8) == load(right + count - 8)
        }
        if count >= 4 { return areEqual(left, right, at: 0, and: count - 4, as: UInt32.self) }
        if count >= 2 { return areEqual(left, right, at: 0, and: count - 2, as: UInt16.self) }
        return count == 0 || left.pointee == right.pointee
    }

    @inline(__always)
    private static func areEqual<Word: FixedWidthInteger & BitwiseCopyable>(
        _ left: UnsafePointer<UInt8>, _ right: UnsafePointer<UInt8>, at first: Int, and second: Int, as: Word.Type
    ) -> Bool {
        let (left, right) = (UnsafeRawPointer(left), UnsafeRawPointer(right))
        return left.loadUnaligned(fromByteOffset: first, as: Word.self)
            == right.loadUnaligned(fromByteOffset: first, as: Word.self)
            && left.loadUnaligned(fromByteOffset: second, as: Word.self)
                == right.loadUnaligned(fromByteOffset: second, as: Word.self)
    }

    /// Copies eight bytes, and returns how many of them stand before the first backslash.
    @inline(__always)
    static func copyWord(from source: UnsafePointer<UInt8>, to target: UnsafeMutablePointer<UInt8>) -> Int {
        let word = load(source)
        UnsafeMutableRawPointer(target).storeBytes(of: word.littleEndian, as: UInt64.self)
        let ones: UInt64 = 0x0101_0101_0101_0101
        let backslashes = word ^ (ones &* 0x5C)
        return ((backslashes &- ones) & ~backslashes & 0x8080_8080_8080_8080).trailingZeroBitCount >> 3
    }

    /// The value of four hexadecimal digits.
    static func hexadecimal(_ digits: UnsafePointer<UInt8>) -> UInt32? {
        var value: UInt32 = 0
        for offset in 0..<4 {
            let digit: UInt8
            switch digits[offset] {
            case let byte where byte &- UInt8(ascii: "0") < 10: digit = byte - UInt8(ascii: "0")
            case let byte where (byte | 0x20) &- UInt8(ascii: "a") < 6: digit = (byte | 0x20) - UInt8(ascii: "a") + 10
            default: return nil
            }
            value = value << 4 | UInt32(digit)
        }
        return value
    }

    @inline(__always)
    static func isPlain(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte < 0x80 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }

    @inline(__always)
    static func load(_ pointer: UnsafePointer<UInt8>) -> UInt64 {
        UInt64(littleEndian: UnsafeRawPointer(pointer).loadUnaligned(as: UInt64.self))
    }

    /// As ``special(_:)``, but for bytes that are not ASCII.
    @inline(__always)
    private static func quotesBackslashesControls(_ word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let quotes = word ^ (ones &* 0x22)
        let backslashes = word ^ (ones &* 0x5C)
        let hits =
            ((quotes &- ones) & ~quotes) | ((backslashes &- ones) & ~backslashes) | ((word &- ones &* 0x20) & ~word)
        return hits & 0x8080_8080_8080_8080
    }
}
