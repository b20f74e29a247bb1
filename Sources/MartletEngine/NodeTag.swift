// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// The part of a session id that names the node of a cluster where the session was opened: 36 random bits, new for each
/// process.
///
/// As text: six characters of the alphabet of session ids.
package struct NodeTag: Hashable, Sendable, CustomStringConvertible {
    package static let textLength = 6
    static let bits: UInt64 = 36

    /// Never 0, which stands for no tag.
    let value: UInt64

    /// Makes a new tag.
    package init() {
        self.value = .random(in: 1..<1 << Self.bits)
    }

    init?(value: UInt64) {
        guard 1..<1 << Self.bits ~= value else { return nil }
        self.value = value
    }

    package init?(_ text: some StringProtocol) {
        var text = String(text)
        let value = text.withUTF8 { $0.count == Self.textLength ? SessionID.value(of: $0[...]) : nil }
        guard let tag = value.flatMap(Self.init(value:)) else { return nil }
        self = tag
    }

    package var description: String {
        String(unsafeUninitializedCapacity: Self.textLength) { bytes in
            SessionID.put(self.value, digits: Self.textLength, into: bytes, at: 0)
            return Self.textLength
        }
    }
}
