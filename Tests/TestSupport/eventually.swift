// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// What a test has waited for in vain.
package struct NothingHappened: Error {
    let what: String

    package init(what: String) {
        self.what = what
    }
}

/// Waits until something is so.
/// - Throws: ``NothingHappened`` after ``TestTime/limit`` of real time.
package func eventually(
    isolation: isolated (any Actor)? = #isolation,
    _ what: String = "",
    _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + TestTime.limit
    while try await !condition() {
        if ContinuousClock.now > deadline { throw NothingHappened(what: what) }
        await suspendForAnotherThread()
    }
}
