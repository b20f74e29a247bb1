// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import EngineIOWire
internal import MartletEngine
internal import MartletWebSocket
internal import NIOCore
internal import WebSocketWire

/// The WebSocket transport, for endpoints.
struct WebSocketKind: TransportKind {
    let name = TransportName.websocket
    let needsUpgrade = true
    let deflate: PerMessageDeflateConfiguration?
    let subprotocols: [String]?

    func accept(
        _ exchange: ServerExchange,
        in shard: EngineShard,
        _ start: @escaping @Sendable (_ transport: any Transport, _ refuse: (EngineIOError) -> Void) -> Void
    ) {
        self.accept(exchange, in: shard) { connection in
            start(WebSocketTransport(connection)) { Self.refuseAttach(connection, $0) }
        }
    }

    /// Refuses an attach. A browser hides the status and the body of a refused handshake from the page. But the page
    /// must learn that its session is unknown, or it keeps trying: so the WebSocket is accepted, then closed with a
    /// code.
    func refuseAttach(_ exchange: ServerExchange, _ error: EngineIOError, in shard: EngineShard) {
        guard error == .unknownSession else { return exchange.respond(.error(error)) }
        self.accept(exchange, in: shard) { Self.refuseAttach($0, error) }
    }

    private static func refuseAttach(_ connection: WebSocketConnection, _ error: EngineIOError) {
        connection.close(error == .unknownSession ? .sessionUnknown : .policyViolation, reason: error.message)
    }

    func answerTrial(_ exchange: ServerExchange, in shard: EngineShard) {
        let time = TimeAmount(shard.configuration.upgradeTimeout)
        self.accept(exchange, in: shard) { connection in
            var text = ByteBuffer()
            EnginePacket.noop(ByteBuffer()).writeText(into: &text)
            connection.send(.text, text)
            shard.timers.schedule(after: time) { connection.close(.normalClosure) }
        }
    }

    /// - Parameter start: called on the event loop of `shard`.
    private func accept(
        _ exchange: ServerExchange,
        in shard: EngineShard,
        _ start: @escaping @Sendable (WebSocketConnection) -> Void
    ) {
        exchange.onChannel {
            guard exchange.takeBack() else { return }
            switch exchange.webSocketAnswer(deflate: self.deflate, subprotocols: self.subprotocols) {
            case .refused(let refusal):
                exchange.willRefuse(.badRequest)
                exchange.refuse(refusal)
            case .accepted(let acceptance):
                exchange.acceptWebSocket(
                    acceptance,
                    on: shard.companion { WebSocketLoop(shard.loop, send: DirectSocket.send) },
                    limits: WebSocketLimits(maxMessageBytes: shard.configuration.maxPayload),
                    deflate: self.deflate,
                    start: start
                )
            }
        }
    }
}
