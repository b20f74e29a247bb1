// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// How many events of a socket admins are told in a second: no more than anybody can read.
struct EventBudget {
    static let eventsPerSecond = 50

    private var second = 0
    private var count = 0
    private var skipped = 0

    /// - Parameter time: in milliseconds.
    /// - Returns: how many events were left out before this one; `nil` when this one is left out, too.
    mutating func take(at time: Int) -> Int? {
        if self.second != time / 1000 { (self.second, self.count) = (time / 1000, 0) }
        self.count += 1
        guard self.count <= Self.eventsPerSecond else {
            self.skipped += 1
            return nil
        }
        defer { self.skipped = 0 }
        return self.skipped
    }
}
