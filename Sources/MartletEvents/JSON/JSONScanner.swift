// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// Checks a text against the grammar of RFC 8259 and lays out its structure on a tape. It does not recurse.
struct JSONScanner: ~Copyable {
    /// Why a text is not JSON, and where.
    struct SyntaxError: Error {
        var message: String
        /// Offset in bytes from the start of the text.
        var offset: Int
    }

    /// The nesting that is accepted, as in Foundation: values below are decoded by recursion.
    static let maximumDepth = 512

    /// The keys of an object with so many members or more are looked up in a table, whether they repeat or not.
    static let manyMembers: UInt32 = 17

    let base: UnsafePointer<UInt8>
    let count: Int
    var position = 0
    var tape: JSONTape

    init(base: UnsafePointer<UInt8>, count: Int) {
        self.base = base
        self.count = count
        tape = JSONTape(byteCount: count)
    }

    /// The tape of the whole text, which must be one value and white space around it.
    consuming func scan() throws(SyntaxError) -> JSONTape {
        // A string's length and an escape bit share 32 bits.
        guard count < Int(Int32.max) else { throw SyntaxError(message: "The text is too large.", offset: 0) }
        var open = Self.none
        var depth = 0
        while true {
            skipWhitespace()
            var isComplete = true
            switch current {
            case UInt8(ascii: "\""): try scanString()
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                guard depth <= Self.maximumDepth else { throw error("More than 512 levels are nested.") }
                isComplete = try scanOpening(parent: &open)
            case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try scanNumber()
            case UInt8(ascii: "t"): try scanLiteral("true")
            case UInt8(ascii: "f"): try scanLiteral("false")
            case UInt8(ascii: "n"): try scanLiteral("null")
            default: throw error("A value was expected.")
            }
            while isComplete, open != Self.none {
                isComplete = try scanAfterValue(in: &open)
                if isComplete { depth -= 1 }
            }
            if isComplete { break }
        }
        skipWhitespace()
        guard position == count else { throw error("Text follows the value.") }
        return tape
    }

    private static var none: UInt32 { .max }

    /// The byte at the position, or 0, which no grammar rule accepts, at the end.
    @inline(__always)
    var current: UInt8 {
        position < count ? base[position] : 0
    }

    func error(_ message: String) -> SyntaxError {
        SyntaxError(message: message, offset: position)
    }

    @inline(__always)
    private mutating func skipWhitespace() {
        while position < count, base[position] <= 0x20 {
            switch base[position] {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            default: return
            }
        }
    }

    /// Opens a container. While it is open, its second entry holds its parent in `detail`, and the first one there a
    /// mark for each key so far.
    /// - Returns: whether it is empty, and so complete already as a value of its parent, except for its bracket.
    @inline(__always)
    private mutating func scanOpening(parent open: inout UInt32) throws(SyntaxError) -> Bool {
        let isObject = base[position] == UInt8(ascii: "{")
        let index = UInt32(truncatingIfNeeded: tape.count)
        tape.append(start: position, detail: 0)
        tape.append(start: 0, detail: open)
        open = index
        position += 1
        skipWhitespace()
        if current == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) { return true }
        tape.entries[Int(index) + 1].start = 1
        if isObject { try scanKey(of: Int(index)) }
        return false
    }

    /// Reads the comma or the closing bracket after a complete value (or after the bracket of an empty container).
    /// - Returns: whether this closed the container, so that it is a complete value now.
    @inline(__always)
    private mutating func scanAfterValue(in open: inout UInt32) throws(SyntaxError) -> Bool {
        skipWhitespace()
        let container = Int(open)
        let isObject = base[Int(tape.entries[container].start)] == UInt8(ascii: "{")
        switch current {
        case UInt8(ascii: ",") where tape.entries[container + 1].start > 0:
            position += 1
            tape.entries[container + 1].start += 1
            if isObject {
                skipWhitespace()
                try scanKey(of: container)
            }
            return false
        case UInt8(ascii: "}") where isObject, UInt8(ascii: "]") where !isObject:
            position += 1
            open = tape.entries[container + 1].detail
            tape.entries[container].detail = UInt32(truncatingIfNeeded: tape.count)
            tape.entries[container + 1].detail = UInt32(truncatingIfNeeded: position)
            return true
        default:
            throw error(isObject ? "',' or '}' was expected." : "',' or ']' was expected.")
        }
    }

    @inline(__always)
    private mutating func scanKey(of object: Int) throws(SyntaxError) {
        guard current == UInt8(ascii: "\"") else { throw error("A key was expected.") }
        try scanString()
        // Two keys that are equal have the same mark, one of 32.
        let key = tape.entries[tape.count - 1]
        let first = base[Int(key.start) + 1]
        let mark = 1 &<< UInt32(first &* 3 &+ base[position - 2] &* 7 &+ UInt8(truncatingIfNeeded: key.detail >> 1))
        if key.detail & 1 != 0 || tape.entries[object].detail & mark != 0 { noteRepetition(in: object) }
        tape.entries[object].detail |= mark
        skipWhitespace()
        guard current == UInt8(ascii: ":") else { throw error("':' was expected.") }
        position += 1
    }

    /// The last key of an object may be equal to one before: looks closely.
    @inline(never)
    private mutating func noteRepetition(in object: Int) {
        guard tape.entries[object + 1].start < Self.manyMembers else { return }
        let last = tape.entries[tape.count - 1]
        var isKnown = last.detail & 1 == 0
        var member = object + 2
        while isKnown, member < tape.count - 1 {
            let key = tape.entries[member]
            let (left, right) = (base + Int(key.start) + 1, base + Int(last.start) + 1)
            isKnown = key.detail != last.detail || !JSONBytes.areEqual(left, right, count: Int(key.detail >> 1))
            member = tape.next(after: member + 1, in: base)
        }
        if !isKnown { tape.entries[object + 1].start |= JSONTape.repeatsKeys }
    }

    private mutating func scanLiteral(_ literal: StaticString) throws(SyntaxError) {
        let length = literal.utf8CodeUnitCount
        guard count - position >= length, JSONBytes.areEqual(base + position, literal.utf8Start, count: length) else {
            throw error("A value was expected.")
        }
        tape.append(start: position, detail: 0)
        position += length
    }

    /// RFC 8259, 6: an optional minus, no leading zeros, digits on both sides of a point.
    private mutating func scanNumber() throws(SyntaxError) {
        let start = position
        if current == UInt8(ascii: "-") { position += 1 }
        if current == UInt8(ascii: "0") {
            position += 1
        } else {
            try scanDigits()
        }
        if current == UInt8(ascii: ".") {
            position += 1
            try scanDigits()
        }
        if current | 0x20 == UInt8(ascii: "e") {
            position += 1
            if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { position += 1 }
            try scanDigits()
        }
        tape.append(start: start, detail: UInt32(truncatingIfNeeded: position))
    }

    @inline(__always)
    private mutating func scanDigits() throws(SyntaxError) {
        let start = position
        while position < count, base[position] &- UInt8(ascii: "0") < 10 { position += 1 }
        if position == start { throw error("A digit was expected.") }
    }
}
