// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import EngineIOWire
import MartletEngine
import MartletTestSupport
import MartletWebSocket
import NIOCore
import NIOEmbedded
import Testing
import WebSocketWire

/// A session on a WebSocket, opened.
private struct Fixture {
    let eventLoop = EmbeddedEventLoop()
    let host = RecordingHost()
    let handler = RecordingHandler()
    let connection: WebSocketConnection
    let transport: WebSocketTransport
    let session: Session

    init(wantsResume: Bool = false, configure: (inout EngineIOConfiguration) -> Void = { _ in }) {
        var configuration = EngineIOConfiguration()
        configure(&configuration)
        let handler = self.handler
        let engine = Engine(configuration: configuration) { _ in handler }
        let shard = engine.shard(on: self.eventLoop)
        let network = RecordingNetwork()
        let loop = WebSocketLoop(shard.loop, send: network.send)
        self.host.open(loop, network)
        self.connection = WebSocketConnection(
            loop: loop,
            host: self.host,
            limits: WebSocketLimits()
        )
        self.host.connection = self.connection
        let transport = WebSocketTransport(self.connection)
        self.transport = transport
        self.session = shard.open(on: transport, request: .test, wantsResume: wantsResume)
        self.eventLoop.run()
        self.host.writes = []
        handler.log = []
    }

    func read(_ bytes: [UInt8]) {
        self.connection.receive(ByteBuffer(bytes: bytes))
        self.connection.readComplete()
    }

    func sent() throws -> [String] {
        self.eventLoop.run()
        return try decode(self.host.writes.flatMap { $0 })
    }
}

struct WebSocketTransportTests {
    @Test func itSaysWhatItIs() {
        let fixture = Fixture()
        #expect(fixture.transport.name == .websocket)
        #expect(fixture.transport.upgrades == [])
        #expect(!fixture.transport.lingersWhenClosed)
        #expect(fixture.transport.isWritable)
    }

    @Test func eachPacketIsAFrame() throws {
        let fixture = Fixture()
        fixture.session.send(.text(ByteBuffer(string: "hello")))
        fixture.session.send(.binary(ByteBuffer(bytes: [1, 2])))
        fixture.session.send(
            .shared(SharedMessage(payload: ByteBuffer(string: "all"), isBinary: false, on: fixture.session.shard.loop)))
        fixture.session.send(
            .shared(SharedMessage(payload: ByteBuffer(bytes: [3]), isBinary: true, on: fixture.session.shard.loop)))
        fixture.session.send(.text(ByteBuffer()))
        #expect(try fixture.sent() == ["text 4hello", "binary [1, 2]", "text 4all", "binary [3]", "text 4"])
        #expect(fixture.host.writes.count == 1)
    }

    @Test func controlPacketsAreTextFrames() throws {
        let fixture = Fixture()
        fixture.eventLoop.advanceTime(by: .seconds(25))
        #expect(try fixture.sent() == ["text 2"])
    }

    @Test func framesAreDispatchedAsPackets() {
        let fixture = Fixture()
        fixture.read(frame(.text, "4hello") + frame(.binary, [1, 2]) + frame(.text, "bAQI=") + frame(.text, "3"))
        #expect(fixture.handler.log == ["text hello", "binary [1, 2]", "binary [1, 2]"])
        #expect(fixture.session.isOpen)
    }

    @Test(arguments: ["9", "", "abc", "b&"])
    func anInvalidPacketEndsTheSession(text: String) throws {
        let fixture = Fixture()
        fixture.read(frame(.text, text) + frame(.text, "4late"))
        #expect(fixture.handler.log == ["closed: parse error"])
        #expect(try fixture.sent() == ["close 1000"])
    }

