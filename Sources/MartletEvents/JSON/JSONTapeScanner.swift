// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// Checks a text against the grammar of RFC 8259 and lays out its structure on a tape. It does not recurse.
///
/// What changes are variables of ``scan()``, not members, and what it calls out of line takes and returns pointers: so
/// they stay in registers.
struct JSONTapeScanner {
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

    private let base: UnsafePointer<UInt8>
    let end: UnsafePointer<UInt8>
    /// The last address from which eight bytes can be read. An integer, for in a short text it is no pointer into it.
    private let lastWord: UInt

    init(base: UnsafePointer<UInt8>, count: Int) {
        self.base = base
        end = base + count
        lastWord = UInt(bitPattern: end) - 8
    }

    /// The tape of the whole text, which must be one value and white space around it.
    func scan() throws(SyntaxError) -> JSONTape {
        // A string's length and an escape bit share 32 bits.
        guard end - base < Int(Int32.max) else { throw error("The text is too large.", base) }
        var tape = JSONTapeWriter(text: base, byteCount: end - base)
        var depth = 0
        // What closes the innermost container that is open; 0 outside of all.
        var closer: UInt8 = 0
        var cursor = base
        var byte = token(&cursor)
        values: while true {
            tape.makeRoom()
            if closer == UInt8(ascii: "}") {
                guard byte == UInt8(ascii: "\"") else { throw error("A key was expected.", cursor) }
                let start = cursor
                let detail = try skipString(&cursor)
                tape.append(key: start, detail: detail)
                guard token(&cursor) == UInt8(ascii: ":") else { throw error("':' was expected.", cursor) }
                cursor += 1
                byte = token(&cursor)
            }
            let start = cursor
            switch byte {
            case UInt8(ascii: "\""):
                let detail = try skipString(&cursor)
                tape.append(start, detail: detail)
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth &+= 1
                guard depth <= Self.maximumDepth else { throw error("More than 512 levels are nested.", cursor) }
                // In ASCII, and so in JSON, both kinds of brackets are two apart.
                closer = byte + 2
                tape.open(start)
                cursor += 1
                byte = token(&cursor)
                if byte == closer { break }
                tape.countMember()
                continue values
            case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                guard let numberEnd = endOfNumber(start) else { throw error("A number is incomplete.", start) }
                cursor = numberEnd
                tape.append(start, detail: UInt32(truncatingIfNeeded: cursor - base))
            case UInt8(ascii: "t"):
                try skip("true", &cursor)
                tape.append(start, detail: 0)
            case UInt8(ascii: "f"):
                try skip("false", &cursor)
                tape.append(start, detail: 0)
            case UInt8(ascii: "n"):
                try skip("null", &cursor)
                tape.append(start, detail: 0)
            default: throw error("A value was expected.", cursor)
            }
            while true {
                byte = token(&cursor)
                if closer == 0 { break values }
                if byte == UInt8(ascii: ",") {
                    cursor += 1
                    byte = token(&cursor)
                    tape.countMember()
                    continue values
                }
                guard byte == closer else {
                    throw error("',' or '\(Character(Unicode.Scalar(closer)))' was expected.", cursor)
                }
                cursor += 1
                depth &-= 1
                closer = tape.close(cursor)
            }
        }
        guard cursor == end else { throw error("Text follows the value.", cursor) }
        return tape.finish()
    }

    func error(_ message: String, _ place: UnsafePointer<UInt8>) -> SyntaxError {
        SyntaxError(message: message, offset: place - base)
    }

    /// The byte at a place, or 0, which no grammar rule accepts, at the end.
    @inline(__always)
    func byte(at place: UnsafePointer<UInt8>) -> UInt8 {
        place < end ? place.pointee : 0
    }

    /// Steps over white space, and returns the byte there.
    @inline(__always)
    private func token(_ cursor: inout UnsafePointer<UInt8>) -> UInt8 {
        let first = byte(at: cursor)
        if first > 0x20 { return first }
        cursor = skipWhitespace(cursor)
        return byte(at: cursor)
    }

    @inline(never)
    private func skipWhitespace(_ start: UnsafePointer<UInt8>) -> UnsafePointer<UInt8> {
        var cursor = start
        while cursor < end {
            switch cursor.pointee {
            case 0x20, 0x09, 0x0A, 0x0D: cursor += 1
            default: return cursor
            }
        }
        return cursor
    }

    /// Steps over a string, and returns what the tape says of it.
    @inline(__always)
    private func skipString(_ cursor: inout UnsafePointer<UInt8>) throws(SyntaxError) -> UInt32 {
        let start = cursor + 1
        let place = endOfPlain(start)
        var detail = UInt32(truncatingIfNeeded: place - start) << 1
        if byte(at: place) != UInt8(ascii: "\"") { detail = try detailOfString(from: start, plainTo: place) }
        cursor = start + Int(detail >> 1) + 1
        return detail
    }

    /// The next place where what stands in a string is ``JSONBytes/special(_:)``; `end` if there is none.
    @inline(__always)
    func endOfPlain(_ start: UnsafePointer<UInt8>) -> UnsafePointer<UInt8> {
        var place = start
        while UInt(bitPattern: place) <= lastWord {
            let special = JSONBytes.special(JSONBytes.load(place))
            if special != 0 { return place + special.trailingZeroBitCount >> 3 }
            place += 8
        }
        while place < end, JSONBytes.isPlain(place.pointee) { place += 1 }
        return place
    }

    @inline(__always)
    private func skip(_ literal: StaticString, _ cursor: inout UnsafePointer<UInt8>) throws(SyntaxError) {
        let length = literal.utf8CodeUnitCount
        guard end - cursor >= length, JSONBytes.areEqual(cursor, literal.utf8Start, count: length) else {
            throw error("A value was expected.", cursor)
        }
        cursor += length
    }

    /// RFC 8259, 6: an optional minus, no leading zeros, digits on both sides of a point.
    /// - Returns: where the number ends, or `nil` if it is none.
    @inline(__always)
    private func endOfNumber(_ start: UnsafePointer<UInt8>) -> UnsafePointer<UInt8>? {
        var cursor = start
        if cursor.pointee == UInt8(ascii: "-") { cursor += 1 }
        if byte(at: cursor) == UInt8(ascii: "0") {
            cursor += 1
        } else {
            guard skipDigits(&cursor) else { return nil }
        }
        if byte(at: cursor) == UInt8(ascii: ".") {
            cursor += 1
            guard skipDigits(&cursor) else { return nil }
        }
        if byte(at: cursor) | 0x20 == UInt8(ascii: "e") {
            cursor += 1
            if byte(at: cursor) == UInt8(ascii: "+") || byte(at: cursor) == UInt8(ascii: "-") { cursor += 1 }
            guard skipDigits(&cursor) else { return nil }
        }
        return cursor
    }

    /// - Returns: whether there are any.
    @inline(__always)
    private func skipDigits(_ cursor: inout UnsafePointer<UInt8>) -> Bool {
        guard byte(at: cursor) &- UInt8(ascii: "0") < 10 else { return false }
        repeat { cursor += 1 } while byte(at: cursor) &- UInt8(ascii: "0") < 10
        return true
    }
}
