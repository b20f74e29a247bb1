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
    private let messages: Int
    private let network: SimulatedNetwork
    private var server: SimulatedServer { self.network.server }
    private let loop = EmbeddedEventLoop()
    private var transports: [SimulatedClientTransport] = []
    private var session: ClientSession?

    private var isOpen = false
    private var receivedCount = 0
    private var sentCount = 0
    private(set) var moveCount = 0
    private var ends: [SessionEndReason] = []
    private var faults: [String] = []

    init(seed: UInt64, messages: Int) {
        self.messages = messages
        self.network = SimulatedNetwork(seed: seed)
        self.network.onLoss = { [unowned self] wire in
            for transport in self.transports { transport.lose(wire) }
        }
        self.network.onTaken = { [unowned self] wire in
            for transport in self.transports { transport.becameWritable(wire) }
        }
    }

    func run() -> SimulationOutcome {
        self.open()
        while !self.hasSentAll, !self.isOver { self.takeStep() }
        self.network.calm()
        for _ in 0..<4000 where !self.isOver && !self.isComplete { self.takeStep() }
        let outcome = self.outcome()
        self.session?.end("over")
        self.session = nil
        return outcome
    }

    private func open() {
        var configuration = ClientSessionConfiguration()
        configuration.transports = SimulatedNetwork.transports.shuffled(using: &self.network.random)
        // The simulated server does not know probes.
        configuration.climbs = false
        let session = ClientSession(
            configuration: configuration, eventLoop: self.loop, handler: self, logger: Logger(label: "simulation"),
            random: SeededGenerator(seed: self.network.random.next())
        ) { [unowned self] name, host in self.makeTransport(name, host) }
        self.session = session
        session.open()
        self.network.open {
            self.isOpen
        } _: {
            self.loop.run()
        }
    }

    private func makeTransport(_ name: TransportName, _ host: any ClientTransportHost) -> any ClientTransport {
        let transport = SimulatedClientTransport(
            name, host, maxBody: Int.random(in: 1...40, using: &self.network.random)
        ) {
            [unowned self] in self.network.add($0)
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

    private func outcome() -> SimulationOutcome {
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
        self.network.beginStep()
        self.send()
        if !self.network.isCalm { self.disturb() }
        self.network.losePatience(onceIn: 40)
        self.network.deliver()
        self.loop.advanceTime(by: self.network.someTime())
    }

    private func send() {
        let up = Int.random(in: 0...12, using: &self.network.random)
        let down = Int.random(in: 0...12, using: &self.network.random)
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

    private func disturb() {
        self.network.disturb()
        if self.network.random.once(in: 12),
            let name = SimulatedNetwork.transports.randomElement(using: &self.network.random)
        {
            _ = self.session?.switchTransport(to: name)
        }
        if self.network.random.once(in: 60) { self.session?.networkChanged() }
        if self.network.random.once(in: 400) {
            self.server.loop.advanceTime(by: .seconds(20))
            self.loop.advanceTime(by: .seconds(20))
        }
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
