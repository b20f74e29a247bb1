// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import EngineIOWire
internal import HTTPTypes
internal import MartletEngine
internal import NIOCore

/// An Engine.IO server under a path: hands requests to their sessions, and makes transports from requests.
final class EngineEndpoint: HTTPEndpoint {
    let engine: Engine
    let path: EndpointPath
    let origins: OriginPolicy
    let trustedProxies: TrustedProxies
    private let kinds: [any TransportKind]
    let files: ClientFiles?
    // `nil` where the application has not asked for them.
    let gate: RequestGate?
    let headers: (@Sendable (HandshakeRequest, inout HTTPFields) -> Void)?
    let errors: ConnectionErrorReporter?
    let compressor: BodyCompressor?
    private let greeting: SessionGreeting?
    private let lifecycle: Lifecycle?

    /// What the owner of the engine does at the end.
    struct Lifecycle: Sendable {
        /// Hands sessions to other servers.
        let leave: @Sendable () async -> Void
        let ended: @Sendable () async -> Void
    }

    /// - Parameters:
    ///   - kinds: all kinds of transports. The engine's configuration says which of them clients may use.
    ///   - files: the files that are served under the same path, for clients that have yet to connect.
    init(
        engine: Engine,
        kinds: [any TransportKind],
        files: ClientFiles?,
        lifecycle: Lifecycle?
    ) {
        self.lifecycle = lifecycle
        self.engine = engine
        let configuration = engine.configuration
        self.path = EndpointPath(configuration.path)
        self.origins = OriginPolicy(cors: configuration.cors, trustedProxies: configuration.trustedProxies)
        self.trustedProxies = configuration.trustedProxies
        self.kinds = kinds
        self.files = files
        self.gate = RequestGate(configuration)
        self.greeting = SessionGreeting(configuration)
        self.headers = configuration.headers
        self.errors = ConnectionErrorReporter(configuration)
        self.compressor = configuration.httpCompression.map {
            BodyCompressor(level: $0.level, counts: engine.compressedAnswers)
        }
    }

    var maxBody: Int? { self.engine.configuration.maxPayload }

    func takes(_ head: RequestHead) -> Bool {
        self.path.contains(head.target)
    }

    /// Sessions from other servers need event loops, even if no client has come yet.
    func serves(on eventLoops: [any EventLoop]) {
        self.engine.open()
        for eventLoop in eventLoops { _ = self.engine.shard(on: eventLoop) }
    }

    func leave() async { await self.lifecycle?.leave() }

    func drain() async { await self.engine.drain() }

    func ended(_ successor: LoopSuccession.Successor?) async {
        await self.lifecycle?.ended()
        guard let successor else { return }
        self.engine.loopsEnd(successor)
        self.compressor?.loopsEnd()
    }

    /// Ends the session to which the connection belongs, as a WebSocket's connection does.
    func quiesce(_ exchange: ServerExchange) {
        guard let id = exchange.progress.openedSession ?? self.receiver(exchange), let shard = self.engine.shard(of: id)
        else { return }
        shard.eventLoop.execute { shard.session(id)?.close(.serverShuttingDown, tellingPeer: .goingAway) }
    }

    /// The session that receives by the answer to this exchange.
    private func receiver(_ exchange: ServerExchange) -> SessionID? {
        switch try? self.classify(exchange, logs: false) {
        case .receive(let id, _, _): id
        case .attach(let request): request.id
        case .handshake, .trial, .send, .probe, nil: nil
        }
    }

    func shutDown() {
        self.engine.node.forwarder?.shutDown()
        for shard in self.engine.allShards {
            shard.eventLoop.execute { shard.closeAll(.serverShuttingDown) }
        }
    }

    private func kind(_ name: TransportName) throws(EngineIOError) -> any TransportKind {
        for kind in self.kinds where kind.name == name { return kind }
        throw .unknownTransport
    }

    /// - Parameter logs: whether the refusal of an origin is logged.
    func classify(_ exchange: ServerExchange, logs: Bool = true) throws(EngineIOError) -> EngineRequest {
        try EngineRequest(
            method: exchange.head.method,
            target: exchange.head.target,
            asksForUpgrade: exchange.head.asksForWebSocket,
            transports: self.engine.configuration.transports,
            needsUpgrade: { try? self.kind($0).needsUpgrade },
            originIsAllowed: { self.origins.allows(exchange.head, from: exchange.peerAddress, logs: logs) }
        )
    }

    // MARK: Requests

