// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// The bytes of a JSON text, and the steps over its tokens (RFC 8259).
///
/// A step takes the place of a token and returns the place after it. Steps change nothing, and steps that are not
/// inlined take and return places by value, so that a scanner can keep its place in a register.
///
/// The scanners are in other modules, and the steps are inlined into them. For this the type must be
/// `@usableFromInline` as well: without the attribute the compiler accepts `@inlinable` members, but calls them instead
/// of inlining them.
@usableFromInline
package struct JSONSource {
    @usableFromInline
    package typealias Place = UnsafePointer<UInt8>

    @usableFromInline package let base: Place
    @usableFromInline package let end: Place
    /// The last address at which eight bytes can be read. An integer, since in a text of less than eight bytes it lies
    /// before the text.
    @usableFromInline let lastWord: UInt

    @inlinable @inline(__always)
    package init(_ base: Place, count: Int) {
        self.base = base
        self.end = base + count
        self.lastWord = UInt(bitPattern: self.end) &- 8
    }

    /// - Returns: nil when `bytes` has no base address.
    @inlinable @inline(__always)
    package init?(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress else { return nil }
        self.init(base.assumingMemoryBound(to: UInt8.self), count: bytes.count)
    }

    @inlinable
    package var count: Int { self.end - self.base }

    /// The byte at a place; at the end 0, which no grammar rule accepts.
    @inlinable @inline(__always)
    package func byte(at place: Place) -> UInt8 {
        place < self.end ? place.pointee : 0
    }

    /// Moves the cursor past white space, and returns the byte at the cursor.
    @inlinable @inline(__always)
    package func token(_ cursor: inout Place) -> UInt8 {
        let first = self.byte(at: cursor)
        if first > JSONByte.space { return first }
        cursor = Self.endOfWhiteSpace(cursor, end: self.end)
        return self.byte(at: cursor)
    }

    @usableFromInline @inline(never)
    static func endOfWhiteSpace(_ start: Place, end: Place) -> Place {
        var place = start
        while place < end, JSONByte.isWhiteSpace(place.pointee) { place += 1 }
        return place
    }

    /// The end of `true`, `false` or `null`; nil when `literal` does not stand at `start`.
    /// - Parameter start: the place of the first letter, which the caller has already compared.
    @inlinable @inline(__always)
    package func endOfLiteral(_ literal: StaticString, _ start: Place) -> Place? {
        let length = literal.utf8CodeUnitCount
        // Compare the last four letters at once.
        guard self.end - start >= length,
            UnsafeRawPointer(start + length - 4).loadUnaligned(as: UInt32.self)
                == UnsafeRawPointer(literal.utf8Start + length - 4).loadUnaligned(as: UInt32.self)
        else { return nil }
        return start + length
    }

    /// The end of a number (RFC 8259, section 6): an optional minus, `0` or digits without a leading zero, then
    /// fraction and exponent.
    /// - Parameter first: the byte at `start`.
    @inlinable @inline(__always)
    package func endOfNumber(_ start: Place, first: UInt8) -> Place? {
        var place = first == JSONByte.minus ? start + 1 : start
        if self.byte(at: place) == UInt8(ascii: "0") {
            place += 1
        } else {
            guard self.skipDigits(&place) else { return nil }
        }
        if self.byte(at: place) == JSONByte.point {
            place += 1
            guard self.skipDigits(&place) else { return nil }
        }
        if JSONByte.isExponent(self.byte(at: place)) {
            place += 1
            if self.byte(at: place) == UInt8(ascii: "+") || self.byte(at: place) == JSONByte.minus { place += 1 }
            guard self.skipDigits(&place) else { return nil }
        }
        return place
    }

    /// Moves past digits.
    /// - Returns: whether there is at least one digit.
    @inlinable @inline(__always)
    func skipDigits(_ place: inout Place) -> Bool {
        guard JSONByte.isDigit(self.byte(at: place)) else { return false }
        repeat { place += 1 } while JSONByte.isDigit(self.byte(at: place))
        return true
    }
}
