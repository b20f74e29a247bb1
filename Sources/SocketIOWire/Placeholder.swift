// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// A place in a packet's JSON where an attachment belongs: `{"_placeholder":true,"num":0}`.
///
/// As in the reference, any object whose `_placeholder` is true is one, whatever else is in it and in whatever order,
/// and what is nested within it is not looked at.
package struct Placeholder: Equatable, Sendable {
    /// Where the object lies, counted from the text's first byte.
    package let range: Range<Int>
    /// Which attachment; nil when `num` is missing or no plain decimal number below 2^31.
    package let index: Int?

    /// All placeholders in a JSON text, from left to right.
    /// - Parameter text: JSON that ``JSONScanner`` has taken; anything else gives an unspecified answer.
    package static func find(in text: ByteBuffer) -> [Placeholder] {
        text.withUnsafeReadableBytes { find(in: $0) }
    }

    /// The attachment's index when a JSON value, as an argument's slice, is a placeholder and nothing else.
    package static func index(of value: ByteBuffer) -> Int? {
        guard let placeholder = find(in: value).first, placeholder.range == 0..<value.readableBytes else { return nil }
        return placeholder.index
    }

    static func find(in bytes: UnsafeRawBufferPointer) -> [Placeholder] {
        var finder = PlaceholderFinder(bytes)
        return finder.run()
    }
}

/// Walks over valid JSON and keeps, for each open object, what its members said so far.
private struct PlaceholderFinder {
    /// An open object or array.
    private struct Frame {
        var start: Int
        /// How many placeholders there were before it: those within it are dropped when it is one itself.
        var foundBefore: Int
        var isPlaceholder = false
        var index: Int?
    }

    private let bytes: UnsafeRawBufferPointer
    private var position = 0
    private var frames: [Frame] = []
    private var found: [Placeholder] = []

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    mutating func run() -> [Placeholder] {
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\""): readString()
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                frames.append(Frame(start: position, foundBefore: found.count))
                position += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                position += 1
                guard let frame = frames.popLast(), frame.isPlaceholder else { continue }
                found.removeSubrange(frame.foundBefore...)
                found.append(Placeholder(range: frame.start..<position, index: frame.index))
            default: position += 1
            }
        }
        return found
    }

    /// A string; a colon after it makes it a member's name.
    private mutating func readString() {
        let start = position + 1
        position = start
        var isEscaped = false
        while position < bytes.count, bytes[position] != UInt8(ascii: "\"") {
            let isEscape = bytes[position] == UInt8(ascii: "\\")
            isEscaped = isEscaped || isEscape
            position += isEscape ? 2 : 1
        }
        let end = min(position, bytes.count)
        position += 1
        skipWhiteSpace()
        guard position < bytes.count, bytes[position] == UInt8(ascii: ":"), !frames.isEmpty else { return }
        position += 1
        skipWhiteSpace()
        let name = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
        if matches(name, "_placeholder", isEscaped: isEscaped) {
            frames[frames.count - 1].isPlaceholder = position < bytes.count && bytes[position] == UInt8(ascii: "t")
        } else if matches(name, "num", isEscaped: isEscaped) {
            frames[frames.count - 1].index = number()
        }
    }

    private func matches(_ name: UnsafeRawBufferPointer, _ expected: StaticString, isEscaped: Bool) -> Bool {
        guard !isEscaped else { return JSONBytes.unescape(name) == expected.description }
        let expected = UnsafeRawBufferPointer(start: expected.utf8Start, count: expected.utf8CodeUnitCount)
        return name.elementsEqual(expected)
    }

    /// The number that stands at `position`, which stays there: the walk passes over it.
    private func number() -> Int? {
        var value = 0
        var end = position
        while end < bytes.count, bytes[end] &- UInt8(ascii: "0") < 10 {
            value = value * 10 + Int(bytes[end] &- UInt8(ascii: "0"))
            guard value <= Int(Int32.max) else { return nil }
            end += 1
        }
        guard end > position, end < bytes.count else { return nil }
        let next = bytes[end]
        return next == UInt8(ascii: ".") || next | 0x20 == UInt8(ascii: "e") ? nil : value
    }

    private mutating func skipWhiteSpace() {
        while position < bytes.count {
            let byte = bytes[position]
            guard byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 else { return }
            position += 1
        }
    }
}
