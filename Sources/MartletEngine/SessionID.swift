// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// The secret name of a session: 128 random bits from the system's generator, and the number of the event loop that
/// keeps the session, so that a request finds its way without a table shared between loops.
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
        var generator = SystemRandomNumberGenerator()
        self.high = generator.next()
        self.low = generator.next()
        self.shard = shard & 0xfff
    }

    /// Reads an id as it came in a query; `nil` for anything that this server cannot have given out.
    package init?(_ text: some StringProtocol) {
        var values: (UInt64, UInt64, UInt64) = (0, 0, 0)
        var count = 0
        for character in text.utf8 {
            guard let digit = Self.value(of: character) else { return nil }
            switch count {
            case 0..<11: values.0 = values.0 << 6 | digit
            case 11..<22: values.1 = values.1 << 6 | digit
            case 22..<24: values.2 = values.2 << 6 | digit
            default: return nil
            }
            if count == 0 || count == 11, digit > 0xf { return nil }
            count += 1
        }
        guard count == Self.textLength else { return nil }
        self.high = values.0
        self.low = values.1
        self.shard = Int(values.2)
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
