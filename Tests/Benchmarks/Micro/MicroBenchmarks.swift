// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import CAllocationCounter

/// Counts the allocations that the layers of this package make, each by itself and all together, without a network.
@main
struct MicroBenchmarks: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "micro-benchmarks",
        abstract: "Prints how often each benchmark allocates memory.",
        discussion: """
            Counting works with glibc only. What this package is compared with has no limits.
            """
    )

    @Option(help: "Only benchmarks with this in their name.") var only = ""
    @Flag(help: "Print the names and how often each benchmark is repeated, and nothing else.") var list = false
    @Option(name: .customLong("run"), help: "Run this benchmark and print nothing, as for a profiler.")
    var profiled: String?
    @Option(help: "How often, with --run.") var iterations: Int?
    @Option(help: "Compare the counts with the limits in this file, fail where one is above.") var check: String?
    @Option(help: "Write the counts to this file, as limits.") var update: String?

    @Option(help: "Let so many clients come and go, and fail when memory stays in use after them.") var soak: Int?

    mutating func run() async throws {
        if let cycles = self.soak {
            count_bytes()
            let (before, after) = try await Soak().run(cycles: cycles)
            print("bytes in use after \(cycles / 2) clients: \(before), after \(cycles): \(after)")
            guard Double(after) < Double(before) * 1.05 else { throw Unexpected("memory stays in use") }
            return
        }
        let benchmarks = Benchmark.all.filter { self.only.isEmpty || $0.name.contains(self.only) }
        if let name = self.profiled {
            guard let benchmark = Benchmark.all.first(where: { $0.name == name }) else {
                throw ValidationError("--run: there is no benchmark '\(name)'.")
            }
            return try benchmark.run(self.iterations ?? benchmark.iterations)
        }
        if self.list {
            for benchmark in benchmarks { print(benchmark.name, benchmark.iterations) }
            return
        }
        let before = allocation_count()
        use([before])
        guard allocation_count() > before else { throw Unexpected("allocations cannot be counted here") }
        try self.measure(benchmarks)
    }

    private func measure(_ benchmarks: [Benchmark]) throws {
        var counts: [String: Double] = [:]
        for benchmark in benchmarks {
            let count = try benchmark.allocationsPerIteration()
            print(benchmark.name, AllocationLimits.text(count))
            if benchmark.isOurs { counts[benchmark.name] = count }
        }
        if let path = self.update { try AllocationLimits(counts: counts).write(to: path) }
        guard let path = self.check else { return }
        let limits = try AllocationLimits(contentsOf: path)
        for name in limits.tooHigh(for: counts) { print("\(name): fewer than the limit, which --update lowers") }
        let complaints = limits.complaints(about: counts)
        for complaint in complaints { print("error: \(complaint)") }
        guard complaints.isEmpty else { throw ExitCode.failure }
    }
}
