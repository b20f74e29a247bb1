// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEngine
import MartletTestSupport
import NIOCore
import NIOEmbedded

/// One session, a client that sends and a server that sends, and a network between them that cuts, stalls, delays and
/// repeats, while the client moves from transport to transport. All of it follows from the seed.
final class LosslessSimulation {
    private let messages: Int
    private let network: SimulatedNetwork
    private var server: SimulatedServer { self.network.server }
    private lazy var client = SimulatedClient { [unowned self] in self.network.add($0) }

    /// How often the client attached.
    var attachCount: Int { self.client.openCount - 1 }

    /// How often the session went to another server.
    var handoverCount: Int { self.server.handoverCount }
    private let handsOver: Bool

    /// - Parameter handsOver: whether the session goes from server to server, too.
    init(seed: UInt64, messages: Int, handsOver: Bool = false) {
        self.messages = messages
        self.handsOver = handsOver
        self.network = SimulatedNetwork(seed: seed)
        self.network.onLoss = { [unowned self] in self.client.lost($0) }
    }

    func run() -> SimulationOutcome {
        self.client.open(self.anyTransport())
        self.network.open { self.client.current != nil }
        while !self.hasSentAll, !self.isOver { self.takeStep() }
        self.network.calm()
        for _ in 0..<3000 where !self.isOver && !self.isComplete { self.takeStep() }
        return self.outcome()
    }

    private func anyTransport() -> TransportName {
        SimulatedNetwork.transports.randomElement(using: &self.network.random) ?? .polling
    }

    private var hasSentAll: Bool {
        self.client.sentCount == self.messages && self.server.application.sentCount == self.messages
    }

    private var isComplete: Bool {
        self.client.receivedCount == self.messages && self.server.application.receivedCount == self.messages
            && !self.client.hasUnacknowledged && self.server.application.disconnects.isEmpty
    }

    private var faults: [String] { self.server.application.faults + self.client.faults }

    private var isOver: Bool {
        self.client.isEnded && !self.server.application.disconnects.isEmpty || !self.faults.isEmpty
    }

    private func outcome() -> SimulationOutcome {
        let disconnects = self.server.application.disconnects
        var faults = self.faults
        if self.client.isEnded, disconnects.count == 1, faults.isEmpty { return .ended("\(disconnects[0])") }
        if !disconnects.isEmpty { faults.append("the server said \(disconnects)") }
        if self.client.isEnded { faults.append("the client was told that the session has ended") }
        if !self.isComplete {
            faults.append("stuck: \(self.server.application.receivedCount) up, \(self.client.receivedCount) down")
        }
        return faults.isEmpty ? .complete : .wrong(faults)
    }

    // MARK: One step

    private func takeStep() {
        self.network.beginStep()
        self.send()
        if !self.network.isCalm { self.disturb() }
        self.network.losePatience(onceIn: 8)
        if self.client.current == nil, self.client.attempt == nil { self.client.attach(self.anyTransport()) }
        self.client.pump(maxBody: Int.random(in: 1...40, using: &self.network.random))
        self.network.deliver()
    }

    private func send() {
        let up = Int.random(in: 0...12, using: &self.network.random)
        let down = Int.random(in: 0...12, using: &self.network.random)
        for _ in 0..<up where self.client.sentCount < self.messages { self.client.send() }
        for _ in 0..<down where self.server.application.sentCount < self.messages { self.server.application.send() }
    }

    private func disturb() {
        self.network.disturb()
        // A switch by hand, often while another is under way.
        if self.network.random.once(in: 12) { self.client.attach(self.anyTransport()) }
        if self.network.random.once(in: 25) { self.client.acknowledge() }
        if self.handsOver { self.moveOn() }
        if self.network.random.once(in: 400) { self.server.loop.advanceTime(by: .seconds(20)) }
    }

    /// The session is frozen for a while, and then goes to another server, or stays.
    private func moveOn() {
        guard let session = self.server.application.session else { return }
        if !session.isFrozen {
            if self.network.random.once(in: 20) { _ = session.freeze() }
        } else if self.network.random.once(in: 3) {
            if self.network.random.once(in: 4) { session.thaw() } else { self.server.handOver() }
        }
    }
}
