// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// Checks UTF-8 as it arrives, in pieces cut anywhere (RFC 3629).
///
/// It says no at the first byte that cannot continue what came before it: overlong forms, surrogates and
/// values above U+10FFFF are refused at their second byte, without waiting for the rest.
package struct UTF8Validator: Sendable {
    /// How many continuation bytes the character still needs.
    private var missing: UInt8 = 0
    /// The range of the next continuation byte: narrower than 80–BF after E0, ED, F0 and F4.
    private var lower: UInt8 = 0x80
    private var upper: UInt8 = 0xBF

    package init() {}

    /// Whether what was accepted so far ends with a whole character, as a text must.
    package var isComplete: Bool { missing == 0 }

    /// Takes the next piece.
    /// - Returns: Whether all of it can be part of a valid text. After `false` the validator is of no more use.
    package mutating func accept(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            if missing > 0 {
                guard byte >= lower, byte <= upper else { return false }
                (lower, upper) = (0x80, 0xBF)
                missing &-= 1
            } else if byte < 0x80 {
                index = Self.endOfASCII(bytes, from: index)
                continue
            } else {
                guard begin(byte) else { return false }
            }
            index &+= 1
        }
        return true
    }

    /// Whether a text, all of it at hand, is valid.
    package static func isValid(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var validator = Self()
        return validator.accept(bytes) && validator.isComplete
    }

    /// Whether a text, all of it at hand, is valid.
    package static func isValid(_ bytes: ByteBufferView) -> Bool {
        bytes.withUnsafeBytes { isValid($0) }
    }

    /// Takes the lead byte of a character that is not ASCII: the table 3-7 of the Unicode standard.
    private mutating func begin(_ byte: UInt8) -> Bool {
        switch byte {
        case 0xC2...0xDF: missing = 1
        case 0xE0: (missing, lower) = (2, 0xA0)
        case 0xED: (missing, upper) = (2, 0x9F)
        case 0xE1...0xEF: missing = 2
        case 0xF0: (missing, lower) = (3, 0x90)
        case 0xF4: (missing, upper) = (3, 0x8F)
        case 0xF1...0xF3: missing = 3
        default: return false
        }
        return true
    }

    /// Whether the eight bytes from an index on are ASCII.
    private static func isASCII(_ bytes: UnsafeRawBufferPointer, at index: Int) -> Bool {
        bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self) & 0x8080_8080_8080_8080 == 0
    }

    /// The index of the first byte from `start` on that is not ASCII, or the end.
    private static func endOfASCII(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        var index = start
        // Four words a turn: in letters beyond ASCII the first byte already ends it.
        while index &+ 32 <= bytes.count {
            let words = bytes.loadUnaligned(fromByteOffset: index, as: SIMD4<UInt64>.self)
            guard (words[0] | words[1] | words[2] | words[3]) & 0x8080_8080_8080_8080 == 0 else { break }
            index &+= 32
        }
        while index &+ 8 <= bytes.count, isASCII(bytes, at: index) { index &+= 8 }
        // The last word, which overlaps those before, spares the single bytes.
        if bytes.count &- index < 8, bytes.count >= 8, isASCII(bytes, at: bytes.count &- 8) { return bytes.count }
        while index < bytes.count, bytes[index] < 0x80 { index &+= 1 }
        return index
    }
}
