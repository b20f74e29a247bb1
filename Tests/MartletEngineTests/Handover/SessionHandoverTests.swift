// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import EngineIOWire
import MartletTestSupport
import NIOCore
import NIOEmbedded
import Testing

@testable import MartletEngine

/// A session that goes from one server to another. ``LosslessSimulationTests`` does so in the middle of everything.
struct SessionHandoverTests {
    private struct Server {
        let eventLoop = EmbeddedEventLoop()
        let handler = RecordingHandler()
        let engine: Engine
        let shard: EngineShard

        init(_ configure: (inout EngineIOConfiguration) -> Void = { _ in }) {
            var configuration = EngineIOConfiguration()
            configure(&configuration)
            let handler = self.handler
            self.engine = Engine(configuration: configuration) { _ in handler }
            self.shard = self.engine.shard(on: self.eventLoop)
        }

        func open(_ transport: RecordingTransport, wantsResume: Bool = true) -> Session {
            let session = self.shard.open(on: transport, request: .test, wantsResume: wantsResume)
            _ = transport.takeLog()
            _ = self.handler.takeLog()
            return session
        }

        func adopt(_ snapshot: SessionSnapshot) throws(InvalidSnapshot) -> Session {
            try self.shard.adopt(snapshot) { _ in self.handler }
        }

        func attach(_ number: Int, acknowledging count: Int, to session: Session) throws -> RecordingTransport {
            let transport = RecordingTransport(.websocket)
            let request = AttachRequest(
                id: session.id, transport: .websocket, number: number, acknowledged: count)
            try session.attach(transport, request)
            return transport
        }
    }

    @Test func theClientFindsItsSession() throws {
        let (old, new) = (Server(), Server())
        let transport = RecordingTransport(.websocket)
        let session = old.open(transport)
        for text in ["a", "b", "c"] { session.send(.text(ByteBuffer(string: text))) }
        session.received(.text("up"), from: transport)
        session.received(.noop("1"), from: transport)
        #expect(session.freeze())
        session.send(.binary(ByteBuffer(bytes: [7])))
        let snapshot = try #require(session.snapshot())
        let adopted = try new.adopt(snapshot)
        session.release(to: "new")

        #expect(transport.log == ["4a", "4b", "4c", "pause", "retire"])
        #expect(old.handler.takeLog() == ["text up"])
        #expect(new.handler.takeLog() == [])
        #expect(old.shard.session(session.id) == nil)
        #expect(old.engine.destination(of: session.id) == "new")
        #expect(new.engine.shard(of: session.id) === new.shard)
        #expect(adopted.id == session.id)
        #expect(adopted.request.target == session.request.target)
        #expect(throws: EngineIOError.unknownSession) { try old.shard.openSession(session.id) }
        #expect(old.engine.absence(of: session.id) == .badRequest, "the client tries again")

        // It attaches knowing a and b.
        let next = try new.attach(1, acknowledging: 2, to: adopted)
        #expect(next.packets.first?.hasSuffix(#""ack":1,"from":2}"#) == true)
        #expect(next.packets.dropFirst() == ["4c", "bBw=="])
        adopted.received(.text("more"), from: next)
        #expect(new.handler.takeLog() == ["transport websocket", "text more"])
        // The number of the last attach goes along.
        #expect(throws: EngineIOError.badRequest) { try new.attach(1, acknowledging: 2, to: adopted) }
    }

