// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// The causes for which a session does not read from its client. It reads again when all are gone.
package struct ReadingPauses: OptionSet, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// The layer above is behind.
    package static let handlers = ReadingPauses(rawValue: 1)
    /// See ``Session/freeze()``.
    package static let frozen = ReadingPauses(rawValue: 2)
    /// The client sends faster than it may; see ``InboundAllowance``.
    package static let rate = ReadingPauses(rawValue: 4)
}
