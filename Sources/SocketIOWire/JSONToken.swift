// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// The tokens of JSON that have a length: each function takes where one begins and returns the position after it, or
/// nil when it is malformed.
enum JSONToken {
    /// A string, from its opening quote to past its closing one (RFC 8259, section 7).
    static func endOfString(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
        var position = start + 1
        while true {
            position = JSONBytes.firstSpecial(in: bytes, from: position)
            guard position < bytes.count else { return nil }
            switch bytes[position] {
            case UInt8(ascii: "\""):
                return position + 1
            case UInt8(ascii: "\\"):
                guard let end = endOfEscape(in: bytes, from: position) else { return nil }
                position = end
            default:
                // A control character, which must be escaped.
                return nil
            }
        }
    }

    private static func endOfEscape(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
        guard bytes.count - start >= 2 else { return nil }
        switch bytes[start + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return start + 2
        case UInt8(ascii: "u"):
            guard bytes.count - start >= 6 else { return nil }
            for offset in 2..<6 where JSONBytes.hexDigit(bytes[start + offset]) == nil { return nil }
            return start + 6
        default:
            return nil
        }
    }

    /// `true`, `false` or `null`, whose first letter the caller has seen.
    static func end(of literal: StaticString, in bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
        let length = literal.utf8CodeUnitCount
        guard bytes.count - start >= length else { return nil }
        for offset in 1..<length where bytes[start + offset] != literal.utf8Start[offset] { return nil }
        return start + length
    }

    /// A number (RFC 8259, section 6): `-`? then `0` or digits with no leading zero, then fraction and exponent.
    static func endOfNumber(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
        var position = start
        if position < bytes.count, bytes[position] == UInt8(ascii: "-") { position += 1 }
        guard position < bytes.count else { return nil }
        if bytes[position] == UInt8(ascii: "0") {
            position += 1
        } else {
            guard skipDigits(in: bytes, at: &position) else { return nil }
        }
        if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
            position += 1
            guard skipDigits(in: bytes, at: &position) else { return nil }
        }
        if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
            position += 1
            if position < bytes.count, bytes[position] == UInt8(ascii: "+") || bytes[position] == UInt8(ascii: "-") {
                position += 1
            }
            guard skipDigits(in: bytes, at: &position) else { return nil }
        }
        return position
    }

    @inline(__always)
    private static func skipDigits(in bytes: UnsafeRawBufferPointer, at position: inout Int) -> Bool {
        let start = position
        while position < bytes.count, bytes[position] &- UInt8(ascii: "0") < 10 { position += 1 }
        return position > start
    }
}
