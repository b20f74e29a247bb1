// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import EngineIOWire
import MartletEngine
import MartletTestSupport
import NIOCore
import NIOEmbedded
import Testing

/// A lossless session on a transport that writes down what it is asked to do.
private struct Fixture {
    let eventLoop = EmbeddedEventLoop()
    let handler = RecordingHandler()
    let transport: RecordingTransport
    let shard: EngineShard
    let session: Session

    init(_ transport: RecordingTransport = RecordingTransport(.websocket), buffer: Int = 1000) {
        var configuration = EngineIOConfiguration()
        configuration.resume?.buffer = buffer
        let handler = self.handler
        self.transport = transport
        self.shard = Engine(configuration: configuration) { _ in handler }.shard(on: self.eventLoop)
        self.session = self.shard.open(on: transport, request: .test, wantsResume: true)
    }

    static func opened(buffer: Int = 1000) -> Fixture {
        let fixture = Fixture(buffer: buffer)
        _ = fixture.transport.takeLog()
        _ = fixture.handler.takeLog()
        return fixture
    }

    var isKnown: Bool { self.shard.session(self.session.id) != nil }

    func send(_ texts: String...) {
        for text in texts { self.session.send(.text(ByteBuffer(string: text))) }
    }

    func receive(_ packet: EnginePacket, on transport: RecordingTransport? = nil) {
        self.session.received(packet, from: transport ?? self.transport)
    }

    func lose(_ transport: RecordingTransport? = nil, _ reason: DisconnectReason = .transportClose) {
        self.session.transportClosed(transport ?? self.transport, reason)
    }

    /// The transport that was attached; `nil` when it was refused.
    func attach(_ number: Int, by name: TransportName = .websocket, acknowledging count: Int)
        -> RecordingTransport?
    {
        let transport = RecordingTransport(name)
        let request = AttachRequest(
            id: self.session.id, transport: name, number: number, acknowledged: count)
        do throws(EngineIOError) {
            try self.session.attach(transport, request)
        } catch {
            return nil
        }
        return transport
    }

    func upload(_ body: String, from first: Int?, acknowledging count: Int? = nil) -> UploadBox {
        let box = UploadBox()
        guard self.session.beginUpload() else { return box }
        self.session.receivedUpload(
            ByteBuffer(string: body), .init(acknowledged: count, first: first)
        ) { box.result = $0 }
        return box
    }
}

