// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// The secret name of a session: 128 random bits from the system's generator, and the number of the event loop that
/// keeps the session. With that number a request finds its session without a table shared between event loops.
///
/// As text: 24 characters of the URL-safe base64 alphabet (RFC 4648, section 5). Where requests are forwarded between
/// the nodes of a cluster, the six characters of the node's ``NodeTag`` follow.
package struct SessionID: Hashable, Sendable, CustomStringConvertible {
    /// Without a tag.
    package static let textLength = 24

    let high: UInt64
    let low: UInt64
    /// The tag and, in the lowest 12 bits, the shard.
    private let place: UInt64

    /// Makes a new id for a session on the loop with this index, from 0 to 4,095.
    /// - Parameter node: the node that opens the session; `nil`: ids say nothing of nodes.
    package init(shard: Int, node: NodeTag? = nil) {
        (self.high, self.low) = RandomPool.next()
        self.place = (node?.value ?? 0) << Self.shardBits | UInt64(shard & 0xfff)
    }

    private static let shardBits: UInt64 = 12

    /// The index of the ``EngineShard`` that keeps the session.
    package var shard: Int { Int(self.place & 0xfff) }
    /// The node that opened the session; `nil` when the id does not say.
    package var node: NodeTag? { NodeTag(value: self.nodeValue) }
    /// 0 for no tag.
    var nodeValue: UInt64 { self.place >> Self.shardBits }

    /// Reads an id from a query; `nil` for a text that this server cannot have given out.
    package init?(_ text: some StringProtocol) {
        var text = String(text)
        let values = text.withUTF8 { digits -> (high: UInt64, low: UInt64, place: UInt64)? in
            guard digits.count == Self.textLength || digits.count == Self.textLength + NodeTag.textLength,
                // Eleven digits are 66 bits.
                let high = Self.value(of: digits[0..<11], maxFirst: 0xf),
                let low = Self.value(of: digits[11..<22], maxFirst: 0xf),
                let shard = Self.value(of: digits[22..<24])
            else { return nil }
            if digits.count == Self.textLength { return (high, low, shard) }
            guard let node = Self.value(of: digits[24...]), node > 0 else { return nil }
            return (high, low, node << Self.shardBits | shard)
        }
        guard let values else { return nil }
        self.high = values.high
        self.low = values.low
        self.place = values.place
    }

    static func value(of digits: Slice<UnsafeBufferPointer<UInt8>>, maxFirst: UInt64 = 0x3f) -> UInt64? {
        guard let first = digits.first.flatMap(Self.value), first <= maxFirst else { return nil }
        var value: UInt64 = 0
        for digit in digits {
            guard let digit = Self.value(of: digit) else { return nil }
            value = value << 6 | digit
        }
        return value
    }

    package var description: String {
        let node = self.nodeValue
        return String(unsafeUninitializedCapacity: Self.textLength + NodeTag.textLength) { bytes in
            Self.put(self.high, digits: 11, into: bytes, at: 0)
            Self.put(self.low, digits: 11, into: bytes, at: 11)
            Self.put(self.place & 0xfff, digits: 2, into: bytes, at: 22)
            if node == 0 { return Self.textLength }
            Self.put(node, digits: NodeTag.textLength, into: bytes, at: 24)
            return Self.textLength + NodeTag.textLength
        }
    }

    static func put(_ value: UInt64, digits: Int, into bytes: UnsafeMutableBufferPointer<UInt8>, at offset: Int) {
        for index in 0..<digits {
            let digit = Int(truncatingIfNeeded: value >> (6 * UInt64(digits - 1 - index)) & 0x3f)
            bytes[offset + index] = Self.alphabet[digit]
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
