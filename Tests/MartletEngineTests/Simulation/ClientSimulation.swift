// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import EngineIOWire
import Logging
import MartletEngine
import MartletTestSupport
import NIOCore
import NIOEmbedded

@testable import MartletClientEngine

/// One lossless session with the real machines on both sides, and a network between them that cuts, stalls, delays and
/// repeats, while the client is told to switch. All of it follows from the seed.
final class ClientSimulation: ClientSessionHandler {
    enum Outcome: Equatable {
        /// Every message arrived, once and in order, both ways.
        case complete
        /// The session ended, both sides were told, and what arrived until then was in order.
        case ended(String)
        case wrong([String])
    }

    private let messages: Int
    private var random: SeededGenerator
    private let server: SimulatedServer
    private let loop = EmbeddedEventLoop()
    private var wires: [SimulatedWire] = []
    private var transports: [SimulatedClientTransport] = []
    /// Requests that something between has kept, to bring them once more.
    private var repeats: [(request: SimulatedRequest, wire: SimulatedWire)] = []
    private var step = 0
    private var isCalm = false
    private var session: ClientSession?

    private var isOpen = false
    private var receivedCount = 0
    private var sentCount = 0
    private(set) var moveCount = 0
    private var ends: [SessionEndReason] = []
    private var faults: [String] = []

    init(seed: UInt64, messages: Int) {
        self.messages = messages
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
        self.server.application.session?.resumeReading()
        for _ in 0..<4000 where !self.isOver && !self.isComplete { self.takeStep() }
        let outcome = self.outcome()
        self.session?.end("over")
        self.session = nil
        return outcome
    }

    private func open() {
        var configuration = ClientSessionConfiguration()
        configuration.transports = Self.transports.shuffled(using: &self.random)
        // The simulated server does not know probes.
        configuration.climbs = false
        let session = ClientSession(
            configuration: configuration, eventLoop: self.loop, handler: self, logger: Logger(label: "simulation"),
            random: SeededGenerator(seed: self.random.next())
        ) { [unowned self] name, host in self.makeTransport(name, host) }
        self.session = session
        session.open()
        while !self.isOpen {
            for wire in self.wires { self.deliver(wire) }
            self.server.loop.run()
            self.loop.run()
        }
        self.repeats = []
    }

    private func makeTransport(_ name: TransportName, _ host: any ClientTransportHost) -> any ClientTransport {
        let transport = SimulatedClientTransport(name, host, maxBody: Int.random(in: 1...40, using: &self.random)) {
            [unowned self] in self.wires.append($0)
        }
        self.transports.removeAll { $0.isClosed }
        self.transports.append(transport)
        return transport
    }

    private var hasSentAll: Bool {
        self.sentCount >= self.messages && self.server.application.sentCount >= self.messages
    }

    private var isComplete: Bool {
        self.receivedCount == self.server.application.sentCount
            && self.server.application.receivedCount == self.sentCount && self.session?.unsentBytes == 0
            && self.server.application.disconnects.isEmpty
    }

    private var allFaults: [String] { self.server.application.faults + self.faults }

    private var isOver: Bool {
        !self.ends.isEmpty && !self.server.application.disconnects.isEmpty || !self.allFaults.isEmpty
    }

    private func outcome() -> Outcome {
        let disconnects = self.server.application.disconnects
        var faults = self.allFaults
        if self.ends.count == 1, disconnects.count == 1, faults.isEmpty {
            // What comes back is what the client never handed over.
            let recalled = self.session?.recallUnsent() ?? []
            if let first = recalled.first, first.number <= self.server.application.receivedCount {
                return .wrong(["\(first.number) is to be sent again, and was received"])
            }
            return .ended("\(self.ends[0]), \(disconnects[0])")
        }
        if !disconnects.isEmpty { faults.append("the server said \(disconnects)") }
        if !self.ends.isEmpty { faults.append("the client's session has ended: \(self.ends)") }
        if !self.isComplete {
            faults.append(
                "stuck: \(self.server.application.receivedCount) of \(self.sentCount) up, "
                    + "\(self.receivedCount) of \(self.server.application.sentCount) down")
        }
        return faults.isEmpty ? .complete : .wrong(faults)
    }

