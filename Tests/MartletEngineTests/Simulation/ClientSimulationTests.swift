// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Testing

/// The client's real machine on one side and the server's on the other: every message arrives exactly once and in order.
struct ClientSimulationTests {
    private static let seeds = 400

    @Test(arguments: SimulationRuns.parts)
    func everyMessageArrivesOnceAndInOrder(part: Int) {
        SimulationRuns.expectCompletion(part: part, of: Self.seeds, moves: 4) { seed in
            let simulation = ClientSimulation(seed: seed, messages: SimulationRuns.messages)
            return (simulation.run(), simulation.moveCount)
        }
    }
}
