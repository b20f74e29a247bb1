// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

extension String {
    /// Whether a list field has this element; upper and lower case count as equal (RFC 9110, 5.6.1).
    func hasToken(_ token: String) -> Bool {
        if self.isSame(token) { return true }
        return self.utf8.split(separator: UInt8(ascii: ",")).contains { element in
            let isBlank: (UInt8) -> Bool = { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
            return Self.isSame(element.drop(while: isBlank).prefix { !isBlank($0) }, token)
        }
    }

    /// Whether this is the same text; upper and lower case count as equal.
    func isSame(_ text: String) -> Bool {
        self == text || Self.isSame(self.utf8, text)
    }

    private static func isSame(_ left: some Collection<UInt8>, _ right: String) -> Bool {
        left.count == right.utf8.count
            && left.elementsEqual(right.utf8) { Self.lowercase($0) == Self.lowercase($1) }
    }

    private static func lowercase(_ byte: UInt8) -> UInt8 {
        UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte ? byte | 0x20 : byte
    }
}
