// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// The bytes of a JSON text, and the steps over its tokens (RFC 8259).
///
/// A step takes the place where it begins, and tells where it ends. It changes nothing, and what is out of line takes and
/// returns places by value: so the place of a scanner stays in a register.
///
/// The steps are inlined into the scanners, which are in other modules. That takes `@usableFromInline` on the type as well:
/// without it the compiler accepts `@inlinable` members, and calls them nevertheless.
@usableFromInline
package struct JSONSource {
    @usableFromInline
    package typealias Place = UnsafePointer<UInt8>

    @usableFromInline package let base: Place
    @usableFromInline package let end: Place
    /// The last address from which eight bytes can be read. An integer, for in a short text it is no place in it.
    @usableFromInline let lastWord: UInt

    @inlinable @inline(__always)
    package init(_ base: Place, count: Int) {
        self.base = base
        self.end = base + count
        self.lastWord = UInt(bitPattern: self.end) &- 8
    }

    /// - Returns: nil for bytes that are nowhere.
    @inlinable @inline(__always)
    package init?(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress else { return nil }
        self.init(base.assumingMemoryBound(to: UInt8.self), count: bytes.count)
    }

    @inlinable
    package var count: Int { self.end - self.base }

    /// The byte at a place, or 0, which no grammar rule accepts, at the end.
    @inlinable @inline(__always)
    package func byte(at place: Place) -> UInt8 {
        place < self.end ? place.pointee : 0
    }

    /// Steps over white space, and returns the byte there.
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

    /// `true`, `false` or `null`.
    /// - Parameter start: where its first letter stands, which tells the three apart.
    @inlinable @inline(__always)
    package func endOfLiteral(_ literal: StaticString, _ start: Place) -> Place? {
        let length = literal.utf8CodeUnitCount
        // The four letters at the end, in one comparison.
        guard self.end - start >= length,
            UnsafeRawPointer(start + length - 4).loadUnaligned(as: UInt32.self)
                == UnsafeRawPointer(literal.utf8Start + length - 4).loadUnaligned(as: UInt32.self)
        else { return nil }
        return start + length
    }

    /// A number (section 6): an optional minus, `0` or digits with no leading zero, then fraction and exponent.
    /// - Parameter first: the byte at its start.
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

    /// - Returns: whether there are any.
    @inlinable @inline(__always)
    func skipDigits(_ place: inout Place) -> Bool {
        guard JSONByte.isDigit(self.byte(at: place)) else { return false }
        repeat { place += 1 } while JSONByte.isDigit(self.byte(at: place))
        return true
    }
}
