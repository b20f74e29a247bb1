// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import NIOConcurrencyHelpers
import Testing

@testable import MartletRedis

struct RedisReporterTests {
    /// Reading the hook once wrapped it in two functions more, and the stack overflowed in the end.
    @Test func theHookIsCalledAnyNumberOfTimes() {
        let reporter = RedisReporter(name: "test")
        let count = NIOLockedValueBox(0)
        reporter.setHook { _ in count.withLockedValue { $0 += 1 } }
        for _ in 0..<100_000 { reporter.report(.connected) }
        #expect(count.withLockedValue { $0 } == 100_000)
    }
}
