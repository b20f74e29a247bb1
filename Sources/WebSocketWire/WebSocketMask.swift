// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// The masking of a client's payload (RFC 6455, 5.3): each byte is XORed with the key's four bytes in turn.
///
/// The mask remembers which key byte is next, so a payload can be unmasked in pieces of any size.
package struct WebSocketMask: Sendable, Hashable {
    /// The key's four bytes, rotated so that the next one to use is in the lowest byte.
    package private(set) var key: UInt32

    /// - Parameter key: The masking key, read from the wire as a little-endian integer.
    package init(key: UInt32) {
        self.key = key
    }

    /// Copies bytes, masking or unmasking them on the way.
    ///
    /// Works on 64-bit words at any alignment: the compiler turns the loop into vector instructions.
    /// - Parameters:
    ///   - source: The bytes to read.
    ///   - destination: Room for as many bytes as `source` has; the same memory as `source`, or memory that does not
    ///     overlap it.
    /// - Returns: Whether all written bytes are ASCII: checking this here costs next to nothing.
    @discardableResult
    package mutating func copy(_ source: UnsafeRawBufferPointer, to destination: UnsafeMutableRawPointer) -> Bool {
        guard let from = source.baseAddress else { return true }
        let word = UInt64(littleEndian: UInt64(key) << 32 | UInt64(key))
        let wordsEnd = source.count & ~7
        var offset = 0
        var seen: UInt64 = 0
        while offset < wordsEnd {
            let value = from.loadUnaligned(fromByteOffset: offset, as: UInt64.self) ^ word
            destination.storeBytes(of: value, toByteOffset: offset, as: UInt64.self)
            seen |= value
            offset &+= 8
        }
        if source.count & 4 != 0 {
            let value = from.loadUnaligned(fromByteOffset: offset, as: UInt32.self) ^ UInt32(littleEndian: key)
            destination.storeBytes(of: value, toByteOffset: offset, as: UInt32.self)
            seen |= UInt64(value)
            offset &+= 4
        }
        var tail = key
        while offset < source.count {
            let value = from.load(fromByteOffset: offset, as: UInt8.self) ^ UInt8(truncatingIfNeeded: tail)
            destination.storeBytes(of: value, toByteOffset: offset, as: UInt8.self)
            seen |= UInt64(value)
            tail = tail &>> 8
            offset &+= 1
        }
        advance(by: source.count)
        return seen & 0x8080_8080_8080_8080 == 0
    }

    /// Rotates the key as if `count` bytes had been masked.
    package mutating func advance(by count: Int) {
        let bits = UInt32(truncatingIfNeeded: count & 3) &* 8
        key = bits == 0 ? key : key &>> bits | key &<< (32 &- bits)
    }
}
