// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import EngineIOWire
import MartletEngine
import MartletEventStream
import MartletPolling
import MartletTestSupport
import NIOCore
import NIOEmbedded

/// The server of a simulation: real sessions, and requests brought to them as the front door does.
final class SimulatedServer {
    let loop = EmbeddedEventLoop()
    let application = SimulatedApplication()
    /// One server at first; sessions go from one to another.
    private let engines: [Engine]
    private var holder = 0
    private(set) var handoverCount = 0

    init(buffer: Int) {
        var configuration = EngineIOConfiguration()
        configuration.resume?.buffer = buffer
        let application = self.application
        self.engines = (0..<3).map { _ in Engine(configuration: configuration) { _ in application } }
    }

    /// Where the session is.
    private var shard: EngineShard { self.engines[self.holder].shard(on: self.loop) }

    /// The session goes to the next server, where what is made of its description has to be the same.
    func handOver() {
        guard let session = self.application.session, let snapshot = session.snapshot() else { return }
        let next = (self.holder + 1) % self.engines.count
        do throws(InvalidSnapshot) {
            let adopted = try self.engines[next].shard(on: self.loop).adopt(snapshot) { _ in self.application }
            session.release(to: "\(next)")
            self.application.session = adopted
            self.holder = next
            self.handoverCount += 1
            if self.engines[next].shard(of: adopted.id)?.session(adopted.id) !== adopted {
                self.application.faults.append("the session is not found")
            }
        } catch {
            self.application.faults.append("not adopted: \(error)")
        }
    }

    /// A request came on a wire.
    /// - Parameter isRepeated: whether something between repeated it, and nobody waits for this answer.
    func received(_ request: SimulatedRequest, on wire: SimulatedWire, isRepeated: Bool) {
        if request.transport == .websocket { return self.openWebSocket(request, wire) }
        let exchange = SimulatedExchange(isRepeated ? nil : wire)
        if !isRepeated { wire.exchange = exchange }
        do throws(EngineIOError) {
            switch request.purpose {
            case .handshake:
                let transport = self.kind(request).makeTransport(answering: exchange, on: self.shard.loop)
                self.shard.open(on: transport, request: .test, wantsResume: true)
            case .attach(let number):
                let session = try self.session(request)
                let transport = self.kind(request).makeTransport(answering: exchange, on: self.shard.loop)
                try session.attach(transport, Self.attach(number, request))
            case .get:
                let session = try self.session(request)
                guard session.transport.name == request.transport else { throw .badRequest }
                try session.restart(after: .init(acknowledged: request.acknowledged))
                try session.transport.receive(exchange)
            case .post(let first, let body):
                let session = try self.session(request)
                guard session.transport.name == request.transport, session.beginUpload() else { throw .badRequest }
                session.receivedUpload(body, .init(acknowledged: request.acknowledged, first: first)) { result in
                    exchange.respond(result == .taken ? .ok : .error(.badRequest))
                }
            }
        } catch {
            self.refuse(request, error, exchange)
        }
    }

    private func refuse(_ request: SimulatedRequest, _ error: EngineIOError, _ exchange: SimulatedExchange) {
        if case .attach = request.purpose {
            self.kind(request).refuseAttach(exchange, error)
        } else {
            exchange.respond(.error(error))
        }
    }

    private func kind(_ request: SimulatedRequest) -> any HTTPTransportKind {
        request.transport == .sse ? EventStreamKind(keepAlive: .seconds(15)) : PollingKind()
    }

    private func session(_ request: SimulatedRequest) throws(EngineIOError) -> Session {
        guard let id = request.sid, let session = self.shard.session(id), session.isOpen else { throw .unknownSession }
        return session
    }

    private static func attach(_ number: Int, _ request: SimulatedRequest) -> AttachRequest {
        AttachRequest(
            id: request.sid, transport: request.transport, number: number, acknowledged: request.acknowledged)
    }

    private func openWebSocket(_ request: SimulatedRequest, _ wire: SimulatedWire) {
        let transport = SimulatedWebSocket(wire)
        wire.webSocket = transport
        guard case .attach(let number) = request.purpose else {
            self.shard.open(on: transport, request: .test, wantsResume: true)
            return
        }
        do throws(EngineIOError) {
            let session = try self.session(request)
            try session.attach(transport, Self.attach(number, request))
        } catch {
            wire.down.append(.closed(error == .unknownSession ? .sessionUnknown : .refused))
        }
    }
}

/// What stands on top of the session: counts what comes, each message of which is its own number.
///
/// `@unchecked Sendable`: used on the thread of its test only.
final class SimulatedApplication: SessionHandler, @unchecked Sendable {
    var session: Session?
    var receivedCount = 0
    var sentCount = 0
    var disconnects: [DisconnectReason] = []
    var faults: [String] = []
    private var memory = ByteBuffer()

    func opened(_ session: Session) {
        // A handshake whose answer is lost is made again; the session without a client expires.
        if self.session == nil { self.session = session }
    }

    func receivedText(_ text: ByteBuffer) { self.received(text) }
    func receivedBinary(_ bytes: ByteBuffer) { self.received(bytes) }
    func transportChanged(_ session: Session) {}
    func closed(_ reason: DisconnectReason) { self.disconnects.append(reason) }

    private func received(_ message: ByteBuffer) {
        self.receivedCount += 1
        guard message.number != self.receivedCount else { return }
        self.faults.append("the server got \(message.number ?? -1) instead of \(self.receivedCount)")
    }

    /// Sends the next message, in memory that is spoilt afterwards.
    func send() {
        guard let session = self.session, session.isOpen else { return }
        self.sentCount += 1
        if self.sentCount % 5 == 0 {
            session.send(
                .shared(
                    SharedMessage(payload: ByteBuffer(number: self.sentCount), isBinary: false, on: session.shard.loop))
            )
            return
        }
        self.memory.clear()
        self.memory.writeDecimal(self.sentCount)
        session.send(self.sentCount % 3 == 0 ? .binary(self.memory) : .text(self.memory))
        self.memory.withVeryUnsafeMutableBytes { bytes in
            for index in bytes.indices { bytes[index] = UInt8(ascii: "!") }
        }
    }
}

extension ByteBuffer {
    init(number: Int) {
        self.init()
        self.writeDecimal(number)
    }

    /// The number that a message is.
    var number: Int? { EngineCount.parse(self) }
}
