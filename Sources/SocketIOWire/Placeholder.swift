// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import JSONGrammar
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
        guard let source = JSONSource(bytes) else { return [] }
        var finder = PlaceholderFinder(source)
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

    private let source: JSONSource
    private var place: UnsafePointer<UInt8>
    private var frames: [Frame] = []
    private var found: [Placeholder] = []

    init(_ source: JSONSource) {
        self.source = source
        self.place = source.base
    }

    mutating func run() -> [Placeholder] {
        while place < source.end {
            switch place.pointee {
            case JSONByte.quote: readString()
            case JSONByte.openBrace, JSONByte.openBracket:
                frames.append(Frame(start: place - source.base, foundBefore: found.count))
                place += 1
            case JSONByte.closeBrace, JSONByte.closeBracket:
                place += 1
                guard let frame = frames.popLast(), frame.isPlaceholder else { continue }
                found.removeSubrange(frame.foundBefore...)
                found.append(Placeholder(range: frame.start..<(place - source.base), index: frame.index))
            default: place += 1
            }
        }
        return found
    }

    /// A string; a colon after it makes it a member's name.
    private mutating func readString() {
        let start = place + 1
        guard let end = source.endOfString(place) else {
            // What is not JSON is not looked at any further.
            place = source.end
            return
        }
        place = end
        guard source.token(&place) == JSONByte.colon, !frames.isEmpty else { return }
        place += 1
        let value = source.token(&place)
        let name = UnsafeBufferPointer(start: start, count: end - 1 - start)
        if isName(name, "_placeholder") {
            frames[frames.count - 1].isPlaceholder = value == UInt8(ascii: "t")
        } else if isName(name, "num") {
            frames[frames.count - 1].index = index()
        }
    }

    private func isName(_ name: UnsafeBufferPointer<UInt8>, _ expected: StaticString) -> Bool {
        guard !name.contains(JSONByte.backslash) else { return JSONEscape.unescape(name) == expected.description }
        return name.elementsEqual(UnsafeBufferPointer(start: expected.utf8Start, count: expected.utf8CodeUnitCount))
    }

    /// The index that stands at `place`, which stays there: the walk passes over it.
    private func index() -> Int? {
        guard let end = source.endOfNumber(place, first: source.byte(at: place)) else { return nil }
        var value = 0
        for byte in UnsafeBufferPointer(start: place, count: end - place) {
            guard JSONByte.isDigit(byte) else { return nil }
            value = value * 10 + Int(byte &- UInt8(ascii: "0"))
            guard value <= Int(Int32.max) else { return nil }
        }
        return value
    }
}
