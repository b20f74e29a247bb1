// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// Eight bytes of a JSON text, searched together.
///
/// A search marks each byte that it finds by setting the byte's high bit in the result. The subtractions can borrow
/// from a byte into the next higher one, so a mark above another mark may be wrong. The lowest mark is always right,
/// and so is the absence of marks.
///
/// Swift's SIMD16 took ten times as many instructions (x86-64, November 2026): for the baseline processor the compiler
/// does not turn its comparisons into vector instructions.
@usableFromInline
package struct JSONWord {
    /// The bytes of the text, the first one in the lowest bits.
    @usableFromInline package let bits: UInt64

    @inlinable @inline(__always)
    package init(_ bits: UInt64) {
        self.bits = bits
    }

    /// - Parameter place: the address of at least eight readable bytes.
    @inlinable @inline(__always)
    package init(at place: UnsafePointer<UInt8>) {
        self.bits = UInt64(littleEndian: UnsafeRawPointer(place).loadUnaligned(as: UInt64.self))
    }

    @inlinable @inline(__always)
    package func store(at place: UnsafeMutablePointer<UInt8>) {
        UnsafeMutableRawPointer(place).storeBytes(of: self.bits.littleEndian, as: UInt64.self)
    }

    @inlinable static var ones: UInt64 { 0x0101_0101_0101_0101 }
    @inlinable static var highs: UInt64 { 0x8080_8080_8080_8080 }

    /// How many bytes precede the lowest mark; eight when there is no mark.
    @inlinable @inline(__always)
    package static func count(before marks: UInt64) -> Int {
        marks.trailingZeroBitCount >> 3
    }

    /// Marks the bytes equal to `byte`.
    @inlinable @inline(__always)
    package func marks(of byte: UInt8) -> UInt64 {
        let differences = self.bits ^ (Self.ones &* UInt64(byte))
        return (differences &- Self.ones) & ~differences & Self.highs
    }

    /// Marks quotes, backslashes and control characters: the bytes that cannot stand unescaped in a string.
    @inlinable @inline(__always)
    package var specials: UInt64 {
        let quotes = self.bits ^ (Self.ones &* UInt64(JSONByte.quote))
        let backslashes = self.bits ^ (Self.ones &* UInt64(JSONByte.backslash))
        let controls = (self.bits &- Self.ones &* UInt64(JSONByte.space)) & ~self.bits
        return ((quotes &- Self.ones) & ~quotes | (backslashes &- Self.ones) & ~backslashes | controls) & Self.highs
    }

    /// Marks quotes, backslashes, control characters and bytes beyond ASCII. This takes fewer instructions than
    /// ``specials``.
    @inlinable @inline(__always)
    package var specialsAndNonASCII: UInt64 {
        let quotes = (self.bits ^ (Self.ones &* UInt64(JSONByte.quote))) &- Self.ones
        let backslashes = (self.bits ^ (Self.ones &* UInt64(JSONByte.backslash))) &- Self.ones
        let controls = self.bits &- Self.ones &* UInt64(JSONByte.space)
        return (quotes | backslashes | controls | self.bits) & Self.highs
    }

    /// Whether a byte of the word cannot stand unescaped in a string.
    @inlinable @inline(__always)
    package var hasSpecials: Bool {
        self.specialsAndNonASCII != 0 && self.specials != 0
    }
}
