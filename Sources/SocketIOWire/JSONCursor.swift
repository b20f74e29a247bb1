// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// The scanner at work on one text: a position and the stack of what is open around it.
///
/// What runs for each token is inlined into one loop, and what is rare takes and returns a position by value, so that
/// the cursor lives in registers.
struct JSONCursor {
    private let bytes: UnsafeRawBufferPointer
    private let maxDepth: Int
    private(set) var position = 0

    private var depth = 0
    /// One bit for each open array (0) or object (1), the innermost lowest.
    private var openObjects: UInt64 = 0
    /// Full words of `openObjects`, pushed each 64 levels, so that what is not nested deep allocates nothing.
    private var outerOpenObjects: [UInt64] = []

    init(_ bytes: UnsafeRawBufferPointer, maxDepth: Int) {
        self.bytes = bytes
        self.maxDepth = maxDepth
    }

    /// Scans a whole text.
    mutating func scanText(elements: inout ElementRanges) -> Result<JSONKind, JSONFault> {
        skipWhiteSpace()
        guard position < bytes.count else { return .failure(.malformed) }
        let kind: JSONKind
        switch bytes[position] {
        case UInt8(ascii: "{"): kind = .object
        case UInt8(ascii: "["): kind = .array
        case UInt8(ascii: "\""): kind = .string
        case UInt8(ascii: "t"), UInt8(ascii: "f"): kind = .bool
        case UInt8(ascii: "n"): kind = .null
        default: kind = .number
        }
        if let fault = scanValues(isArray: kind == .array, elements: &elements) { return .failure(fault) }
        skipWhiteSpace()
        return position == bytes.count ? .success(kind) : .failure(.malformed)
    }

    /// Scans one value and all that is in it. `isArray`: note its elements.
    @inline(__always)
    private mutating func scanValues(isArray: Bool, elements: inout ElementRanges) -> JSONFault? {
        var elementStart = 0
        while true {
            // Here a value begins.
            skipWhiteSpace()
            if depth == 1 { elementStart = position }
            guard position < bytes.count else { return .malformed }
            switch bytes[position] {
            case UInt8(ascii: "\""):
                guard scanString() else { return .malformed }
            case UInt8(ascii: "["):
                guard push(object: false) else { return .tooDeep }
                guard take(UInt8(ascii: "]")) else { continue }
                pop()
            case UInt8(ascii: "{"):
                guard push(object: true) else { return .tooDeep }
                guard take(UInt8(ascii: "}")) else {
                    guard scanKey() else { return .malformed }
                    continue
                }
                pop()
            case UInt8(ascii: "t"):
                guard advance(to: JSONToken.end(of: "true", in: bytes, from: position)) else { return .malformed }
            case UInt8(ascii: "f"):
                guard advance(to: JSONToken.end(of: "false", in: bytes, from: position)) else { return .malformed }
            case UInt8(ascii: "n"):
                guard advance(to: JSONToken.end(of: "null", in: bytes, from: position)) else { return .malformed }
            default:
                guard advance(to: JSONToken.endOfNumber(in: bytes, from: position)) else { return .malformed }
            }

            // Here a value has ended, and with it perhaps some of those around it.
            closing: while true {
                if depth == 0 { return nil }
                if depth == 1, isArray { elements.append(from: elementStart, to: position) }
                skipWhiteSpace()
                guard position < bytes.count else { return .malformed }
                let byte = bytes[position]
                position += 1
                if openObjects & 1 == 0 {
                    if byte == UInt8(ascii: ",") { break closing }
                    guard byte == UInt8(ascii: "]") else { return .malformed }
                } else {
                    if byte == UInt8(ascii: ",") {
                        guard scanKey() else { return .malformed }
                        break closing
                    }
                    guard byte == UInt8(ascii: "}") else { return .malformed }
                }
                pop()
            }
        }
    }

    // MARK: - The stack

    @inline(__always)
    private mutating func push(object: Bool) -> Bool {
        guard depth < maxDepth else { return false }
        if depth & 63 == 0, depth > 0 {
            outerOpenObjects.append(openObjects)
            openObjects = 0
        }
        depth += 1
        openObjects = openObjects << 1 | (object ? 1 : 0)
        position += 1
        return true
    }

    @inline(__always)
    private mutating func pop() {
        depth -= 1
        openObjects >>= 1
        if depth & 63 == 0, let outer = outerOpenObjects.popLast() { openObjects = outer }
    }

    // MARK: - Tokens

    /// Goes on at `end`, unless a token was malformed.
    @inline(__always)
    private mutating func advance(to end: Int?) -> Bool {
        guard let end else { return false }
        position = end
        return true
    }

    @inline(__always)
    private mutating func skipWhiteSpace() {
        while position < bytes.count {
            let byte = bytes[position]
            guard byte <= 0x20, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 else { return }
            position += 1
        }
    }

    /// Takes `byte` and the white space before it, if it is next.
    @inline(__always)
    private mutating func take(_ byte: UInt8) -> Bool {
        skipWhiteSpace()
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    /// A member's name and its colon.
    @inline(__always)
    private mutating func scanKey() -> Bool {
        skipWhiteSpace()
        guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else { return false }
        return scanString() && take(UInt8(ascii: ":"))
    }

    /// A string from its opening quote to past its closing one.
    @inline(__always)
    private mutating func scanString() -> Bool {
        advance(to: JSONToken.endOfString(in: bytes, from: position))
    }
}
