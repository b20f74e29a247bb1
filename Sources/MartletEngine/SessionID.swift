// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// The secret name of a session: 128 random bits from the system's generator, and the number of the event loop that
/// keeps the session. With that number a request finds its session without a table shared between event loops.
///
/// As text: 24 characters of the URL-safe base64 alphabet (RFC 4648, section 5).
package struct SessionID: Hashable, Sendable, CustomStringConvertible {
    package static let textLength = 24

    let high: UInt64
    let low: UInt64
    /// The index of the ``EngineShard`` that keeps the session.
    package let shard: Int

    /// Makes a new id for a session on the loop with this index, from 0 to 4,095.
    package init(shard: Int) {
        (self.high, self.low) = RandomPool.next()
        self.shard = shard & 0xfff
    }

    /// Reads an id from a query; `nil` for a text that this server cannot have given out.
    package init?(_ text: some StringProtocol) {
        var text = String(text)
        let values = text.withUTF8 { digits -> (high: UInt64, low: UInt64, shard: UInt64)? in
            guard digits.count == Self.textLength,
                // Eleven digits are 66 bits.
                let high = Self.value(of: digits[0..<11], maxFirst: 0xf),
                let low = Self.value(of: digits[11..<22], maxFirst: 0xf),
                let shard = Self.value(of: digits[22..<24], maxFirst: 0x3f)
            else { return nil }
            return (high, low, shard)
        }
        guard let values else { return nil }
        self.high = values.high
        self.low = values.low
        self.shard = Int(values.shard)
    }

    private static func value(of digits: Slice<UnsafeBufferPointer<UInt8>>, maxFirst: UInt64) -> UInt64? {
        guard let first = digits.first.flatMap(Self.value), first <= maxFirst else { return nil }
        var value: UInt64 = 0
        for digit in digits {
            guard let digit = Self.value(of: digit) else { return nil }
            value = value << 6 | digit
        }
        return value
    }

    package var description: String {
        String(unsafeUninitializedCapacity: Self.textLength) { bytes in
            func put(_ value: UInt64, digits: Int, at offset: Int) {
                for index in 0..<digits {
                    let digit = Int(truncatingIfNeeded: value >> (6 * UInt64(digits - 1 - index)) & 0x3f)
                    bytes[offset + index] = Self.alphabet[digit]
                }
            }
            put(self.high, digits: 11, at: 0)
            put(self.low, digits: 11, at: 11)
            put(UInt64(self.shard), digits: 2, at: 22)
            return Self.textLength
        }
    }

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    private static func value(of character: UInt8) -> UInt64? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt64(character - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt64(character - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(character - UInt8(ascii: "0")) + 52
        case UInt8(ascii: "-"): 62
        case UInt8(ascii: "_"): 63
        default: nil
        }
    }
}