    @Test func itGoesOnAndBack() throws {
        let servers = [Server(), Server(), Server()]
        let transport = RecordingTransport(.sse)
        var session = servers[0].open(transport)
        let id = session.id
        for (from, to) in [(0, 1), (1, 2), (2, 0), (0, 1)] {
            session.send(.text(ByteBuffer(string: "\(to)")))
            #expect(session.freeze())
            let adopted = try servers[to].adopt(try #require(session.snapshot()))
            session.release(to: "\(to)")
            session = adopted
            #expect(servers[to].engine.shard(of: id)?.session(id) === adopted)
            #expect(servers[to].engine.destination(of: id) == nil)
            #expect(servers[from].engine.destination(of: id) == "\(to)")
        }
        let next = try servers[1].attach(1, acknowledging: 0, to: session)
        #expect(next.packets.dropFirst() == ["41", "42", "40", "41"])
        session.close(.forcedClose)
        #expect(servers[1].engine.relocations.shard(of: id) == nil)
    }

    /// Its client has the same time as after the loss of a connection.
    @Test func anAdoptedSessionEndsWithoutItsClient() throws {
        let (old, new) = (Server(), Server())
        let session = old.open(RecordingTransport(.websocket))
        _ = session.freeze()
        _ = try new.adopt(try #require(session.snapshot()))
        session.release(to: "new")
        old.eventLoop.advanceTime(by: .hours(1))
        #expect(old.handler.log == [])
        new.eventLoop.advanceTime(by: .seconds(29))
        #expect(new.handler.log == [])
        new.eventLoop.advanceTime(by: .seconds(1))
        #expect(new.handler.log == ["closed: transport close"])
        #expect(new.engine.shard(of: session.id)?.session(session.id) == nil)
    }

    // MARK: Staying

    @Test func aThawedSessionGoesOn() throws {
        let server = Server()
        let transport = RecordingTransport(.websocket)
        let session = server.open(transport)
        _ = session.freeze()
        #expect(!session.freeze())
        session.send(.text("waits"))
        #expect(throws: EngineIOError.badRequest) { try server.attach(1, acknowledging: 0, to: session) }
        session.thaw()
        session.thaw()
        session.release(to: "nobody")
        #expect(transport.takeLog() == ["pause", "resume", "4waits"])
        session.received(.text("up"), from: transport)
        #expect(server.handler.takeLog() == ["text up"])
        #expect(server.engine.destination(of: session.id) == nil)
    }

    @Test func whatTheApplicationPausedStaysPaused() {
        let server = Server()
        let transport = RecordingTransport(.websocket)
        let session = server.open(transport)
        session.pauseReading()
        _ = session.freeze()
        session.thaw()
        #expect(transport.takeLog() == ["pause"])
        session.resumeReading()
        #expect(transport.takeLog() == ["resume"])
    }

    @Test func whatTheApplicationResumesMeanwhileIsReadAfterwards() {
        let server = Server()
        let transport = RecordingTransport(.websocket)
        let session = server.open(transport)
        session.pauseReading()
        _ = session.freeze()
        session.resumeReading()
        #expect(transport.takeLog() == ["pause"])
        session.thaw()
        #expect(transport.takeLog() == ["resume"])
    }

    @Test func aTransportMayBeLostMeanwhile() throws {
        let server = Server()
        let transport = RecordingTransport(.websocket)
        let session = server.open(transport)
        _ = session.freeze()
        session.transportClosed(transport, .transportError)
        #expect(session.isFrozen)
        session.send(.text("waits"))
        session.thaw()
        let next = try server.attach(1, acknowledging: 0, to: session)
        #expect(next.packets.dropFirst() == ["4waits"])
        #expect(server.handler.log == ["transport websocket"])
    }

    @Test func aFrozenSessionMayEnd() {
        let server = Server()
        let transport = RecordingTransport(.websocket)
        let session = server.open(transport)
        _ = session.freeze()
        session.close(.serverShuttingDown, tellingPeer: .goingAway)
        #expect(session.snapshot() == nil)
        session.thaw()
        session.release(to: "nobody")
        #expect(transport.takeLog() == ["pause", "close goingAway"])
        #expect(server.handler.log == ["closed: server shutting down"])
    }

    @Test func pingsWaitWhileASessionIsFrozen() {
        let server = Server()
        let transport = RecordingTransport(.websocket)
        let session = server.open(transport)
        _ = session.freeze()
        server.eventLoop.advanceTime(by: .seconds(60))
        #expect(session.isFrozen)
        session.thaw()
        server.eventLoop.run()
        #expect(transport.takeLog().contains("20"))
    }

    @Test func plainSessionsDoNotMove() {
        let server = Server()
        let session = server.open(RecordingTransport(.websocket), wantsResume: false)
        #expect(!session.freeze())
        #expect(session.snapshot() == nil)
    }

    // MARK: From outside

    private static func snapshot(
        id: String = SessionID(shard: 9).description,
        transport: String = "sse",
        received: Int = 5, forgotten: Int = 2, acknowledged: Int = 2, sent: Int = 3, attach: Int = 1,
        messages: ByteBuffer = Self.packed(["a", "b"])
    ) -> SessionSnapshot {
        SessionSnapshot(
            id: id,
            transport: transport,
            request: RequestSnapshot(.test),
            delivery: DeliverySnapshot(
                received: received, forgotten: forgotten, acknowledged: acknowledged, sent: sent, attach: attach,
                messages: messages)
        )
    }

    private static func packed(_ texts: [String]) -> ByteBuffer {
        var log = MessageLog()
        for text in texts { log.append(.text(ByteBuffer(string: text))) }
        return log.packed()
    }

    @Test func whatCannotBeIsRefused() throws {
        let server = Server { $0.unsentLimit = 100 }
        func refusal(_ snapshot: SessionSnapshot) -> InvalidSnapshot? {
            do throws(InvalidSnapshot) { _ = try server.adopt(snapshot) } catch { return error }
            return nil
        }
        #expect(refusal(Self.snapshot(id: "short")) == .id)
        #expect(refusal(Self.snapshot(transport: "pigeon")) == .transport)
        for number in [-1, Int.min, Int.max, 1 << 53] {
            #expect(refusal(Self.snapshot(received: number)) == .counts)
            #expect(refusal(Self.snapshot(forgotten: number)) == .counts)
            #expect(refusal(Self.snapshot(acknowledged: number)) == .counts)
            #expect(refusal(Self.snapshot(sent: number)) == .counts)
            #expect(refusal(Self.snapshot(attach: number)) == .counts)
        }
        #expect(refusal(Self.snapshot(forgotten: 3, acknowledged: 2)) == .counts)
        #expect(refusal(Self.snapshot(acknowledged: 4, sent: 3)) == .counts)
        #expect(refusal(Self.snapshot(sent: 5)) == .counts)
        #expect(refusal(Self.snapshot(messages: ByteBuffer(bytes: [0, 0, 0]))) == .messages)
        #expect(refusal(Self.snapshot(messages: ByteBuffer(bytes: [0xff, 0xff, 0xff, 0xff, 0]))) == .messages)
        #expect(refusal(Self.snapshot(messages: ByteBuffer(bytes: [0, 0, 0, 2, 0xff]))) == .messages)
        #expect(refusal(Self.snapshot(messages: ByteBuffer(repeating: 0, count: 101))) == .tooLarge)
        #expect(server.shard.allSessions.isEmpty)

        let id = SessionID(shard: 0).description
        #expect(refusal(Self.snapshot(id: id)) == nil)
        #expect(refusal(Self.snapshot(id: id)) == .id)
        let other = Server { $0.resume = nil }
        #expect(throws: InvalidSnapshot.notOffered) { _ = try other.adopt(Self.snapshot()) }
    }

    /// Whatever comes is refused, or is a session that works.
    @Test func noSnapshotDoesHarm() {
        var random = SeededGenerator(seed: 11)
        let numbers = [Int.min, -1, 0, 1, 2, 3, 5, 1 << 53 - 1, 1 << 53, Int.max]
        var adopted = 0
        for _ in 0..<20_000 {
            let server = Server { $0.unsentLimit = 64 }
            func number() -> Int {
                Bool.random(using: &random)
                    ? Int.random(in: 0...4, using: &random) : numbers.randomElement(using: &random) ?? 0
            }
            var messages = Self.packed(Array(repeating: "m", count: Int.random(in: 0...6, using: &random)))
            if Bool.random(using: &random) {
                messages = ByteBuffer(
                    bytes: (0..<Int.random(in: 0...20, using: &random)).map { _ in
                        UInt8.random(in: 0...255, using: &random)
                    })
            }
            let snapshot = Self.snapshot(
                received: number(), forgotten: number(), acknowledged: number(), sent: number(), attach: number(),
                messages: messages)
            guard let session = try? server.adopt(snapshot) else { continue }
            adopted += 1
            session.send(.text("x"))
            if let next = try? server.attach(number(), acknowledging: number(), to: session) {
                session.received(.text("up"), from: next)
                session.received(.noop(ByteBuffer(string: "\(UInt8.random(in: 0...9, using: &random))")), from: next)
            }
            session.close(.forcedClose)
        }
        #expect(adopted > 100)
    }
}
