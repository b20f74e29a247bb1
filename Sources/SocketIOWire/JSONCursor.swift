// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// The scanner at work on one text.
///
/// What changes are variables of ``scanText(elements:)``, not members, and what it calls out of line takes and returns
/// places by value: so they stay in registers.
struct JSONCursor {
    typealias Place = UnsafePointer<UInt8>

    private let base: Place
    let end: Place
    /// The last address from which eight bytes can be read. An integer, for in a short text it is no place in it.
    let lastWord: UInt
    private let maxDepth: Int

    /// - Parameter bytes: not empty.
    private init(_ base: Place, count: Int, maxDepth: Int) {
        self.base = base
        self.end = base + count
        self.lastWord = UInt(bitPattern: self.end) - 8
        self.maxDepth = maxDepth
    }

    /// Scans a whole text; when it is an array, `elements` gets the range of each element.
    static func scan(
        _ bytes: UnsafeRawBufferPointer,
        maxDepth: Int,
        elements: inout ElementRanges
    ) -> Result<JSONKind, JSONFault> {
        guard let base = bytes.baseAddress, !bytes.isEmpty else { return .failure(.malformed) }
        return JSONCursor(base.assumingMemoryBound(to: UInt8.self), count: bytes.count, maxDepth: maxDepth)
            .scanText(elements: &elements)
    }

    private func scanText(elements: inout ElementRanges) -> Result<JSONKind, JSONFault> {
        var cursor = base
        // The byte at the cursor.
        var byte = token(&cursor)
        let kind = Self.kind(of: byte)
        var open = OpenContainers()
        var elementStart = cursor
        values: while true {
            // Here a value begins.
            if open.depth == 1 { elementStart = cursor }
            switch byte {
            case UInt8(ascii: "\""):
                guard skipString(&cursor) else { return .failure(.malformed) }
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                guard open.depth < maxDepth else { return .failure(.tooDeep) }
                let isObject = byte == UInt8(ascii: "{")
                open.push(isObject: isObject)
                cursor += 1
                byte = token(&cursor)
                if byte == open.closer {
                    cursor += 1
                    open.pop()
                } else {
                    if isObject {
                        guard skipKey(byte, &cursor) else { return .failure(.malformed) }
                        byte = token(&cursor)
                    }
                    continue values
                }
            case UInt8(ascii: "t"):
                guard skip("true", &cursor) else { return .failure(.malformed) }
            case UInt8(ascii: "f"):
                cursor += 1
                guard skip("alse", &cursor) else { return .failure(.malformed) }
            case UInt8(ascii: "n"):
                guard skip("null", &cursor) else { return .failure(.malformed) }
            default:
                guard skipNumber(&cursor) else { return .failure(.malformed) }
            }

            // Here a value has ended, and with it perhaps some of those around it.
            while true {
                if open.depth == 0 { break values }
                if open.depth == 1, kind == .array { elements.append(from: elementStart - base, to: cursor - base) }
                byte = token(&cursor)
                if byte == UInt8(ascii: ",") {
                    cursor += 1
                    byte = token(&cursor)
                    if open.isInObject {
                        guard skipKey(byte, &cursor) else { return .failure(.malformed) }
                        byte = token(&cursor)
                    }
                    continue values
                }
                guard byte == open.closer else { return .failure(.malformed) }
                cursor += 1
                open.pop()
            }
        }
        _ = token(&cursor)
        return cursor == end ? .success(kind) : .failure(.malformed)
    }

    private static func kind(of first: UInt8) -> JSONKind {
        switch first {
        case UInt8(ascii: "{"): .object
        case UInt8(ascii: "["): .array
        case UInt8(ascii: "\""): .string
        case UInt8(ascii: "t"), UInt8(ascii: "f"): .bool
        case UInt8(ascii: "n"): .null
        default: .number
        }
    }
}

/// The arrays and objects that are open around a place.
private struct OpenContainers {
    private(set) var depth = 0
    /// One bit for each open array (0) or object (1), the innermost lowest.
    private var areObjects: UInt64 = 0
    /// Full words of `areObjects`, pushed each 64 levels, so that what is not nested deep allocates nothing.
    private var outer: [UInt64] = []

    var isInObject: Bool {
        @inline(__always) get { areObjects & 1 != 0 }
    }

    /// What closes the innermost.
    var closer: UInt8 {
        @inline(__always) get { isInObject ? UInt8(ascii: "}") : UInt8(ascii: "]") }
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
