// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// What has come of a simulation.
enum SimulationOutcome: Equatable {
    /// Every message arrived, once and in order, both ways.
    case complete
    /// The session ended, both sides were told, and what arrived until then was in order.
    case ended(String)
    case wrong([String])
}

/// Simulations of many seeds.
///
/// `MARTLET_SOAK_SEEDS` and `MARTLET_SOAK_MESSAGES` make them longer, `MARTLET_SOAK_FIRST` begins with another seed: a
/// failure names the one to repeat.
enum SimulationRuns {
    private static func setting(_ name: String, _ standard: Int) -> Int {
        getenv(name).flatMap { Int(String(cString: $0)) } ?? standard
    }

    static let messages = setting("MARTLET_SOAK_MESSAGES", 1000)
    private static let first = setting("MARTLET_SOAK_FIRST", 1)
    /// Each part is a test of its own, so that they run at the same time.
    static let parts = 0..<8

    /// Runs one part of the seeds.
    /// - Parameters:
    ///   - count: how many seeds there are in all parts together.
    ///   - moves: how often a session must move on the average. Otherwise the network is so gentle that nothing is shown.
    ///   - run: runs one seed, and tells how often its session moved.
    static func expectCompletion(
        part: Int, of count: Int, moves: Int, _ run: (UInt64) -> (outcome: SimulationOutcome, moves: Int)
    ) {
        var (complete, ended, moved) = (0, 0, 0)
        let end = self.first + self.setting("MARTLET_SOAK_SEEDS", count)
        for seed in stride(from: self.first + part, to: end, by: self.parts.count) {
            let result = run(UInt64(seed))
            moved += result.moves
            switch result.outcome {
            case .complete: complete += 1
            case .ended: ended += 1
            case .wrong(let faults): Issue.record("seed \(seed): \(faults)")
            }
        }
        // Otherwise the network is so rough that nothing is shown.
        #expect(complete > ended)
        #expect(moved > moves * (complete + ended))
    }
}