    func headReceived(_ exchange: ServerExchange) -> (any RequestBodyReceiver)? {
        guard exchange.head.method == .post else { return nil }
        do throws(EngineIOError) {
            guard case .send(let id, let transport, let counts) = try self.classify(exchange) else {
                throw .badRequest
            }
            guard let shard = self.engine.shard(of: id) else {
                return ForwardedUpload(exchange, id, counts, self)
            }
            let upload = EngineUpload(exchange, transport, counts, self)
            upload.announce(to: id, in: shard)
            return upload
        } catch {
            exchange.willRefuse(error)
            return AnswerAfterBody(exchange, .error(error))
        }
    }

    func requestReceived(_ exchange: ServerExchange, body: ByteBuffer) {
        if self.origins.isPreflight(exchange.head) {
            exchange.progress.fields.append(contentsOf: self.origins.preflightFields(for: exchange.head))
            return exchange.respond(HTTPAnswer(status: .noContent, contentType: nil))
        }
        if let answer = self.files?.answer(to: exchange.head, under: self.path, compresses: self.compressor != nil) {
            return exchange.respond(answer)
        }
        do throws(EngineIOError) {
            switch try self.classify(exchange) {
            case .handshake(let transport, let wantsResume):
                try self.open(self.kind(transport), wantsResume: wantsResume, exchange)
            case .trial(let transport):
                let shard = self.engine.shard(on: exchange.channel.eventLoop)
                try self.kind(transport).answerTrial(exchange, in: shard)
            case .attach(let request): self.attach(request, try self.kind(request.transport), exchange)
            case .receive(let id, let transport, let counts): self.receive(id, transport, counts, exchange)
            case .probe(let id, let transport): self.probe(id, try self.kind(transport), exchange)
            case .send: throw .badRequest
            }
        } catch {
            exchange.refuse(error)
        }
    }

    // MARK: One kind each

    private func open(_ kind: any TransportKind, wantsResume: Bool, _ exchange: ServerExchange) throws(EngineIOError) {
        guard self.engine.isOpen else { throw .shuttingDown }
        let shard = self.engine.shard(on: exchange.channel.eventLoop)
        let handshake = exchange.handshake(trusting: self.trustedProxies)
        let seat = try self.engine.gate?.admit(handshake.remoteAddress, now: .now())
        let id = shard.makeSessionID()
        exchange.progress.openedSession = id
        self.greeting?.addFields(to: exchange, handshake, id, isUpgrade: kind.needsUpgrade)
        kind.accept(exchange, in: shard) { transport, _ in
            shard.open(id, on: transport, request: handshake, wantsResume: wantsResume, seat: seat)
        }
    }

    private func receive(
        _ id: SessionID,
        _ transport: TransportName,
        _ counts: EngineRequest.Counts,
        _ exchange: ServerExchange
    ) {
        guard let shard = self.engine.shard(of: id) else { return self.receiveElsewhere(id, counts, exchange) }
        exchange.move(to: shard.eventLoop)
        exchange.onHome {
            do throws(EngineIOError) {
                guard let session = shard.session(id) else { return self.receiveElsewhere(id, counts, exchange) }
                guard session.belongs(to: exchange.progress.identity) else { return exchange.refuse(.foreignSession) }
                guard session.transport.name == transport else {
                    return exchange.refuseMismatch(of: transport, with: session)
                }
                try session.restart(after: counts)
                try session.transport.receive(exchange)
            } catch {
                exchange.respond(.error(error))
            }
        }
    }

    private func probe(_ id: SessionID, _ kind: any TransportKind, _ exchange: ServerExchange) {
        guard let shard = self.engine.shard(of: id) else {
            return self.forward(exchange, for: id) { exchange.refuse(.unknownSession) }
        }
        exchange.move(to: shard.eventLoop)
        exchange.onHome {
            // An unknown session is refused before the WebSocket handshake, a probe that the session does not accept
            // after it.
            do throws(EngineIOError) {
                let session = try shard.openSession(id)
                guard session.belongs(to: exchange.progress.identity) else { throw .foreignSession }
                // A lossless session moves by an attach only.
                if session.isLossless { throw .badRequest }
            } catch {
                guard error == .unknownSession else { return exchange.refuse(error) }
                return self.forward(exchange, for: id) { exchange.refuse(error) }
            }
            kind.accept(exchange, in: shard) { transport, refuse in
                do throws(EngineIOError) {
                    let session = try shard.openSession(id)
                    transport.bind(to: session)
                    if !session.probeConnected(transport) { transport.close(.protocolError) }
                } catch {
                    refuse(error)
                }
            }
        }
    }
}
