// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import EngineIOWire
import MartletEngine
import MartletTestSupport
import NIOCore
import NIOEmbedded
import Testing

/// Limits of one session, and of all of an engine.
struct SessionLimitsTests {
    @Test func aClientThatSendsTooFastIsReadFromMoreSlowly() {
        let fixture = SessionFixture.opened(RecordingTransport(.websocket, upgrades: [])) {
            $0.limits.messagesPerSession = RateLimit(perSecond: 1, burst: 2)
        }
        for text in ["a", "b"] { fixture.receive(.text(ByteBuffer(string: text))) }
        #expect(fixture.transport.log == [])
        fixture.receive(.text("c"))
        #expect(fixture.transport.takeLog() == ["pause"])
        // What has come is handled.
        #expect(fixture.handler.takeLog() == ["text a", "text b", "text c"])
        #expect(fixture.engine.limits.exceeded == [.messagesPerSession: 1])
        fixture.eventLoop.advanceTime(by: .seconds(1))
        #expect(fixture.transport.takeLog() == ["resume"])
        fixture.receive(.text("d"))
        #expect(fixture.transport.takeLog() == ["pause"])
        #expect(fixture.session.isOpen)
    }

    @Test func bytesAreLimitedToo() {
        let fixture = SessionFixture.opened(RecordingTransport(.websocket, upgrades: [])) {
            $0.limits.bytesPerSession = RateLimit(perSecond: 10)
            $0.limits.messagesPerSession = RateLimit(perSecond: 1)
        }
        fixture.receive(.binary(ByteBuffer(repeating: 0, count: 60)))
        #expect(fixture.transport.takeLog() == ["pause"])
        #expect(fixture.engine.limits.exceeded == [.bytesPerSession: 1])
        fixture.eventLoop.advanceTime(by: .seconds(4))
        #expect(fixture.transport.takeLog() == [])
        fixture.eventLoop.advanceTime(by: .seconds(1))
        #expect(fixture.transport.takeLog() == ["resume"])
    }

    @Test func aBodyWithTooManyMessagesWaits() {
        let fixture = SessionFixture.opened { $0.limits.messagesPerSession = RateLimit(perSecond: 1) }
        let box = fixture.upload("4a\u{1e}4b\u{1e}4c")
        #expect(box.result == nil)
        #expect(fixture.handler.takeLog() == ["text a", "text b"])
        fixture.eventLoop.advanceTime(by: .seconds(1))
        #expect(fixture.handler.takeLog() == ["text c"])
        // So does its answer, since the client may send the next body then.
        #expect(box.result == nil)
        fixture.eventLoop.advanceTime(by: .seconds(1))
        guard case .taken = box.result else {
            Issue.record("\(box.result as Any)")
            return
        }
    }

    @Test func aSessionThatEndsWhilePausedIsNotResumed() {
        let fixture = SessionFixture.opened { $0.limits.messagesPerSession = RateLimit(perSecond: 1) }
        fixture.receive(.text("a"))
        fixture.receive(.text("b"))
        fixture.session.close(.forcedClose)
        _ = fixture.transport.takeLog()
        fixture.eventLoop.advanceTime(by: .seconds(60))
        #expect(!fixture.isKnown)
    }

    private static let address = try? SocketAddress(ipAddress: "192.0.2.1", port: 1)
    private static let other = try? SocketAddress(ipAddress: "192.0.2.2", port: 1)

    private func gate(_ configure: (inout LimitsConfiguration) -> Void) throws -> (HandshakeGate, LimitReporter) {
        var configuration = EngineIOConfiguration()
        configure(&configuration.limits)
        let engine = Engine(configuration: configuration) { _ in RecordingHandler() }
        return (try #require(engine.gate), engine.limits)
    }

    private let now = NIODeadline.uptimeNanoseconds(1)

    @Test func withoutLimitsThereIsNoGate() {
        #expect(Engine(configuration: EngineIOConfiguration()) { _ in RecordingHandler() }.gate == nil)
    }

    @Test func sessionsAreLimited() throws {
        let (gate, limits) = try self.gate { $0.sessions = 2 }
        var seats = [try gate.admit(Self.address, now: self.now), try gate.admit(nil, now: self.now)]
        #expect(throws: EngineIOError.limited(message: "Too many sessions", retryAfter: 10, isServers: true)) {
            try gate.admit(Self.other, now: self.now)
        }
        #expect(limits.exceeded == [.sessions: 1])
        seats.removeLast()
        seats.append(try gate.admit(Self.other, now: self.now))
    }

    @Test func sessionsOfOneAddressAreLimited() throws {
        let (gate, limits) = try self.gate { $0.sessionsPerAddress = 1 }
        var seats = [try gate.admit(Self.address, now: self.now)]
        #expect(throws: EngineIOError.limited(message: "Too many sessions", retryAfter: 10, isServers: false)) {
            try gate.admit(Self.address, now: self.now)
        }
        #expect(limits.exceeded == [.sessionsPerAddress: 1])
        seats.append(try gate.admit(Self.other, now: self.now))
        seats = []
        seats.append(try gate.admit(Self.address, now: self.now))
    }

    @Test func handshakesAreLimitedInTime() throws {
        let (gate, limits) = try self.gate {
            $0.handshakes = RateLimit(perSecond: 0.5, burst: 2)
            $0.handshakesPerAddress = RateLimit(perSecond: 0.1, burst: 1)
        }
        // Those that are open are not forgotten.
        var seats = [try gate.admit(Self.address, now: self.now)]
        #expect(throws: EngineIOError.limited(message: "Too many handshakes", retryAfter: 11, isServers: false)) {
            try gate.admit(Self.address, now: self.now)
        }
        // An address that comes too often takes nothing from the others.
        seats.append(try gate.admit(Self.other, now: self.now))
        #expect(throws: EngineIOError.limited(message: "Too many handshakes", retryAfter: 3, isServers: true)) {
            try gate.admit(nil, now: self.now)
        }
        #expect(limits.exceeded == [.handshakesPerAddress: 1, .handshakes: 1])
        seats.append(try gate.admit(nil, now: self.now + .seconds(2)))
        #expect(seats.count == 3)
    }

    @Test func aSessionThatEndsMakesRoom() throws {
        let fixture = SessionFixture.opened { $0.limits.sessions = 1 }
        let gate = try #require(fixture.engine.gate)
        let session = fixture.shard.open(
            on: RecordingTransport(), request: .test, seat: try gate.admit(nil, now: self.now))
        #expect(throws: EngineIOError.self) { try gate.admit(nil, now: self.now) }
        session.close(.forcedClose)
        _ = try gate.admit(nil, now: self.now)
    }
}
