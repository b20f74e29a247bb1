// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// Bytes of JSON strings.
enum JSONBytes {
    /// Of eight bytes, the high bit of each that is a quote, a backslash or a control character. A borrow can set a wrong
    /// bit only above a right one, so the lowest is right. (Swift's SIMD16 took ten times as many instructions: its
    /// comparisons are not vectorised for the baseline processor.)
    /// - Parameter word: as loaded from memory.
    @inline(__always)
    static func specials(_ word: UInt64) -> UInt64 {
        let word = UInt64(littleEndian: word)
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highs: UInt64 = 0x8080_8080_8080_8080
        let quote = word ^ (ones &* UInt64(UInt8(ascii: "\"")))
        let backslash = word ^ (ones &* UInt64(UInt8(ascii: "\\")))
        return ((quote &- ones) & ~quote | (backslash &- ones) & ~backslash | (word &- ones &* 0x20) & ~word) & highs
    }

    /// Whether one of eight bytes is a certain one, which is not 0.
    @inline(__always)
    static func contains(_ byte: UInt8, _ word: UInt64) -> Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let differences = word ^ (ones &* UInt64(byte))
        return (differences &- ones) & ~differences & 0x8080_8080_8080_8080 != 0
    }

    /// The index of the first quote, backslash or control character at or after `start`; `bytes.count` without one.
    @inline(__always)
    static func firstSpecial(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        guard let base = bytes.baseAddress else { return bytes.count }
        let end = bytes.count
        var index = start
        while end &- index >= 8 {
            let found = specials((base + index).loadUnaligned(as: UInt64.self))
            if found != 0 { return index &+ found.trailingZeroBitCount / 8 }
            index &+= 8
        }
        while index < end, !isSpecial(bytes[index]) { index &+= 1 }
        return index
    }

    /// Whether a byte cannot stand in a JSON string as it is.
    @inline(__always)
    static func isSpecial(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte < 0x20
    }

    static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
