// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// What an admin must know.
struct AdminToken: Sendable {
    static let shortest = 16

    private let bytes: [UInt8]

    /// - Returns: `nil` for one that is too short.
    init?(_ text: String) {
        guard text.utf8.count >= Self.shortest else { return nil }
        self.bytes = Array(text.utf8)
    }

    /// Takes the same time wherever a text differs, so that the time does not tell how much of it is right.
    func matches(_ text: String) -> Bool {
        let given = Array(text.utf8)
        var difference = given.count ^ self.bytes.count
        for (index, byte) in self.bytes.enumerated() {
            difference |= Int(byte ^ (index < given.count ? given[index] : 0))
        }
        return difference == 0
    }
}
