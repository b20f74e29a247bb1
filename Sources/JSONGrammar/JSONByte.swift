// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// The bytes that have a meaning in JSON's grammar (RFC 8259).
@usableFromInline
package enum JSONByte {
    @inlinable package static var quote: UInt8 { UInt8(ascii: "\"") }
    @inlinable package static var backslash: UInt8 { UInt8(ascii: "\\") }
    @inlinable package static var comma: UInt8 { UInt8(ascii: ",") }
    @inlinable package static var colon: UInt8 { UInt8(ascii: ":") }
    @inlinable package static var openBrace: UInt8 { UInt8(ascii: "{") }
    @inlinable package static var closeBrace: UInt8 { UInt8(ascii: "}") }
    @inlinable package static var openBracket: UInt8 { UInt8(ascii: "[") }
    @inlinable package static var closeBracket: UInt8 { UInt8(ascii: "]") }
    @inlinable package static var minus: UInt8 { UInt8(ascii: "-") }
    @inlinable package static var point: UInt8 { UInt8(ascii: ".") }
    /// The lowest byte that may stand unescaped in a string. Lower bytes are control characters.
    @inlinable package static var space: UInt8 { 0x20 }

    /// The closing bracket for an opening one: in ASCII `[` and `]`, and `{` and `}`, are two apart.
    @inlinable @inline(__always)
    package static func closer(of opener: UInt8) -> UInt8 { opener &+ 2 }

    @inlinable @inline(__always)
    package static func isWhiteSpace(_ byte: UInt8) -> Bool {
        switch byte {
        case space, 0x09, 0x0a, 0x0d: true
        default: false
        }
    }

    @inlinable @inline(__always)
    package static func isDigit(_ byte: UInt8) -> Bool {
        byte &- UInt8(ascii: "0") < 10
    }

    /// Whether a byte is the `e` before an exponent.
    @inlinable @inline(__always)
    package static func isExponent(_ byte: UInt8) -> Bool {
        byte | 0x20 == UInt8(ascii: "e")
    }

    /// Whether a byte must be escaped in a string, or ends the string.
    @inlinable @inline(__always)
    package static func isSpecial(_ byte: UInt8) -> Bool {
        byte == quote || byte == backslash || byte < space
    }
}
