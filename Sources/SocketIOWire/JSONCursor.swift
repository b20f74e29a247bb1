// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import JSONGrammar

/// Scans one JSON text.
///
/// The scan's state is in local variables of ``scanText(elements:)``, not in members, so that it stays in registers.
struct JSONCursor {
    private let source: JSONSource
    private let maxDepth: Int

    /// Scans a whole text; when it is an array, `elements` gets the range of each element.
    static func scan(
        _ bytes: UnsafeRawBufferPointer,
        maxDepth: Int,
        elements: inout ElementRanges
    ) -> Result<JSONKind, JSONFault> {
        guard let source = JSONSource(bytes), !bytes.isEmpty else { return .failure(.malformed) }
        return JSONCursor(source: source, maxDepth: maxDepth).scanText(elements: &elements)
    }

    private func scanText(elements: inout ElementRanges) -> Result<JSONKind, JSONFault> {
        var cursor = source.base
        // The byte at the cursor.
        var byte = source.token(&cursor)
        let kind = Self.kind(of: byte)
        var open = OpenContainers()
        var elementStart = cursor
        values: while true {
            // A value begins at the cursor.
            if open.depth == 1 { elementStart = cursor }
            switch byte {
            case JSONByte.quote:
                guard let end = source.endOfString(cursor) else { return .failure(.malformed) }
                cursor = end
            case JSONByte.openBracket, JSONByte.openBrace:
                guard open.depth < maxDepth else { return .failure(.tooDeep) }
                let isObject = byte == JSONByte.openBrace
                open.push(isObject: isObject)
                cursor += 1
                byte = source.token(&cursor)
                if byte == open.closer {
                    cursor += 1
                    open.pop()
                } else {
                    if isObject {
                        guard skipKey(byte, &cursor) else { return .failure(.malformed) }
                        byte = source.token(&cursor)
                    }
                    continue values
                }
            case UInt8(ascii: "t"):
                guard let end = source.endOfLiteral("true", cursor) else { return .failure(.malformed) }
                cursor = end
            case UInt8(ascii: "f"):
                guard let end = source.endOfLiteral("false", cursor) else { return .failure(.malformed) }
                cursor = end
            case UInt8(ascii: "n"):
                guard let end = source.endOfLiteral("null", cursor) else { return .failure(.malformed) }
                cursor = end
            default:
                guard let end = source.endOfNumber(cursor, first: byte) else { return .failure(.malformed) }
                cursor = end
            }

            // A value has ended. It may be the last one of the containers around it.
            while true {
                if open.depth == 0 { break values }
                if open.depth == 1, kind == .array {
                    elements.append(from: elementStart - source.base, to: cursor - source.base)
                }
                byte = source.token(&cursor)
                if byte == JSONByte.comma {
                    cursor += 1
                    byte = source.token(&cursor)
                    if open.isInObject {
                        guard skipKey(byte, &cursor) else { return .failure(.malformed) }
                        byte = source.token(&cursor)
                    }
                    continue values
                }
                guard byte == open.closer else { return .failure(.malformed) }
                cursor += 1
                open.pop()
            }
        }
        _ = source.token(&cursor)
        return cursor == source.end ? .success(kind) : .failure(.malformed)
    }

    /// Moves the cursor past a member's name, whose first byte is `byte`, and its colon.
    /// - Returns: false when they are malformed; the cursor's place is then unspecified.
    @inline(__always)
    private func skipKey(_ byte: UInt8, _ cursor: inout UnsafePointer<UInt8>) -> Bool {
        guard byte == JSONByte.quote, let end = source.endOfString(cursor) else { return false }
        cursor = end
        guard source.token(&cursor) == JSONByte.colon else { return false }
        cursor += 1
        return true
    }

    private static func kind(of first: UInt8) -> JSONKind {
        switch first {
        case JSONByte.openBrace: .object
        case JSONByte.openBracket: .array
        case JSONByte.quote: .string
        case UInt8(ascii: "t"), UInt8(ascii: "f"): .bool
        case UInt8(ascii: "n"): .null
        default: .number
        }
    }
}

/// The arrays and objects that are open at the cursor.
private struct OpenContainers {
    private(set) var depth = 0
    /// One bit for each open array (0) or object (1), the innermost in the lowest bit.
    private var areObjects: UInt64 = 0
    /// Full words of `areObjects`, one for each 64 levels. A text that is nested less than 65 levels deep allocates
    /// nothing.
    private var outer: [UInt64] = []

    var isInObject: Bool {
        @inline(__always) get { areObjects & 1 != 0 }
    }

    /// The bracket that closes the innermost container.
    var closer: UInt8 {
        @inline(__always) get { isInObject ? JSONByte.closeBrace : JSONByte.closeBracket }
    }

    @inline(__always)
    mutating func push(isObject: Bool) {
        if depth & 63 == 0, depth > 0 {
            outer.append(areObjects)
            areObjects = 0
        }
        depth &+= 1
        areObjects = areObjects << 1 | (isObject ? 1 : 0)
    }

    @inline(__always)
    mutating func pop() {
        depth &-= 1
        areObjects >>= 1
        if depth & 63 == 0, let word = outer.popLast() { areObjects = word }
    }
}
