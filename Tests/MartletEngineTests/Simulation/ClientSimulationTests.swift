// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEngine
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The client's real machine on one side and the server's on the other: every message arrives exactly once and in order.
///
/// `MARTLET_SOAK_SEEDS`, `MARTLET_SOAK_MESSAGES` and `MARTLET_SOAK_FIRST` as for ``LosslessSimulationTests``.
struct ClientSimulationTests {
    private static func setting(_ name: String, _ standard: Int) -> Int {
        getenv(name).flatMap { Int(String(cString: $0)) } ?? standard
    }

    private static let seeds = setting("MARTLET_SOAK_SEEDS", 400)
    private static let messages = setting("MARTLET_SOAK_MESSAGES", 1000)
    private static let first = setting("MARTLET_SOAK_FIRST", 1)
    private static let parts = 8

    @Test(arguments: 0..<parts)
    func everyMessageArrivesOnceAndInOrder(part: Int) {
        var complete = 0
        var ended = 0
        var moves = 0
        for seed in stride(from: Self.first + part, to: Self.first + Self.seeds, by: Self.parts) {
            let simulation = ClientSimulation(seed: UInt64(seed), messages: Self.messages)
            switch simulation.run() {
            case .complete: complete += 1
            case .ended: ended += 1
            case .wrong(let faults): Issue.record("seed \(seed): \(faults)")
            }
            moves += simulation.moveCount
        }
        // Otherwise the network is so gentle, or so rough, that nothing is shown.
        #expect(complete > ended)
        #expect(moves > 4 * (complete + ended))
    }
}
