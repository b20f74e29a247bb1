// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import CAllocationCounter

/// Something done over and over, with a name.
struct Benchmark: Sendable {
    let name: String
    /// How often it is done to be measured: the same number always, so that counts can be compared.
    let iterations: Int
    /// Whether it measures this package, and not what the package is compared with.
    let isOurs: Bool
    /// Sets up, and does it so many times.
    let run: @Sendable (_ iterations: Int) throws -> Void

    init(
        _ name: String, iterations: Int = 1000, isOurs: Bool = true, _ run: @escaping @Sendable (Int) throws -> Void
    ) {
        self.name = name
        self.iterations = iterations
        self.isOurs = isOurs
        self.run = run
    }

    static let all = webSocket + packets + arguments + events

    /// What the benchmark allocates each time.
    ///
    /// What twice the iterations allocate over once, so that the set-up does not count; all was run once before, so
    /// that neither does what only the first run needs.
    func allocationsPerIteration() throws -> Double {
        try run(iterations)
        let once = try allocations(iterations)
        let twice = try allocations(2 * iterations)
        return Double(twice - once) / Double(iterations)
    }

    private func allocations(_ iterations: Int) throws -> Int {
        let before = allocation_count()
        try run(iterations)
        return Int(allocation_count() - before)
    }
}

/// Uses a value, as far as the optimizer knows.
@inline(never)
@_optimize(none)
func use<Value>(_ value: borrowing Value) {}

/// What a benchmark relies on is not so.
struct Unexpected: Error {
    let what: String

    init(_ what: String) { self.what = what }
}