    @Test(arguments: [(TransportCloseReason.done, 1000), (.protocolError, 1000), (.byPeer, 1000), (.goingAway, 1012)])
    func aClosedSessionClosesItsConnection(reason: TransportCloseReason, code: Int) throws {
        let fixture = Fixture()
        fixture.session.close(.forcedClose, tellingPeer: reason)
        #expect(try fixture.sent() == ["close \(code)"])
        #expect(fixture.handler.log == ["closed: forced close"])
        fixture.read(closeFrame(UInt16(code)))
        #expect(fixture.host.log == ["close"])
        #expect(fixture.handler.log.count == 1)
    }

    @Test func aTransportThatIsReplacedClosesItsConnection() throws {
        let fixture = Fixture()
        fixture.transport.retire()
        #expect(try fixture.sent() == ["close 1000"])
    }

    @Test func aLosslessSessionIsToldOfItsEndBeforeTheConnectionIs() throws {
        let fixture = Fixture(wantsResume: true)
        fixture.session.close(.forcedClose)
        #expect(try fixture.sent() == ["text 1", "close 1000"])
    }

    @Test func theEndOfAConnectionIsNoEndOfALosslessSession() throws {
        let closed = Fixture(wantsResume: true)
        closed.read(closeFrame(1000))
        #expect(closed.session.isOpen)
        let lost = Fixture(wantsResume: true)
        lost.connection.hostClosed()
        #expect(lost.session.isOpen)
        #expect(lost.handler.log == [])
    }

    @Test func aPingTellsHowMuchHasCome() throws {
        let fixture = Fixture(wantsResume: true)
        fixture.session.received(.text(ByteBuffer(string: "a")), from: fixture.transport)
        fixture.eventLoop.advanceTime(by: .seconds(25))
        #expect(try fixture.sent() == ["text 21"])
    }

    @Test func thePeersCloseEndsTheSession() {
        let fixture = Fixture()
        fixture.read(closeFrame(1000))
        #expect(fixture.handler.log == ["closed: transport close"])
    }

    @Test func aLostNetworkEndsTheSession() {
        let fixture = Fixture()
        fixture.connection.hostClosed()
        #expect(fixture.handler.log == ["closed: transport close"])
    }

    @Test func aViolationOfTheProtocolEndsTheSession() throws {
        let fixture = Fixture()
        fixture.read(frame(.text, [0xff]))
        #expect(fixture.handler.log == ["closed: transport error"])
        #expect(try fixture.sent().first?.hasPrefix("close 1007") == true)
    }

    @Test func aFullConnectionMakesTheSessionWaitAndDrainsItInOrder() throws {
        let fixture = Fixture()
        fixture.host.isStuck = true
        let message = ByteBuffer(repeating: UInt8(ascii: "x"), count: 40_000)
        for _ in 0..<4 { fixture.session.send(.text(message)) }
        fixture.session.send(.text(ByteBuffer(string: "last")))
        fixture.eventLoop.run()
        let sentBefore = fixture.host.writes.flatMap { $0 }.count
        #expect(sentBefore < 90_000)
        #expect(fixture.session.unsentBytes >= 160_000)
        while fixture.host.unsentBytes > 0 {
            fixture.host.take(fixture.host.unsentBytes)
            fixture.eventLoop.run()
        }
        #expect(try fixture.sent().count == 5)
        #expect(try fixture.sent().last == "text 4last")
    }

    @Test func pausingReachesTheConnection() {
        let fixture = Fixture()
        fixture.session.pauseReading()
        fixture.read(frame(.text, "4a"))
        #expect(fixture.handler.log == [])
        fixture.session.resumeReading()
        #expect(fixture.handler.log == ["text a"])
        #expect(fixture.host.log == ["pause", "resume"])
    }

    @Test func theSessionIsLetGoWithTheConnection() {
        var fixture: Fixture? = Fixture()
        weak let session = fixture?.session
        let transport = fixture?.transport
        fixture?.connection.hostClosed()
        fixture = nil
        #expect(session == nil)
        #expect(transport?.isWritable == false)
    }
}
