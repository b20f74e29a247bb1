// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import EngineIOWire
package import MartletEngine
package import NIOCore
internal import WebSocketWire

/// WebSocket: one packet a frame, in both directions (Engine.IO protocol 4).
package final class WebSocketTransport: Transport, WebSocketConnectionUser {
    private let connection: WebSocketConnection
    // Unchecked: see LoopContext.
    @exclusivity(unchecked) private var session: Session?

    package init(_ connection: WebSocketConnection) {
        self.connection = connection
    }

    package func bind(to session: Session) {
        self.session = session
        session.writes(to: self.connection)
        self.connection.start(user: self)
    }

    package var name: TransportName { .websocket }
    package var upgrades: [TransportName] { [] }
    package var isWritable: Bool { self.connection.isWritable }
    package var sendsAtOnce: Bool { self.connection.sendsAtOnce }
    package var unsentBytes: Int { self.connection.unsentBytes }

    package func tellWhenEmpty() { self.connection.tellWhenEmpty() }

    // MARK: Out

    package func write(_ packet: OutboundPacket) {
        switch packet {
        case .text(let text): self.connection.send(.text, digit: UInt8(ascii: "4"), text)
        case .binary(let bytes): self.connection.send(.binary, bytes)
        case .shared(let message): self.connection.send(message)
        case .control(let packet):
            if case .ping = packet { self.connection.heartbeat() }
            var text = ByteBuffer()
            packet.writeText(into: &text)
            self.connection.send(.text, text)
        }
    }

    package func flush() {
        self.connection.flush()
    }

    package func close(_ reason: TransportCloseReason) {
        // A lossless session survives the WebSocket's end, so its client must be told by a packet.
        if self.session?.isLossless == true { self.write(.control(.close(ByteBuffer()))) }
        switch reason {
        case .done, .byPeer, .lost, .protocolError: self.connection.close(.normalClosure)
        case .tooSlow: self.connection.close(.policyViolation, reason: "too slow")
        case .goingAway: self.connection.close(.serviceRestart)
        }
    }

    package func retire() {
        self.connection.close(.normalClosure)
    }

    package func setReadingPaused(_ paused: Bool) {
        self.connection.setReadingPaused(paused)
    }

    // MARK: In

    package func received(text: consuming ByteBuffer) {
        guard let session = self.session else { return }
        do throws(EngineIOError) {
            session.received(try EnginePacket.decode(text: text), from: self)
        } catch {
            session.receivedInvalidPacket(from: self)
        }
    }

    package func received(binary: ByteBuffer) {
        self.session?.received(.binary(binary), from: self)
    }

    package func becameWritable() {
        self.session?.transportBecameWritable(self)
    }

    package func serverGoesDown() {
        self.session?.close(.serverShuttingDown, tellingPeer: .goingAway)
    }

    package func closed(_ end: WebSocketConnection.End) {
        guard let session = self.session else { return }
        self.session = nil
        let reason: DisconnectReason =
            switch end {
            case .byPeer(let code): .transportClose.with(details: code.map { "close code \($0.rawValue)" })
            case .failed(let error): .transportError.with(details: error.reason)
            }
        session.transportClosed(self, reason, hadBegun: self.connection.hasSentOutput)
    }
}
