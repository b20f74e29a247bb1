// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import EngineIOWire
internal import FuzzSupport
internal import HTTPTypes
package import MartletEngine
package import MartletEvents
internal import NIOConcurrencyHelpers
package import NIOCore

/// A client whose connection is in memory.
///
/// `@unchecked Sendable`: `session` is used on the event loop only.
package final class FuzzClient: Transport, @unchecked Sendable {
    package let name = TransportName.websocket
    package let upgrades: [TransportName] = []
    package let unsentBytes = 0
    private let loop: any EventLoop
    private let state = NIOLockedValueBox(State())
    private var session: Session?

    private struct State {
        var received: [String] = []
        var isClosed = false
    }

    package init(of server: SocketIOServer, on loop: any EventLoop) {
        self.loop = loop
        let request = HandshakeRequest(
            head: HTTPRequest(method: .get, scheme: "http", authority: "localhost", path: "/socket.io/?EIO=4"),
            remoteAddress: nil, isSecure: false)
        must("the event loop") {
            try loop.submit { _ = server.engine.shard(on: loop).open(on: self, request: request) }.wait()
        }
    }

    package var isClosed: Bool { self.state.withLockedValue { $0.isClosed } }

    /// The messages that have come since the last call; texts as they are.
    package func takeAll() -> [String] {
        self.state.withLockedValue { state in
            defer { state.received = [] }
            return state.received
        }
    }

    package func send(_ text: String) {
        self.loop.execute { self.session?.received(.text(ByteBuffer(string: text)), from: self) }
    }

    package func close() {
        self.loop.execute { self.session?.close(.transportClose) }
    }

    // MARK: Transport

    package var isWritable: Bool { !self.isClosed }
    package func bind(to session: Session) { self.session = session }

    package func write(_ packet: OutboundPacket) {
        switch packet {
        case .text(let text): self.receive(String(buffer: text))
        case .binary: self.receive("binary")
        case .shared(let message): self.receive(message.isBinary ? "binary" : String(buffer: message.payload))
        case .control: break
        }
    }

    private func receive(_ message: String) {
        self.state.withLockedValue { $0.received.append(message) }
    }

    package func flush() {}
    package func retire() { self.end() }
    package func close(_ reason: TransportCloseReason) { self.end() }

    private func end() {
        self.session = nil
        self.state.withLockedValue { $0.isClosed = true }
    }
}