private func open(_ session: Session, ack: Int, from: Int, upgrades: String = #""websocket""#)
    -> String
{
    #"0{"sid":"\#(session.id)","upgrades":[\#(upgrades)],"pingInterval":25000,"pingTimeout":20000,"#
        + #""maxPayload":1000000,"resume":{"timeout":30000,"buffer":1000},"ack":\#(ack),"from":\#(from)}"#
}

struct SessionLosslessTests {
    // MARK: Granting

    @Test func itIsGrantedToThoseWhoAsk() {
        let fixture = Fixture()
        #expect(fixture.session.isLossless)
        #expect(
            fixture.transport.log.first?.hasSuffix(#","resume":{"timeout":30000,"buffer":1000}}"#) == true
        )
        let plain = SessionFixture()
        #expect(!plain.session.isLossless)
        #expect(plain.transport.log.first?.contains("resume") == false)
    }

    @Test func itIsNotGrantedWhenItIsOff() {
        var configuration = EngineIOConfiguration()
        configuration.resume = nil
        let shard = Engine(configuration: configuration) { _ in RecordingHandler() }.shard(
            on: EmbeddedEventLoop())
        let transport = RecordingTransport()
        let session = shard.open(on: transport, request: .test, wantsResume: true)
        #expect(!session.isLossless)
        #expect(transport.log.first?.contains("resume") == false)
    }

    @Test func aPlainSessionCannotBeAttachedTo() {
        let fixture = SessionFixture.opened()
        let request = AttachRequest(
            id: fixture.session.id, transport: .polling, number: 1, acknowledged: 0)
        #expect(throws: EngineIOError.badRequest) { try fixture.session.checkAttach(request) }
        #expect(throws: EngineIOError.badRequest) {
            try fixture.session.attach(RecordingTransport(), request)
        }
        #expect(fixture.transport.log == [])
    }

    // MARK: Attach

    @Test(arguments: [TransportName.websocket, .sse, .polling])
    func aTransportIsAttachedWhileTheOldOneLives(name: TransportName) {
        let fixture = Fixture.opened()
        fixture.send("a", "b", "c")
        fixture.receive(.text("x"))
        fixture.receive(.noop("1"))
        let next = fixture.attach(1, by: name, acknowledging: 2)
        #expect(fixture.transport.takeLog() == ["4a", "4b", "4c", "retire"])
        #expect(next?.takeLog() == [open(fixture.session, ack: 1, from: 2), "4c"])
        #expect(fixture.handler.log == ["text x", "transport \(name)"])
        #expect(fixture.session.transport === next)
        // What the old one still brings, or its end, is nobody's.
        fixture.receive(.text("late"))
        fixture.receive(.close(""))
        fixture.lose()
        fixture.send("d")
        #expect(next?.log == ["4d"])
        #expect(fixture.transport.log == [])
        #expect(fixture.handler.log == ["text x", "transport \(name)"])
        #expect(fixture.session.isOpen)
    }

    @Test func whatWasSentWithoutATransportIsSentOnTheNext() {
        let fixture = Fixture.opened()
        fixture.send("a", "b")
        fixture.lose()
        fixture.send("c")
        // Those that left on the lost transport may not have arrived.
        #expect(fixture.session.unsentBytes == 3)
        let next = fixture.attach(1, acknowledging: 1)
        #expect(next?.log == [open(fixture.session, ack: 0, from: 1), "4b", "4c"])
        #expect(fixture.session.unsentBytes == 0)
    }

    @Test func aRefusedAttachChangesNothing() {
        let fixture = Fixture.opened()
        fixture.send("a")
        #expect(fixture.attach(0, acknowledging: 0) == nil)
        #expect(fixture.attach(1, acknowledging: 2) == nil)
        #expect(fixture.transport.log == ["4a"])
        let first = fixture.attach(5, acknowledging: 0)
        #expect(first != nil)
        #expect(fixture.attach(5, acknowledging: 0) == nil)
        #expect(fixture.attach(4, acknowledging: 0) == nil)
        #expect(fixture.session.transport === first)
        #expect(first?.log == [open(fixture.session, ack: 0, from: 0), "4a"])
        fixture.session.close(.forcedClose)
        #expect(fixture.attach(6, acknowledging: 0) == nil)
    }

    @Test func anAttachWhileHandlersAreBehindIsNotReadEither() {
        let fixture = Fixture.opened()
        fixture.session.pauseReading()
        let next = fixture.attach(1, acknowledging: 0)
        #expect(next?.takeLog().first == "pause")
        fixture.session.resumeReading()
        #expect(next?.log == ["resume"])
    }

    @Test func aBodyThatWaitsEndsWithItsTransport() {
        let fixture = Fixture(RecordingTransport(.polling))
        fixture.session.pauseReading()
        let upload = fixture.upload("4a\u{1e}4b", from: 1)
        #expect(upload.result == nil)
        let next = fixture.attach(1, acknowledging: 0)
        #expect(upload.result == .abandoned)
        #expect(next?.log == ["pause", open(fixture.session, ack: 0, from: 0)])
        fixture.session.resumeReading()
        #expect(!fixture.handler.log.contains("text a"))
    }

    // MARK: Acknowledging

    @Test func packetsWithoutAMessageAcknowledge() {
        for packet in [EnginePacket.pong("2"), .noop("2")] {
            let fixture = Fixture.opened()
            fixture.send("a", "b", "c")
            fixture.receive(packet)
            let next = fixture.attach(1, acknowledging: 0)
            #expect(next?.log == [open(fixture.session, ack: 0, from: 2), "4c"])
        }
    }

    @Test(arguments: ["3", "9007199254740992", "-1", "01", "x"])
    func anImpossibleAcknowledgementIsAParseError(count: String) {
        let fixture = Fixture.opened()
        fixture.send("a", "b")
        fixture.receive(.noop(ByteBuffer(string: count)))
        #expect(fixture.handler.log == ["closed: parse error"])
        #expect(!fixture.isKnown)
    }

    @Test func theServerAcknowledgesAfter64MessagesAndWithEveryPing() {
        let fixture = Fixture.opened()
        for _ in 0..<64 { fixture.receive(.text("x")) }
        #expect(fixture.transport.takeLog() == ["664"])
        fixture.receive(.text("x"))
        fixture.eventLoop.advanceTime(by: .seconds(25))
        #expect(fixture.transport.takeLog() == ["265"])
    }

    @Test func aFullWindowWaitsForTheClient() {
        let fixture = Fixture.opened(buffer: 4)
        fixture.send("aa", "bb", "cc")
        #expect(fixture.transport.takeLog() == ["4aa", "4bb"])
        #expect(fixture.session.unsentBytes == 2)
        fixture.receive(.noop("1"))
        #expect(fixture.transport.takeLog() == ["4cc"])
    }

    // MARK: Bodies

    @Test func aBodyIsTakenOnce() {
        let fixture = Fixture(RecordingTransport(.polling))
        _ = fixture.handler.takeLog()
        #expect(fixture.upload("4a\u{1e}4b", from: 1).result == .taken)
        #expect(fixture.upload("4a\u{1e}4b", from: 1).result == .taken)
        #expect(fixture.upload("4b\u{1e}6\u{1e}bAQI=", from: 2).result == .taken)
        #expect(fixture.handler.log == ["text a", "text b", "binary [1, 2]"])
        #expect(fixture.upload("4x", from: 5).result == .outOfSequence)
        #expect(fixture.upload("4x", from: 0).result == .outOfSequence)
        #expect(fixture.upload("4x", from: nil).result == .outOfSequence)
        #expect(fixture.upload("4x", from: 4, acknowledging: 1).result == .outOfSequence)
        #expect(fixture.upload("tYR4=", from: 4).result == .taken)
        #expect(fixture.handler.log.last == "text a\u{1e}")
        #expect(fixture.session.isOpen)
    }

    @Test func bodiesMayOverlap() {
        let fixture = Fixture(RecordingTransport(.polling))
        _ = fixture.handler.takeLog()
        fixture.handler.onText = { if $0 == "a" { fixture.session.pauseReading() } }
        let first = fixture.upload("4a\u{1e}4b", from: 1)
        #expect(first.result == nil)
        let second = fixture.upload("4a\u{1e}4b", from: 1)
        #expect(first.result == .abandoned)
        #expect(second.result == nil)
        fixture.session.resumeReading()
        #expect(second.result == .taken)
        #expect(fixture.handler.log == ["text a", "text b"])
        fixture.session.cancelUpload()
        #expect(fixture.session.isOpen)
    }

    // MARK: Loss

    @Test func aLossIsNoEnd() {
        for reason in [DisconnectReason.transportClose, .transportError] {
            let fixture = Fixture.opened()
            fixture.lose(nil, reason)
            #expect(fixture.session.isOpen)
            #expect(fixture.session.transport.name == .websocket)
            fixture.eventLoop.advanceTime(by: .milliseconds(29_999))
            #expect(fixture.handler.log == [])
            fixture.eventLoop.advanceTime(by: .milliseconds(1))
            #expect(fixture.handler.log == ["closed: \(reason)"])
            #expect(!fixture.isKnown)
        }
    }

    @Test func aPingWithoutAnswerLosesTheTransportOnly() {
        let fixture = Fixture.opened()
        fixture.eventLoop.advanceTime(by: .seconds(45))
        #expect(fixture.transport.takeLog() == ["20", "retire"])
        #expect(fixture.session.isOpen)
        fixture.eventLoop.advanceTime(by: .seconds(30))
        #expect(fixture.handler.log == ["closed: ping timeout"])
    }

    @Test func pingsBeginAnewWithAnAttach() {
        let fixture = Fixture.opened()
        fixture.eventLoop.advanceTime(by: .seconds(10))
        fixture.lose()
        fixture.eventLoop.advanceTime(by: .seconds(29))
        #expect(fixture.transport.log == [], "no pings without a transport")
        let next = fixture.attach(1, acknowledging: 0)
        _ = next?.takeLog()
        fixture.eventLoop.advanceTime(by: .milliseconds(24_999))
        #expect(next?.log == [])
        fixture.eventLoop.advanceTime(by: .milliseconds(1))
        #expect(next?.log == ["20"])
    }

    @Test func tooMuchWithoutATransportEndsTheSession() {
        let fixture = Fixture.opened(buffer: 4)
        fixture.send("aa")
        fixture.lose(nil, .transportError)
        fixture.send("bb")
        #expect(fixture.session.isOpen)
        fixture.send("c")
        #expect(fixture.handler.log == ["closed: transport error"])
        #expect(!fixture.isKnown)
    }

    @Test func tooMuchUnsentWhenTheTransportIsLostEndsTheSession() {
        let fixture = Fixture.opened(buffer: 4)
        fixture.send("aa", "bb", "cc")
        #expect(fixture.session.isOpen)
        fixture.lose()
        #expect(fixture.handler.log == ["closed: transport close"])
    }

    @Test func volatileMessagesAreDroppedWithoutATransport() {
        let fixture = Fixture.opened()
        #expect(fixture.session.takesVolatile)
        fixture.lose()
        #expect(!fixture.session.takesVolatile)
        _ = fixture.attach(1, acknowledging: 0)
        #expect(fixture.session.takesVolatile)
    }

    // MARK: The end

    @Test func thePeersClosePacketEndsTheSession() {
        let fixture = Fixture.opened()
        fixture.receive(.close(""))
        #expect(fixture.handler.log == ["closed: transport close"])
        #expect(!fixture.isKnown)
    }

    @Test func atTheEndEverythingIsWritten() {
        let fixture = Fixture.opened(buffer: 2)
        fixture.send("aa", "bb", "cc")
        fixture.session.close(.forcedClose)
        #expect(fixture.transport.log == ["4aa", "4bb", "4cc", "close done"])
        #expect(fixture.handler.log == ["closed: forced close"])
    }

    @Test func anEndWithoutATransportIsToldToTheHandlerOnly() {
        let fixture = Fixture.opened()
        fixture.lose()
        fixture.session.close(.forcedClose)
        #expect(fixture.handler.log == ["closed: forced close"])
        #expect(!fixture.isKnown)
    }
}
