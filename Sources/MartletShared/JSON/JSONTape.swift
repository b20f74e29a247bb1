// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import JSONGrammar

/// The structure of a JSON text in a flat array: one entry a value, in the order of the text, keys included.
///
/// The tape is made in one pass (``JSONTapeScanner``), and lets a decoder skip any value in one step. Without it, a
/// decoder would scan the bytes again for every level: a peer's deeply nested value would take time in proportion to
/// depth times size.
///
/// The byte of the text at `start` determines an entry's meaning:
/// - `"`: a string; `detail` is its length in bytes without quotes, shifted left by one, plus 1 if it has escapes
/// - `{`, `[`: a container; `detail` is the index of the entry after the last one of the container. A second entry
///   follows it: `start` is the number of members or elements (and ``repeatsKeys``), `detail` the offset after the
///   closing bracket
/// - `-`, digit: a number; `detail` is the offset after it
/// - `t`, `f`, `n`: a literal
///
/// The tape is a view: text and entries belong to the decoder of the whole text, which all other decoders and their
/// containers retain. As long as no decoder is needed, they belong to ``ArgumentDecoder``.
struct JSONTape {
    struct Entry {
        var start: UInt32
        var detail: UInt32
    }

    enum Kind {
        case null, bool, number, string, array, object
    }

    /// A flag in an object's number of members. It is set in objects of few members when two keys are equal, or when a
    /// key has escapes, so that equality is not known. A text has fewer bytes than this value.
    static let repeatsKeys: UInt32 = 1 << 31

    /// The index of a value that the text does not have, for which `superDecoder()` may ask: it reads as null.
    static var missing: Int { -1 }

    let text: UnsafePointer<UInt8>
    let entries: UnsafeMutablePointer<Entry>

    @inline(__always)
    func kind(at index: Int) -> Kind {
        guard index >= 0 else { return .null }
        switch text[Int(entries[index].start)] {
        case JSONByte.quote: return .string
        case JSONByte.openBrace: return .object
        case JSONByte.openBracket: return .array
        case UInt8(ascii: "t"), UInt8(ascii: "f"): return .bool
        case UInt8(ascii: "n"): return .null
        default: return .number
        }
    }

    /// The number of members or elements of a container.
    @inline(__always)
    func count(at container: Int) -> Int {
        Int(entries[container + 1].start & ~Self.repeatsKeys)
    }

    /// Whether keys of an object may be equal. Valid only for objects with fewer members than
    /// ``JSONTapeScanner/manyMembers``.
    @inline(__always)
    func repeatsKeys(at object: Int) -> Bool {
        entries[object + 1].start & Self.repeatsKeys != 0
    }

    /// The index of the first key or element of a container.
    @inline(__always)
    func first(in container: Int) -> Int {
        container + 2
    }

    /// The index of the entry that follows the value and everything in it.
    @inline(__always)
    func next(after index: Int) -> Int {
        let entry = entries[index]
        let byte = text[Int(entry.start)]
        return byte == JSONByte.openBrace || byte == JSONByte.openBracket ? Int(entry.detail) : index + 1
    }

    /// The range of a value in the text.
    func range(at index: Int) -> Range<Int> {
        let entry = entries[index]
        let start = Int(entry.start)
        switch text[start] {
        case JSONByte.quote: return start..<(start + Int(entry.detail >> 1) + 2)
        case JSONByte.openBrace, JSONByte.openBracket: return start..<Int(entries[index + 1].detail)
        case UInt8(ascii: "t"), UInt8(ascii: "n"): return start..<(start + 4)
        case UInt8(ascii: "f"): return start..<(start + 5)
        default: return start..<Int(entry.detail)
        }
    }

    /// The attachment number that the value names, if it has the form of a placeholder.
    func placeholder(at index: Int) -> Int? {
        guard kind(at: index) == .object, count(at: index) == 2 else { return nil }
        var isPlaceholder = false
        var number: Int?
        var key = first(in: index)
        for _ in 0..<2 {
            if isString(at: key, equalTo: "_placeholder") {
                isPlaceholder = Bool.read(from: self, at: key + 1) ?? false
            } else if isString(at: key, equalTo: "num") {
                number = Int.read(from: self, at: key + 1)
            }
            key = next(after: key + 1)
        }
        return isPlaceholder ? number : nil
    }

    private func isString(at index: Int, equalTo literal: StaticString) -> Bool {
        isString(at: index, equalTo: UnsafeBufferPointer(start: literal.utf8Start, count: literal.utf8CodeUnitCount))
    }
}
