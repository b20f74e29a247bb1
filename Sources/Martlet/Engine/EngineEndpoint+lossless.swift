// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import EngineIOWire
internal import HTTPTypes
internal import MartletEngine
internal import MartletEventStream
internal import MartletPolling
internal import MartletWebSocket
internal import NIOCore
internal import WebSocketWire

/// The lossless session's requests (Protocol.md, section 4): a client attaches a transport to its session, or tries
/// whether one gets through.
extension EngineEndpoint {
    func attach(_ request: AttachRequest, _ exchange: ServerExchange) {
        guard let id = request.id, let shard = self.engine.shard(of: id) else {
            return self.refuse(request, .unknownSession, exchange)
        }
        exchange.home = shard.eventLoop
        exchange.onHome {
            do throws(EngineIOError) {
                guard let session = shard.session(id) else { throw .unknownSession }
                try session.checkAttach(request)
                switch request.transport {
                case .websocket: self.attachWebSocket(request, exchange, in: shard)
                case .sse: try Self.attachEventStream(to: session, request, exchange)
                default: try Self.attachPolling(to: session, request, exchange)
                }
            } catch {
                self.refuse(request, error, exchange)
            }
        }
    }

    private static func attachPolling(
        to session: Session,
        _ request: AttachRequest,
        _ exchange: ServerExchange
    ) throws(EngineIOError) {
        let transport = PollingTransport(loop: session.shard.loop)
        try session.attach(transport, request) { session in
            transport.bind(to: session)
            transport.receive(exchange)
        }
    }

    private static func attachEventStream(
        to session: Session,
        _ request: AttachRequest,
        _ exchange: ServerExchange
    ) throws(EngineIOError) {
        let transport = EventStreamTransport(
            stream: exchange,
            loop: session.shard.loop,
            keepAlive: session.shard.configuration.streamKeepAlive
        )
        try session.attach(transport, request) { transport.bind(to: $0) }
    }

    /// The session stays where it is until the WebSocket is there; by then it may have moved on, or ended.
    private func attachWebSocket(_ request: AttachRequest, _ exchange: ServerExchange, in shard: EngineShard) {
        exchange.onChannel {
            guard exchange.takeBack() else { return }
            self.acceptWebSocket(exchange, in: shard) { connection in
                guard let session = request.id.flatMap({ shard.session($0) }) else {
                    return Self.tellSessionUnknown(connection)
                }
                let transport = WebSocketTransport(connection)
                do throws(EngineIOError) {
                    try session.attach(transport, request) { transport.bind(to: $0) }
                } catch .unknownSession {
                    Self.tellSessionUnknown(connection)
                } catch {
                    connection.close(.policyViolation, reason: error.message)
                }
            }
        }
    }

    // MARK: Refusals

    /// That its session is unknown has to reach a client in a browser, which is shown neither the status nor the body
    /// of a refused WebSocket or event stream.
    private func refuse(_ request: AttachRequest, _ error: EngineIOError, _ exchange: ServerExchange) {
        switch (error, request.transport) {
        case (.unknownSession, .websocket):
            exchange.onChannel {
                guard exchange.takeBack() else { return }
                let shard = self.engine.shard(on: exchange.channel.eventLoop)
                self.acceptWebSocket(exchange, in: shard) { Self.tellSessionUnknown($0) }
            }
        case (.unknownSession, .sse):
            var event = ByteBuffer()
            EnginePacket.close(error.body).writeEventStream(into: &event, resumable: true)
            exchange.respond(EventStreamTransport.answer(event))
        default:
            exchange.respond(.error(error))
        }
    }

    private static func tellSessionUnknown(_ connection: WebSocketConnection) {
        connection.close(.sessionUnknown, reason: EngineIOError.unknownSession.message)
    }

    // MARK: Trials

    /// Answers a trial with a noop, and lets the client close the stream; it is closed for it after a time.
    func answerTrial(of transport: TransportName, _ exchange: ServerExchange) {
        let shard = self.engine.shard(on: exchange.channel.eventLoop)
        let time = shard.configuration.upgradeTimeout
        let noop = EnginePacket.noop(ByteBuffer())
        switch transport {
        case .websocket:
            self.acceptWebSocket(exchange, in: shard) { connection in
                var text = ByteBuffer()
                noop.writeText(into: &text)
                connection.send(.text, text)
                shard.timers.schedule(after: time) { connection.close(.normalClosure) }
            }
        case .sse:
            var event = ByteBuffer()
            noop.writeEventStream(into: &event, resumable: false)
            exchange.beginStream(EventStreamTransport.answer())
            exchange.writeStream(event)
            shard.timers.schedule(after: time) { exchange.endStream() }
        default:
            var payload = ByteBuffer()
            noop.writePolling(into: &payload, resumable: false)
            exchange.respond(PollingTransport.answer(payload))
        }
    }
}
