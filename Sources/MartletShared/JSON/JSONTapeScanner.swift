// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import JSONGrammar

/// Checks a text against the grammar of RFC 8259 and lays out its structure on a tape. It does not recurse.
///
/// Mutable state is in variables of ``scan()``, not in members, and functions that are not inlined take and return
/// pointers: so the variables stay in registers.
struct JSONTapeScanner {
    /// Why a text is not JSON, and where.
    struct SyntaxError: Error {
        var message: String
        /// Offset in bytes from the start of the text.
        var offset: Int
    }

    /// The deepest nesting that is accepted, as in Foundation: nested values are decoded by recursion.
    static let maximumDepth = 512

    /// From this number of members on, the keys of an object are looked up in a table, whether keys repeat or not.
    static let manyMembers: UInt32 = 17

    let source: JSONSource

    /// Makes the tape of the whole text, which must be one value and white space around it.
    func scan() throws(SyntaxError) -> JSONTape {
        // A string's length and an escape bit share 32 bits.
        guard source.count < Int(Int32.max) else { throw error("The text is too large.", source.base) }
        var tape = JSONTapeWriter(text: source.base, byteCount: source.count)
        var depth = 0
        // The byte that closes the innermost open container; 0 outside of all containers.
        var closer: UInt8 = 0
        var cursor = source.base
        var byte = source.token(&cursor)
        values: while true {
            tape.makeRoom()
            if closer == JSONByte.closeBrace {
                guard byte == JSONByte.quote else { throw error("A key was expected.", cursor) }
                let start = cursor
                let detail = try skipString(&cursor)
                tape.append(key: start, detail: detail)
                guard source.token(&cursor) == JSONByte.colon else { throw error("':' was expected.", cursor) }
                cursor += 1
                byte = source.token(&cursor)
            }
            let start = cursor
            switch byte {
            case JSONByte.quote:
                let detail = try skipString(&cursor)
                tape.append(start, detail: detail)
            case JSONByte.openBrace, JSONByte.openBracket:
                depth &+= 1
                guard depth <= Self.maximumDepth else { throw error("More than 512 levels are nested.", cursor) }
                closer = JSONByte.closer(of: byte)
                tape.open(start)
                cursor += 1
                byte = source.token(&cursor)
                if byte == closer { break }
                tape.countMember()
                continue values
            case JSONByte.minus, UInt8(ascii: "0")...UInt8(ascii: "9"):
                guard let end = source.endOfNumber(start, first: byte) else {
                    throw error("A number is incomplete.", start)
                }
                cursor = end
                tape.append(start, detail: UInt32(truncatingIfNeeded: cursor - source.base))
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
                byte = source.token(&cursor)
                if closer == 0 { break values }
                if byte == JSONByte.comma {
                    cursor += 1
                    byte = source.token(&cursor)
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
        guard cursor == source.end else { throw error("Text follows the value.", cursor) }
        return tape.finish()
    }

    func error(_ message: String, _ place: UnsafePointer<UInt8>) -> SyntaxError {
        SyntaxError(message: message, offset: place - source.base)
    }

    /// Steps over a string, and returns its `detail` on the tape.
    @inline(__always)
    private func skipString(_ cursor: inout UnsafePointer<UInt8>) throws(SyntaxError) -> UInt32 {
        let start = cursor + 1
        let place = source.nextSpecialOrNonASCII(start)
        var detail = UInt32(truncatingIfNeeded: place - start) << 1
        if source.byte(at: place) != JSONByte.quote { detail = try detailOfString(from: start, plainTo: place) }
        cursor = start + Int(detail >> 1) + 1
        return detail
    }

    @inline(__always)
    private func skip(_ literal: StaticString, _ cursor: inout UnsafePointer<UInt8>) throws(SyntaxError) {
        guard let end = source.endOfLiteral(literal, cursor) else { throw error("A value was expected.", cursor) }
        cursor = end
    }
}
