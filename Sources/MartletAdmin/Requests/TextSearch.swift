// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// Finds a text within others. Case makes no difference to ASCII letters.
struct TextSearch: Sendable {
    private let wanted: [UInt8]

    /// - Returns: `nil` when any text will do.
    init?(_ text: String?) {
        guard let text, !text.isEmpty else { return nil }
        self.wanted = text.utf8.map(Self.folded)
    }

    func finds(in text: String) -> Bool {
        var text = text
        return text.withUTF8 { bytes in
            guard bytes.count >= self.wanted.count else { return false }
            return (0...bytes.count - self.wanted.count).contains { start in
                self.wanted.indices.allSatisfy { Self.folded(bytes[start + $0]) == self.wanted[$0] }
            }
        }
    }

    @inline(__always)
    private static func folded(_ byte: UInt8) -> UInt8 {
        UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte ? byte | 0x20 : byte
    }
}
