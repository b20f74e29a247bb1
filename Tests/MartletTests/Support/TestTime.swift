// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletTestSupport

extension TestTime {
    /// Waits until something is so.
    /// - Throws: ``TestFailure/timedOut(_:)``.
    static func wait(for what: String, until condition: () async throws -> Bool) async throws {
        let deadline = ContinuousClock.now + limit
        while try await !condition() {
            if ContinuousClock.now > deadline { throw TestFailure.timedOut(what) }
            try await Task.sleep(for: .milliseconds(2))
        }
    }
}

enum TestFailure: Error, Equatable {
    case timedOut(String)
    /// The peer has closed the connection.
    case ended
    case unexpected(String)
}
