// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import EngineIOWire
internal import HTTPTypes
internal import MartletEngine
internal import MartletWebSocket
internal import NIOCore
internal import WebSocketWire

/// Answers the requests under the path of a ``WebSocketServer``.
final class WebSocketEndpoint: HTTPEndpoint {
    private let server: WebSocketServer
    private let path: EndpointPath
    private let origins: OriginPolicy

    init(server: WebSocketServer) {
        self.server = server
        self.path = EndpointPath(server.path)
        self.origins = OriginPolicy(
            cors: server.configuration.cors,
            trustedProxies: server.configuration.trustedProxies
        )
    }

    var maxBody: Int? { 0 }

    func takes(_ head: RequestHead) -> Bool {
        self.path.contains(head.target)
    }

    func requestReceived(_ exchange: ServerExchange, body: ByteBuffer) {
        guard self.origins.allows(exchange.head, from: exchange.channel.remoteAddress) else {
            return exchange.respond(.error(.forbidden(message: nil)))
        }
        let configuration = self.server.configuration
        let deflate = configuration.perMessageDeflate?.wire
        switch exchange.webSocketAnswer(deflate: deflate, subprotocols: configuration.subprotocols) {
        case .refused(let refusal): exchange.refuse(refusal)
        case .accepted(let acceptance):
            let connections = self.server.connections[exchange.channel.eventLoop]
            exchange.acceptWebSocket(
                acceptance,
                on: connections.loop,
                limits: WebSocketLimits(maxMessageBytes: configuration.maxMessageSize),
                deflate: deflate
            ) { connection in
                let socket = WebSocket(
                    connection,
                    queue: connections.loop.context.queue,
                    subprotocol: acceptance.subprotocol,
                    configuration: configuration,
                    onClosed: { connections.all[ObjectIdentifier($0)] = nil }
                )
                connections.all[ObjectIdentifier(socket)] = socket
                self.server.onConnection(socket)
            }
        }
    }

    func shutDown() {
        for connections in self.server.connections.all {
            connections.loop.context.eventLoop.execute {
                for socket in connections.all.values { socket.close(code: 1001) }
            }
        }
    }

    func ended(_ successor: LoopSuccession.Successor?) async {
        guard let successor else { return }
        for connections in self.server.connections.all {
            connections.loop.context.queue.succession.hasSuccessor(successor)
        }
        self.server.connections.loopsEnd()
    }
}

/// The connections that a ``WebSocketServer`` has on one event loop.
///
/// `@unchecked Sendable`: used on the event loop only.
final class WebSocketConnections: @unchecked Sendable {
    let loop: WebSocketLoop
    var all: [ObjectIdentifier: WebSocket] = [:]

    init(eventLoop: any EventLoop) {
        self.loop = WebSocketLoop(LoopContext(eventLoop: eventLoop), send: DirectSocket.send)
    }

    deinit {
        self.loop.context.tearDown()
    }
}
