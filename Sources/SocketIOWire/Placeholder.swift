// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import JSONGrammar
package import NIOCore

/// A place in a packet's JSON where an attachment belongs: `{"_placeholder":true,"num":0}`.
///
/// As in the reference server, any object whose `_placeholder` is true is a placeholder, whatever other members it has
/// and in whatever order. Values nested within a placeholder are ignored.
package struct Placeholder: Equatable, Sendable {
    /// Where the object lies, counted from the text's first byte.
    package let range: Range<Int>
    /// The index of the attachment; nil when `num` is missing or is not a plain decimal number below 2^31.
    package let index: Int?

    /// All placeholders in a JSON text, from left to right.
    /// - Parameter text: JSON that ``JSONScanner`` has accepted; for any other text the result is unspecified.
    package static func find(in text: ByteBuffer) -> [Placeholder] {
        text.withUnsafeReadableBytes { find(in: $0) }
    }

    /// The index of the attachment that a JSON value, such as an argument's slice, stands for; nil when it is not a
    /// placeholder.
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

/// Walks over valid JSON and keeps, for each open object, whether its members so far make it a placeholder.
private struct PlaceholderFinder {
    /// An open object or array.
    private struct Frame {
        var start: Int
        /// How many placeholders were found before this object. If it is a placeholder itself, those within it are
        /// dropped.
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

    /// Reads a string. If a colon follows, the string is a member's name.
    private mutating func readString() {
        let start = place + 1
        guard let end = source.endOfString(place) else {
            // The text is not JSON: end the walk.
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

    /// Reads the index at `place` without moving `place`: the walk passes over the number later.
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
