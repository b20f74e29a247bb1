// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import CAllocationCounter

/// A named operation that is repeated and measured.
struct Benchmark: Sendable {
    let name: String
    /// How many iterations a measurement makes: always the same number, so that counts can be compared.
    let iterations: Int
    /// Whether the benchmark measures this package, and not a package that it is compared with.
    let isOurs: Bool
    /// Sets up the benchmark, and makes this many iterations.
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

    /// How many allocations one iteration makes.
    ///
    /// The difference between a run with twice the iterations and a run with the iterations, divided by the iterations,
    /// so that the set-up does not count. A run before both makes the allocations that only a first run makes.
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

/// Makes the optimizer believe that a value is used.
@inline(never)
@_optimize(none)
func use<Value>(_ value: borrowing Value) {}

/// Thrown when a result is not as a benchmark expects it.
struct Unexpected: Error {
    let what: String

    init(_ what: String) { self.what = what }
}