    // MARK: One step

    private func takeStep() {
        self.step += 1
        self.send()
        if !self.isCalm { self.disturb() }
        // What does not move is found out, or not: then the machine's own patience ends.
        for wire in self.wires where wire.isCut && !wire.isLeft && self.random.once(in: 40) { self.lose(wire) }
        for wire in self.wires where self.isCalm || !self.random.once(in: 3) { self.deliver(wire) }
        self.wires.removeAll { $0.isOver }
        self.server.loop.advanceTime(by: .milliseconds(Int64.random(in: 1...100, using: &self.random)))
        self.loop.advanceTime(by: .milliseconds(Int64.random(in: 1...100, using: &self.random)))
    }

    private func lose(_ wire: SimulatedWire) {
        for transport in self.transports { transport.lose(wire) }
    }

    private func send() {
        let (up, down) = (Int.random(in: 0...12, using: &self.random), Int.random(in: 0...12, using: &self.random))
        for _ in 0..<up where self.sentCount < self.messages { self.sendUp() }
        for _ in 0..<down where self.server.application.sentCount < self.messages { self.server.application.send() }
    }

    private func sendUp() {
        guard let session = self.session else { return }
        let number = self.sentCount + 1
        let taken: Int?
        let size: Int
        switch number % 4 {
        case 0: (taken, size) = (session.send(binary: ByteBuffer(number: number)), 1)
        case 1:
            let attachments = [ByteBuffer(number: number + 1), ByteBuffer(number: number + 2)]
            (taken, size) = (session.send(text: ByteBuffer(number: number), attachments: attachments), 3)
        default: (taken, size) = (session.send(text: ByteBuffer(number: number)), 1)
        }
        guard let taken else { return }
        self.sentCount += size
        if taken != number { self.faults.append("\(number) is called \(taken)") }
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
        for transport in self.transports { transport.becameWritable(wire) }
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
        if self.random.once(in: 12), let name = Self.transports.randomElement(using: &self.random) {
            _ = self.session?.switchTransport(to: name)
        }
        if self.random.once(in: 60) { self.session?.networkChanged() }
        if self.random.once(in: 40) { self.server.application.session?.pauseReading() }
        if self.random.once(in: 8) { self.server.application.session?.resumeReading() }
        if self.random.once(in: 400) {
            self.server.loop.advanceTime(by: .seconds(20))
            self.loop.advanceTime(by: .seconds(20))
        }
        if !self.repeats.isEmpty, self.random.once(in: 4) {
            let index = Int.random(in: 0..<self.repeats.count, using: &self.random)
            let (request, wire) = self.repeats.remove(at: index)
            if request.transport != .websocket { self.server.received(request, on: wire, isRepeated: true) }
        }
    }

    /// Breaks a connection. Each side may hear of it at once, or find out by itself.
    private func cut(_ wire: SimulatedWire) {
        wire.isCut = true
        if Bool.random(using: &self.random) {
            wire.webSocket?.lost()
            wire.exchange?.lost()
        }
        if Bool.random(using: &self.random) { self.lose(wire) }
    }

    // MARK: ClientSessionHandler

    func sessionOpened(_ session: ClientSession) { self.isOpen = true }
    func session(_ session: ClientSession, receivedText text: ByteBuffer) { self.received(text) }
    func session(_ session: ClientSession, receivedBinary bytes: ByteBuffer) { self.received(bytes) }
    func session(_ session: ClientSession, movedTo transport: TransportName?) {
        if transport != nil { self.moveCount += 1 }
    }
    func sessionDrained(_ session: ClientSession) {}
    func session(_ session: ClientSession, ended reason: SessionEndReason) { self.ends.append(reason) }

    private func received(_ message: ByteBuffer) {
        self.receivedCount += 1
        guard message.number != self.receivedCount else { return }
        self.faults.append("the client got \(message.number ?? -1) instead of \(self.receivedCount)")
    }
}
