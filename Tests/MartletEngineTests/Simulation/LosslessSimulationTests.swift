// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Testing

/// Within a session every message arrives exactly once and in order, whatever happens to the transports.
struct LosslessSimulationTests {
    private static let seeds = 1000

    @Test(arguments: SimulationRuns.parts)
    func everyMessageArrivesOnceAndInOrder(part: Int) {
        SimulationRuns.expectCompletion(part: part, of: Self.seeds, moves: 4) { seed in
            let simulation = LosslessSimulation(seed: seed, messages: SimulationRuns.messages)
            return (simulation.run(), simulation.attachCount)
        }
    }

    /// The same while the session goes from server to server, in whatever state it is.
    @Test(arguments: SimulationRuns.parts)
    func everyMessageArrivesOnceAndInOrderWhateverServerHasTheSession(part: Int) {
        SimulationRuns.expectCompletion(part: part, of: Self.seeds, moves: 2) { seed in
            let simulation = LosslessSimulation(seed: seed, messages: SimulationRuns.messages, handsOver: true)
            return (simulation.run(), simulation.handoverCount)
        }
    }
}
