// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import EngineIOWire
import MartletEngine
import MartletTestSupport
import NIOCore
import NIOEmbedded

/// One session, a client that sends and a server that sends, and a network between them that cuts, stalls, delays and
/// repeats, while the client moves from transport to transport. All of it follows from the seed.
final class LosslessSimulation {
    enum Outcome: Equatable {
        /// Every message arrived, once and in order, both ways.
        case complete
        /// The session ended, both sides were told, and what arrived until then was in order.
        case ended(DisconnectReason)
        case wrong([String])
    }

    private let messages: Int
    private var random: SeededGenerator
    private let server: SimulatedServer
    private var wires: [SimulatedWire] = []
    /// Requests that something between has kept, to bring them once more.
    private var repeats: [(request: SimulatedRequest, wire: SimulatedWire)] = []
    private var step = 0
    private var isCalm = false
    private lazy var client = SimulatedClient { [unowned self] in self.wires.append($0) }

    /// How often the client attached.
    var attachCount: Int { self.client.openCount - 1 }

    /// How often the session went to another server.
    var handoverCount: Int { self.server.handoverCount }
    private let handsOver: Bool

    /// - Parameter handsOver: whether the session goes from server to server, too.
    init(seed: UInt64, messages: Int, handsOver: Bool = false) {
        self.messages = messages
        self.handsOver = handsOver
        var random = SeededGenerator(seed: seed)
        self.server = SimulatedServer(buffer: [200, 4096, 1 << 20].randomElement(using: &random) ?? 4096)
        self.random = random
    }

    private static let transports: [TransportName] = [.websocket, .sse, .polling]

    func run() -> Outcome {
        self.open()
        while !self.hasSentAll, !self.isOver { self.takeStep() }
        // Whatever has been lost by now must be mended once the network is.
        self.isCalm = true
        self.repeats = []
        self.server.application.session?.thaw()
        self.server.application.session?.resumeReading()
        for _ in 0..<3000 where !self.isOver && !self.isComplete { self.takeStep() }
        return self.outcome()
    }

    private func open() {
        self.client.open(self.anyTransport())
        while self.client.current == nil {
            for wire in self.wires { self.deliver(wire) }
            self.server.loop.run()
        }
        // A handshake that is repeated makes a session of its own, which nobody knows.
        self.repeats = []
    }

    private func anyTransport() -> TransportName {
        Self.transports.randomElement(using: &self.random) ?? .polling
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

    private func outcome() -> Outcome {
        let disconnects = self.server.application.disconnects
        var faults = self.faults
        if self.client.isEnded, disconnects.count == 1, faults.isEmpty { return .ended(disconnects[0]) }
        if !disconnects.isEmpty { faults.append("the server said \(disconnects)") }
        if self.client.isEnded { faults.append("the client was told that the session has ended") }
        if !self.isComplete {
            faults.append("stuck: \(self.server.application.receivedCount) up, \(self.client.receivedCount) down")
        }
        return faults.isEmpty ? .complete : .wrong(faults)
    }

    // MARK: One step

    private func takeStep() {
        self.step += 1
        self.send()
        if !self.isCalm { self.disturb() }
        // The client loses patience with what does not move.
        for wire in self.wires where wire.isCut && !wire.isLeft && self.random.once(in: 8) { self.client.lost(wire) }
        if self.client.current == nil, self.client.attempt == nil { self.client.attach(self.anyTransport()) }
        self.client.pump(maxBody: Int.random(in: 1...40, using: &self.random))
        for wire in self.wires where self.isCalm || !self.random.once(in: 3) { self.deliver(wire) }
        self.wires.removeAll { $0.isOver }
        self.server.loop.advanceTime(by: .milliseconds(Int64.random(in: 1...100, using: &self.random)))
    }

    private func send() {
        let (up, down) = (Int.random(in: 0...12, using: &self.random), Int.random(in: 0...12, using: &self.random))
        for _ in 0..<up where self.client.sentCount < self.messages { self.client.send() }
        for _ in 0..<down where self.server.application.sentCount < self.messages { self.server.application.send() }
    }

    // MARK: The network

    private func deliver(_ wire: SimulatedWire) {
        guard !wire.isCut, self.isCalm || wire.stalledUntil <= self.step else { return }
        let limit = self.isCalm ? Int.max : Int.random(in: 1...30, using: &self.random)
        self.deliverUp(wire, limit)
        self.server.loop.run()
        self.deliverDown(wire, limit)
    }

    private func deliverUp(_ wire: SimulatedWire, _ limit: Int) {
        var index = 0
        while index < wire.up.count, index < limit, !wire.isReadingPaused {
            let event = wire.up[index]
            index += 1
            switch event {
            case .request(let request):
                if !self.isCalm, self.random.once(in: 12) { self.repeats.append((request, wire)) }
                self.server.received(request, on: wire, isRepeated: false)
            case .packet(let packet):
                guard let transport = wire.webSocket, transport.isOpen else { continue }
                transport.session?.received(packet, from: transport)
            case .closed:
                wire.webSocket?.lost()
                wire.exchange?.lost()
            }
        }
        wire.up.removeFirst(index)
    }

    private func deliverDown(_ wire: SimulatedWire, _ limit: Int) {
        guard !wire.isLeft, !wire.down.isEmpty else { return }
        let events = wire.down.prefix(limit)
        wire.down.removeFirst(events.count)
        for event in events where !wire.isLeft { wire.onDown(event) }
        if let transport = wire.webSocket { transport.session?.transportBecameWritable(transport) }
        wire.exchange?.onWritable?()
    }

    // MARK: The adversary

    private func disturb() {
        if self.random.once(in: 15), let wire = self.wires.randomElement(using: &self.random) { self.cut(wire) }
        if self.random.once(in: 10), let wire = self.wires.randomElement(using: &self.random) {
            wire.stalledUntil = self.step + Int.random(in: 1...60, using: &self.random)
        }
        // A switch by hand, often while another is under way.
        if self.random.once(in: 12) { self.client.attach(self.anyTransport()) }
        if self.random.once(in: 25) { self.client.acknowledge() }
        if self.random.once(in: 40) { self.server.application.session?.pauseReading() }
        if self.random.once(in: 8) { self.server.application.session?.resumeReading() }
        if self.handsOver { self.moveOn() }
        if self.random.once(in: 400) { self.server.loop.advanceTime(by: .seconds(20)) }
        if !self.repeats.isEmpty, self.random.once(in: 4) {
            let index = Int.random(in: 0..<self.repeats.count, using: &self.random)
            let (request, wire) = self.repeats.remove(at: index)
            if request.transport != .websocket { self.server.received(request, on: wire, isRepeated: true) }
        }
    }

    /// The session is frozen for a while, and then goes to another server, or stays.
    private func moveOn() {
        guard let session = self.server.application.session else { return }
        if !session.isFrozen {
            if self.random.once(in: 20) { _ = session.freeze() }
        } else if self.random.once(in: 3) {
            if self.random.once(in: 4) { session.thaw() } else { self.server.handOver() }
        }
    }

    /// Breaks a connection. The server may hear of it at once or by a ping that is not answered, the client now or when
    /// it loses patience.
    private func cut(_ wire: SimulatedWire) {
        wire.isCut = true
        if Bool.random(using: &self.random) {
            wire.webSocket?.lost()
            wire.exchange?.lost()
        }
        if Bool.random(using: &self.random) { self.client.lost(wire) }
    }
}
