// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOConcurrencyHelpers

/// What handlers note, in order.
package final class Notes: Sendable {
    private let lines = NIOLockedValueBox<[String]>([])

    package init() {}

    package func add(_ line: String) { self.lines.withLockedValue { $0.append(line) } }
    package var all: [String] { self.lines.withLockedValue { $0 } }
}
