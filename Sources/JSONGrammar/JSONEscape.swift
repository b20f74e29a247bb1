// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// The escapes of JSON strings, read and written (RFC 8259, section 7).
@usableFromInline
package enum JSONEscape {
    /// The byte that a backslash and a letter stand for; nil for `u`, and for letters that form no escape.
    @inlinable @inline(__always)
    package static func byte(of letter: UInt8) -> UInt8? {
        switch letter {
        case JSONByte.quote, JSONByte.backslash, UInt8(ascii: "/"): letter
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0c
        case UInt8(ascii: "n"): 0x0a
        case UInt8(ascii: "r"): 0x0d
        case UInt8(ascii: "t"): 0x09
        default: nil
        }
    }

    /// The UTF-16 code unit that four hexadecimal digits stand for.
    @inlinable
    package static func unit(_ digits: UnsafePointer<UInt8>) -> UInt32? {
        var value: UInt32 = 0
        for offset in 0..<4 {
            let byte = digits[offset]
            if JSONByte.isDigit(byte) {
                value = value << 4 | UInt32(byte &- UInt8(ascii: "0"))
            } else {
                let letter = (byte | 0x20) &- UInt8(ascii: "a")
                guard letter < 6 else { return nil }
                value = value << 4 | UInt32(letter &+ 10)
            }
        }
        return value
    }

    /// The length of the longest escape in bytes.
    @inlinable package static var maxSize: Int { 6 }

    /// Writes the escape of a byte for which ``JSONByte/isSpecial(_:)`` is true: the short form if there is one, as
    /// `JSON.stringify` does.
    /// - Parameter output: has room for ``maxSize`` bytes.
    /// - Returns: how many bytes were written.
    package static func write(_ byte: UInt8, to output: UnsafeMutablePointer<UInt8>) -> Int {
        output[0] = JSONByte.backslash
        switch byte {
        case JSONByte.quote, JSONByte.backslash: output[1] = byte
        case 0x08: output[1] = UInt8(ascii: "b")
        case 0x09: output[1] = UInt8(ascii: "t")
        case 0x0a: output[1] = UInt8(ascii: "n")
        case 0x0c: output[1] = UInt8(ascii: "f")
        case 0x0d: output[1] = UInt8(ascii: "r")
        default:
            output[1] = UInt8(ascii: "u")
            output[2] = UInt8(ascii: "0")
            output[3] = UInt8(ascii: "0")
            output[4] = UInt8(ascii: "0") + byte >> 4
            output[5] = byte & 15 < 10 ? UInt8(ascii: "0") + byte & 15 : UInt8(ascii: "a") + byte & 15 - 10
            return 6
        }
        return 2
    }
}
