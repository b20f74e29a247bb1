// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// Eight bytes of a JSON text, looked at together.
///
/// What is looked for is marked by the high bit of its byte. A borrow can set a wrong mark only above a right one, so the
/// lowest mark is right, and whether there is any. (Swift's SIMD16 took ten times as many instructions: its comparisons
/// are not vectorised for the baseline processor.)
@usableFromInline
package struct JSONWord {
    /// The first byte lowest.
    @usableFromInline package let bits: UInt64

    @inlinable @inline(__always)
    package init(_ bits: UInt64) {
        self.bits = bits
    }

    /// - Parameter place: has eight bytes.
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

    /// How many bytes stand before the lowest mark; eight without one.
    @inlinable @inline(__always)
    package static func count(before marks: UInt64) -> Int {
        marks.trailingZeroBitCount >> 3
    }

    /// Marks a byte.
    @inlinable @inline(__always)
    package func marks(of byte: UInt8) -> UInt64 {
        let differences = self.bits ^ (Self.ones &* UInt64(byte))
        return (differences &- Self.ones) & ~differences & Self.highs
    }

    /// Marks quotes, backslashes and control characters, which cannot stand in a string as they are.
    @inlinable @inline(__always)
    package var specials: UInt64 {
        let quotes = self.bits ^ (Self.ones &* UInt64(JSONByte.quote))
        let backslashes = self.bits ^ (Self.ones &* UInt64(JSONByte.backslash))
        let controls = (self.bits &- Self.ones &* UInt64(JSONByte.space)) & ~self.bits
        return ((quotes &- Self.ones) & ~quotes | (backslashes &- Self.ones) & ~backslashes | controls) & Self.highs
    }

    /// Marks the same, and bytes that are not ASCII; which takes less.
    @inlinable @inline(__always)
    package var specialsAndNonASCII: UInt64 {
        let quotes = (self.bits ^ (Self.ones &* UInt64(JSONByte.quote))) &- Self.ones
        let backslashes = (self.bits ^ (Self.ones &* UInt64(JSONByte.backslash))) &- Self.ones
        let controls = self.bits &- Self.ones &* UInt64(JSONByte.space)
        return (quotes | backslashes | controls | self.bits) & Self.highs
    }

    /// Whether some of it cannot stand in a string as it is.
    @inlinable @inline(__always)
    package var hasSpecials: Bool {
        self.specialsAndNonASCII != 0 && self.specials != 0
    }
}
