// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// Comma-separated header values (RFC 9110, 5.6.1), over any number of header lines.
enum HeaderList {
    /// The elements that are not empty, without the blanks around them. Not for values with quoted strings.
    static func elements(_ lines: [String]) -> [Substring] {
        lines.flatMap { $0.utf8.split(separator: UInt8(ascii: ",")) }.map { trimmed(Substring($0)) }
            .filter { !$0.isEmpty }
    }

    /// Whether `token` is an element; upper and lower case count as equal.
    static func contains(_ token: String, in lines: [String]) -> Bool {
        // Nearly all lists have one element.
        lines.contains { isSame($0, token) } || elements(lines).contains { isSame(String($0), token) }
    }

    /// Whether two texts are the same; upper and lower case count as equal.
    static func isSame(_ left: String, _ right: String) -> Bool {
        // Nearly all clients write a text as its RFC does.
        left.utf8.count == right.utf8.count
            && (left == right || left.utf8.elementsEqual(right.utf8) { lowercase($0) == lowercase($1) })
    }

    private static func lowercase(_ byte: UInt8) -> UInt8 {
        UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte ? byte | 0x20 : byte
    }

    static func trimmed(_ text: Substring) -> Substring {
        var bytes = text.utf8
        while let first = bytes.first, isBlank(first) { bytes.removeFirst() }
        while let last = bytes.last, isBlank(last) { bytes.removeLast() }
        return Substring(bytes)
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

    /// Whether a byte may be part of a token (RFC 9110, 5.6.2).
    static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }

    static func isToken(_ text: some StringProtocol) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy(isTokenByte)
    }
}
