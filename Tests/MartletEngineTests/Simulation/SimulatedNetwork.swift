// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEngine
import MartletTestSupport
import NIOCore
import NIOEmbedded

/// The network between a client and a server. It cuts, stalls, delays and repeats, as follows from the seed.
final class SimulatedNetwork {
    let server: SimulatedServer
    var random: SeededGenerator
    private(set) var wires: [SimulatedWire] = []
    /// Requests that something between has kept, to bring them once more.
    private var repeats: [(request: SimulatedRequest, wire: SimulatedWire)] = []
    private var step = 0
    private(set) var isCalm = false
    /// Called when the client may hear that a connection is lost.
    var onLoss: (SimulatedWire) -> Void = { _ in }
    /// Called when the server has taken what was sent on a connection.
    var onTaken: (SimulatedWire) -> Void = { _ in }

    init(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        self.server = SimulatedServer(buffer: [200, 4096, 1 << 20].randomElement(using: &random) ?? 4096)
        self.random = random
    }

    static let transports: [TransportName] = [.websocket, .sse, .polling]

    func add(_ wire: SimulatedWire) { self.wires.append(wire) }

    /// Delivers everything until the session is open. A handshake that is repeated makes a session of its own, which
    /// nobody knows.
    func open(until isOpen: () -> Bool, _ then: () -> Void = {}) {
        while !isOpen() {
            for wire in self.wires { self.deliver(wire) }
            self.server.loop.run()
            then()
        }
        self.repeats = []
    }

    /// From now on nothing is disturbed: whatever has been lost until now must be mended.
    func calm() {
        self.isCalm = true
        self.repeats = []
        self.server.application.session?.thaw()
        self.server.application.session?.resumeReading()
    }

    /// A time between two steps.
    func someTime() -> TimeAmount { .milliseconds(Int64.random(in: 1...100, using: &self.random)) }

    // MARK: Delivering

    func beginStep() { self.step += 1 }

    /// The client loses patience with what does not move, sooner or later.
    func losePatience(onceIn count: Int) {
        for wire in self.wires where wire.isCut && !wire.isLeft && self.random.once(in: count) { self.onLoss(wire) }
    }

    func deliver() {
        for wire in self.wires where self.isCalm || !self.random.once(in: 3) { self.deliver(wire) }
        self.wires.removeAll { $0.isOver }
        self.server.loop.advanceTime(by: self.someTime())
    }

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
        self.onTaken(wire)
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

    func disturb() {
        if self.random.once(in: 15), let wire = self.wires.randomElement(using: &self.random) { self.cut(wire) }
        if self.random.once(in: 10), let wire = self.wires.randomElement(using: &self.random) {
            wire.stalledUntil = self.step + Int.random(in: 1...60, using: &self.random)
        }
        if self.random.once(in: 40) { self.server.application.session?.pauseReading() }
        if self.random.once(in: 8) { self.server.application.session?.resumeReading() }
        if !self.repeats.isEmpty, self.random.once(in: 4) {
            let index = Int.random(in: 0..<self.repeats.count, using: &self.random)
            let (request, wire) = self.repeats.remove(at: index)
            if request.transport != .websocket { self.server.received(request, on: wire, isRepeated: true) }
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
        if Bool.random(using: &self.random) { self.onLoss(wire) }
    }
}
