// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// The place of an entry in a journal. Later entries have greater places.
package struct JournalOffset: Hashable, Comparable, Sendable {
    package let milliseconds: UInt64
    package let number: UInt64

    package init(milliseconds: UInt64, number: UInt64) {
        self.milliseconds = milliseconds
        self.number = number
    }

    /// Before all entries.
    package static let zero = JournalOffset(milliseconds: 0, number: 0)

    package static func < (left: JournalOffset, right: JournalOffset) -> Bool {
        (left.milliseconds, left.number) < (right.milliseconds, right.number)
    }
}

extension JournalOffset: LosslessStringConvertible {
    /// Two decimal numbers: what Redis calls the id of an entry. Any other way to write them is no offset.
    package init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let milliseconds = UInt64(parts[0]), let number = UInt64(parts[1]) else { return nil }
        self.init(milliseconds: milliseconds, number: number)
        guard self.description == text else { return nil }
    }

    package var description: String { "\(self.milliseconds)-\(self.number)" }
}

extension JournalOffset: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let offset = JournalOffset(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "This is no offset.")
        }
        self = offset
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(self.description)
    }
}
