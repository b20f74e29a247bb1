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
/// - Throws: ``NothingHappened`` after ``TestTime/limit`` of real time, and a thousand looks: where tasks wait long for a
///   thread, what a test waits for does, too.
package func eventually(
    isolation: isolated (any Actor)? = #isolation,
    _ what: String = "",
    _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + TestTime.limit
    var looks = 0
    while try await !condition() {
        looks += 1
        if looks > 1000, ContinuousClock.now > deadline { throw NothingHappened(what: what) }
        await suspendForAnotherThread()
    }
}
