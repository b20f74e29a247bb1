// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import EngineIOWire
import HTTPTypes
import MartletEngine
import MartletTestSupport
import NIOCore

extension SeededGenerator {
    /// True once in so many times.
    mutating func once(in count: Int) -> Bool { Int.random(in: 0..<count, using: &self) == 0 }
}

/// What a client asks of the server.
struct SimulatedRequest {
    enum Purpose {
        case handshake
        case attach(Int)
        case get
        case post(first: Int, body: ByteBuffer)
    }

    let purpose: Purpose
    let transport: TransportName
    var sid: SessionID?
    var acknowledged = 0
}

/// One connection between a client and the server: a WebSocket, or a request and its answer. What is under way on it
/// arrives when the simulation says so, in order, or never.
final class SimulatedWire {
    enum Up {
        case request(SimulatedRequest)
        case packet(EnginePacket)
        case closed
    }

    enum Down {
        case packet(EnginePacket)
        case answer(HTTPAnswer)
        case bytes(ByteBuffer)
        case closed(WebSocketEnd)
    }

    enum WebSocketEnd { case normal, sessionUnknown, refused }

    var up: [Up] = []
    var down: [Down] = []
    /// Nothing arrives any more, on either side.
    var isCut = false
    /// Nothing arrives until this step.
    var stalledUntil = 0
    /// The client has closed its side, and hears nothing.
    var isLeft = false
    var isReadingPaused = false
    /// The server's side, once the request has come.
    var webSocket: SimulatedWebSocket?
    var exchange: SimulatedExchange?
    let onDown: (Down) -> Void

    init(_ request: SimulatedRequest, onDown: @escaping (Down) -> Void) {
        self.up = [.request(request)]
        self.onDown = onDown
    }

    /// Whether nothing will happen on it any more.
    var isOver: Bool {
        if self.isLeft { return self.isCut || self.up.isEmpty }
        return self.exchange?.isOver == true && self.up.isEmpty && self.down.isEmpty && !self.isCut
    }

    /// The client closes its side. What it has sent is still under way.
    func leave() {
        guard !self.isLeft else { return }
        self.isLeft = true
        self.down = []
        self.up.append(.closed)
    }
}

/// The server's side of a WebSocket, without the WebSocket.
final class SimulatedWebSocket: Transport {
    func bind(to session: Session) { self.session = session }

    let name = TransportName.websocket
    let upgrades: [TransportName] = []
    let unsentBytes = 0
    private let wire: SimulatedWire
    private(set) var isOpen = true
    weak var session: Session?

    private static let capacity = 24

    init(_ wire: SimulatedWire) { self.wire = wire }

    var isWritable: Bool { self.isOpen && self.wire.down.count < Self.capacity }

    func write(_ packet: OutboundPacket) {
        guard self.isOpen, !self.wire.isLeft else { return }
        switch packet {
        case .text(let text): self.wire.down.append(.packet(.text(text.ownCopy())))
        case .binary(let bytes): self.wire.down.append(.packet(.binary(bytes.ownCopy())))
        case .shared(let message):
            self.wire.down.append(.packet(message.isBinary ? .binary(message.payload) : .text(message.payload)))
        case .control(let packet): self.wire.down.append(.packet(packet))
        }
    }

    func flush() {}

    func close(_ reason: TransportCloseReason) {
        self.write(.control(.close(ByteBuffer())))
        self.retire()
    }

    func retire() {
        guard self.isOpen else { return }
        self.isOpen = false
        if !self.wire.isLeft { self.wire.down.append(.closed(.normal)) }
    }

    func setReadingPaused(_ paused: Bool) { self.wire.isReadingPaused = paused }

    /// The connection is gone.
    func lost() {
        guard self.isOpen else { return }
        self.isOpen = false
        self.session?.transportClosed(self, .transportClose)
    }
}

/// The server's side of a request.
final class SimulatedExchange: HTTPExchange {
    var onLost: (() -> Void)?
    var onWritable: (() -> Void)?
    var unsentBytes: Int { self.wire.map { $0.down.count > 8 ? 128 << 10 : 0 } ?? 0 }
    let hasSentOutput = true
    private(set) var isOver = false
    /// Where the answer goes; `nil` if it goes nowhere.
    private let wire: SimulatedWire?

    init(_ wire: SimulatedWire?) { self.wire = wire }

    func respond(_ answer: HTTPAnswer) {
        self.isOver = true
        self.send(.answer(answer))
    }

    func beginStream(_ head: HTTPAnswer) {}

    func writeStream(_ bytes: ByteBuffer) { self.send(.bytes(bytes)) }

    func endStream() {
        self.isOver = true
        self.send(.closed(.normal))
    }

    private func send(_ event: SimulatedWire.Down) {
        guard let wire = self.wire, !wire.isLeft else { return }
        wire.down.append(event)
    }

    func lost() {
        guard !self.isOver else { return }
        self.isOver = true
        self.onLost?()
    }
}
