// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import JSONGrammar

/// Copies and compares strings, eight bytes at a time.
enum JSONStringBytes {
    /// Copies a string. Returns `false` if some of the string must be escaped; the copy is of no use then. The last
    /// word overlaps the one before, so there is no loop over bytes: keys and most values are shorter than two words.
    @inline(__always)
    static func copyPlain(
        _ source: UnsafePointer<UInt8>, count: Int, to target: UnsafeMutablePointer<UInt8>
    ) -> Bool {
        if count >= 8 {
            var position = 0
            while position < count - 8 {
                let word = JSONWord(at: source + position)
                if word.hasSpecials { return false }
                word.store(at: target + position)
                position += 8
            }
            let last = JSONWord(at: source + count - 8)
            last.store(at: target + count - 8)
            return !last.hasSpecials
        }
        if count >= 4 {
            let (raw, target) = (UnsafeRawPointer(source), UnsafeMutableRawPointer(target))
            let first = raw.loadUnaligned(as: UInt32.self)
            let last = (raw + count - 4).loadUnaligned(as: UInt32.self)
            target.storeBytes(of: first, as: UInt32.self)
            target.storeBytes(of: last, toByteOffset: count - 4, as: UInt32.self)
            return !JSONWord(UInt64(first) << 32 | UInt64(last)).hasSpecials
        }
        guard count > 0 else { return true }
        let (first, middle, last) = (source[0], source[count >> 1], source[count - 1])
        target[0] = first
        target[count >> 1] = middle
        target[count - 1] = last
        // The other bytes of the word are spaces, which need no escape.
        let word = JSONWord(0x2020_2020_2000_0000 | UInt64(first) | UInt64(middle) << 8 | UInt64(last) << 16)
        return !word.hasSpecials
    }

    /// The last load overlaps the one before, as in ``copyPlain(_:count:to:)``.
    @inline(__always)
    static func areEqual(_ left: UnsafePointer<UInt8>, _ right: UnsafePointer<UInt8>, count: Int) -> Bool {
        if count >= 8 {
            var position = 0
            while position < count - 8 {
                if JSONWord(at: left + position).bits != JSONWord(at: right + position).bits { return false }
                position += 8
            }
            return JSONWord(at: left + count - 8).bits == JSONWord(at: right + count - 8).bits
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
}
