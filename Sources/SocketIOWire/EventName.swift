// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import JSONGrammar

/// The name of an event. A name of at most 16 bytes of UTF-8 is made and compared without an allocation.
///
/// Two names are equal when their UTF-8 is equal, as in JavaScript; the canonical equivalence of Swift's Strings does
/// not count. An escaped name (`"\u0065cho"`) equals the unescaped one, and a number is named by its digits.
package struct EventName: Sendable {
    /// The first eight bytes of the name; a shorter name fills the low bytes.
    private let head: UInt64
    /// The last eight bytes of a name of at least eight bytes, which may overlap ``head``; 0 for a shorter name.
    private let tail: UInt64
    /// How many bytes the name has. This also distinguishes names with equal head and tail.
    private let length: Int
    /// The whole name when it is longer than 16 bytes, else empty.
    private let long: String

    private static let maxInlineLength = 16

    /// The empty name.
    init() {
        head = 0
        tail = 0
        length = 0
        long = ""
    }

    package init(_ name: String) {
        var name = name
        self = name.withUTF8 { EventName(utf8: UnsafeRawBufferPointer($0)) }
    }

    /// - Parameters:
    ///   - utf8: the name, without escapes.
    ///   - readableCount: how many bytes can be read from the name's first byte on, if more than the name itself has.
    package init(utf8 bytes: UnsafeRawBufferPointer, readableCount: Int = 0) {
        length = bytes.count
        if length >= 8 {
            head = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
            tail = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: length - 8, as: UInt64.self))
            long = length > Self.maxInlineLength ? String(decoding: bytes, as: UTF8.self) : ""
            return
        }
        if let base = bytes.baseAddress, readableCount >= 8 {
            let word = UInt64(littleEndian: base.loadUnaligned(as: UInt64.self))
            head = word & (1 &<< UInt64(length &* 8) &- 1)
        } else {
            var head: UInt64 = 0
            for index in 0..<length { head |= UInt64(bytes[index]) << (UInt64(index) &* 8) }
            self.head = head
        }
        tail = 0
        long = ""
    }

    /// - Parameters:
    ///   - payload: the payload of an event, valid JSON.
    ///   - element: the range of the payload's first element.
    /// - Returns: nil when the element is neither a string nor a number.
    init?(in payload: UnsafeRawBufferPointer, _ element: Range<Int>) {
        let json = UnsafeRawBufferPointer(rebasing: payload[element])
        switch json.first {
        case JSONByte.quote:
            let body = UnsafeRawBufferPointer(rebasing: json[1..<max(1, json.count - 1)])
            self.init(utf8: body, readableCount: payload.count - element.lowerBound - 1)
            if hasBackslash(body) { self.init(JSONEscape.unescape(body.assumingMemoryBound(to: UInt8.self))) }
        case JSONByte.minus, .some(UInt8(ascii: "0")...UInt8(ascii: "9")):
            self.init(utf8: json)
        default:
            return nil
        }
    }

    /// - Parameter body: the bytes of the name. `head` and `tail` hold all of them unless the name is longer than 16
    ///   bytes.
    private func hasBackslash(_ body: UnsafeRawBufferPointer) -> Bool {
        guard length <= Self.maxInlineLength else { return body.contains(JSONByte.backslash) }
        return (JSONWord(head).marks(of: JSONByte.backslash) | JSONWord(tail).marks(of: JSONByte.backslash)) != 0
    }

    /// The name as a String; allocates above 15 bytes.
    package var string: String {
        guard length <= Self.maxInlineLength else { return long }
        return withUnsafeBytes(of: (head.littleEndian, tail.littleEndian)) { packed in
            guard length > 8 else { return String(decoding: packed.prefix(length), as: UTF8.self) }
            // The last bytes of the tail: the first ones may also be in the head.
            return String(decoding: packed.prefix(8), as: UTF8.self, and: packed.suffix(length - 8))
        }
    }
}

extension EventName: Hashable {
    package static func == (left: EventName, right: EventName) -> Bool {
        guard left.head == right.head, left.tail == right.tail, left.length == right.length else { return false }
        return left.length <= maxInlineLength || left.long.utf8.elementsEqual(right.long.utf8)
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(mixed)
    }

    /// The hash that `Dictionary` uses. `Hasher` protects against keys chosen to collide, and takes 350 instructions
    /// (x86-64, November 2026). Tables keyed by event names need no protection: their keys are the names that the
    /// server's own code listens to.
    package func _rawHashValue(seed: Int) -> Int {
        let product = (mixed ^ UInt64(truncatingIfNeeded: seed)) &* 0x9E37_79B9_7F4A_7C15
        return Int(truncatingIfNeeded: product ^ product >> 32)
    }

    /// Head, tail and length in one word: nearly all names of up to 15 bytes get different words.
    private var mixed: UInt64 {
        head ^ (tail &* 0xBF58_476D_1CE4_E5B9) ^ UInt64(truncatingIfNeeded: length)
    }
}

extension EventName: ExpressibleByStringLiteral, CustomStringConvertible {
    package init(stringLiteral value: String) { self.init(value) }

    package var description: String { string }
}

extension EventName {
    /// The names that neither side may send as an event (Protocol.md, section 2).
    package static let reserved: [EventName] = [
        "connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener",
    ]

    /// The length of the shortest reserved name in bytes.
    private static let shortestReserved = 7

    /// Whether the protocol keeps this name for itself.
    package static func isReserved(_ name: String) -> Bool {
        // Most event names are shorter than every reserved name.
        name.utf8.count >= shortestReserved && EventName(name).isReserved
    }

    /// Whether the protocol keeps this name for itself.
    package var isReserved: Bool {
        // Reserved names have 7 to 14 bytes and begin with c, d, n or r. Most events need no further comparison.
        guard length >= Self.shortestReserved, length <= 14 else { return false }
        switch UInt8(truncatingIfNeeded: head) {
        case UInt8(ascii: "c"), UInt8(ascii: "d"), UInt8(ascii: "n"), UInt8(ascii: "r"):
            return Self.reserved.contains(self)
        default:
            return false
        }
    }
}

extension String {
    /// Joins two runs of bytes, then decodes them: a character may begin in one run and end in the other.
    fileprivate init(
        decoding first: Slice<UnsafeRawBufferPointer>,
        as encoding: UTF8.Type,
        and second: Slice<UnsafeRawBufferPointer>
    ) {
        let count = first.count + second.count
        self = withUnsafeTemporaryAllocation(byteCount: count, alignment: 1) { bytes in
            bytes.copyBytes(from: first)
            UnsafeMutableRawBufferPointer(rebasing: bytes[first.count...]).copyBytes(from: second)
            return String(decoding: bytes, as: UTF8.self)
        }
    }
}
