// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import EngineIOWire
import HTTPTypes
import MartletEngine
import MartletEventStream
import MartletTestSupport
import NIOCore
import NIOEmbedded
import Testing

/// A request whose answer is a stream, and keeps what was written to it.
private final class RecordingExchange: HTTPExchange {
    var onLost: (() -> Void)?
    var onWritable: (() -> Void)?
    var unsentBytes = 0
    var hasSentOutput = true
    /// Whether the network takes nothing more.
    var isStuck = false
    var head: HTTPAnswer?
    var writes: [String] = []
    var ends = 0

    func respond(_ answer: HTTPAnswer) { Issue.record("answered as a whole") }
    func beginStream(_ head: HTTPAnswer) { self.head = head }
    func endStream() { self.ends += 1 }

    func writeStream(_ bytes: ByteBuffer) {
        #expect(self.head != nil && self.ends == 0)
        self.writes.append(String(buffer: bytes))
        if self.isStuck { self.unsentBytes += bytes.readableBytes }
    }

    /// The network takes all that is unsent.
    func takeAll() {
        self.unsentBytes = 0
        self.onWritable?()
    }

    func takeWrites() -> [String] {
        defer { self.writes = [] }
        return self.writes
    }
}

/// A session on an event stream.
private struct Fixture {
    let eventLoop = EmbeddedEventLoop()
    let handler = RecordingHandler()
    let stream = RecordingExchange()
    let transport: EventStreamTransport
    let shard: EngineShard
    let session: Session

    init(
        wantsResume: Bool = false,
        keepAlive: TimeAmount = .seconds(15),
        configure: (inout EngineIOConfiguration) -> Void = { _ in }
    ) {
        var configuration = EngineIOConfiguration()
        configure(&configuration)
        let handler = self.handler
        let engine = Engine(configuration: configuration) { _ in handler }
        self.shard = engine.shard(on: self.eventLoop)
        let transport = EventStreamTransport(
            stream: self.stream,
            loop: self.shard.loop,
            keepAlive: keepAlive
        )
        self.transport = transport
        self.session = self.shard.open(
            on: transport,
            request: .test,
            wantsResume: wantsResume
        )
    }

    /// A fixture whose opening has been forgotten.
    static func opened(
        wantsResume: Bool = false,
        keepAlive: TimeAmount = .seconds(15),
        configure: (inout EngineIOConfiguration) -> Void = { _ in }
    ) -> Fixture {
        let fixture = Fixture(wantsResume: wantsResume, keepAlive: keepAlive, configure: configure)
        fixture.eventLoop.run()
        fixture.stream.writes = []
        fixture.handler.log = []
        return fixture
    }

    func send(_ texts: String...) {
        for text in texts { self.session.send(.text(ByteBuffer(string: text))) }
    }
}

struct EventStreamTransportTests {
    @Test func itSaysWhatItIs() {
        let fixture = Fixture.opened()
        #expect(fixture.transport.name == .sse)
        #expect(fixture.transport.upgrades == [.websocket])
        #expect(!fixture.transport.lingersWhenClosed)
    }

    @Test func theStreamBeginsWithItsHeadAndTheOpenPacket() {
        let fixture = Fixture()
        fixture.eventLoop.run()
        let head = fixture.stream.head
        #expect(head?.status == .ok)
        #expect(head?.fields[.contentType] == "text/event-stream")
        #expect(head?.fields[.cacheControl] == "no-cache, no-store, no-transform")
        #expect(HTTPField.Name("X-Accel-Buffering").flatMap { head?.fields[$0] } == "no")
        #expect(fixture.stream.writes.count == 1)
        #expect(
            fixture.stream.writes[0].hasPrefix(#"data: 0{"sid":"\#(fixture.session.id)","upgrades":["websocket"],"#)
        )
        #expect(fixture.stream.writes[0].hasSuffix("}\n\n"))
    }

    @Test func inALosslessSessionTextWithACarriageReturnIsEscaped() {
        let fixture = Fixture.opened(wantsResume: true)
        fixture.send("a\r", "b\nc")
        fixture.session.send(
            .shared(SharedMessage(payload: ByteBuffer(string: "a\r"), isBinary: false, on: fixture.shard.loop))
        )
        fixture.eventLoop.run()
        #expect(fixture.stream.writes == ["data: tYQ0=\n\ndata: 4b\ndata: c\n\ndata: tYQ0=\n\n"])
    }

    @Test func aLostStreamIsNoEndOfALosslessSession() {
        let fixture = Fixture.opened(wantsResume: true)
        fixture.stream.onLost?()
        #expect(fixture.session.isOpen)
        #expect(fixture.session.transport.name == .sse)
        #expect(fixture.handler.log == [])
    }

    @Test func thePacketsOfATurnLeaveTogetherEachAsAnEvent() {
        let fixture = Fixture.opened()
        fixture.send("a", "b\nc\r\nd")
        fixture.session.send(.binary(ByteBuffer(bytes: [1, 2])))
        fixture.session.send(
            .shared(SharedMessage(payload: ByteBuffer(string: "e"), isBinary: false, on: fixture.shard.loop))
        )
        #expect(fixture.stream.writes == [])
        #expect(fixture.transport.unsentBytes > 0)
        fixture.eventLoop.run()
        #expect(
            fixture.stream.writes == ["data: 4a\n\ndata: 4b\ndata: c\ndata: d\n\ndata: bAQI=\n\ndata: 4e\n\n"]
        )
        #expect(fixture.transport.unsentBytes == 0)
    }

    @Test func muchOutputLeavesBeforeTheTurnEnds() {
        let fixture = Fixture.opened()
        fixture.send(String(repeating: "x", count: 70_000))
        #expect(fixture.stream.writes.count == 1)
        fixture.eventLoop.run()
        #expect(fixture.stream.writes.count == 1)
    }

    @Test func pingsAreEvents() {
        let fixture = Fixture.opened(keepAlive: .seconds(3600))
        fixture.eventLoop.advanceTime(by: .seconds(25))
        #expect(fixture.stream.writes == ["data: 2\n\n"])
    }

    // MARK: Keeping proxies awake

    @Test func aSilentStreamSaysAComment() {
        let fixture = Fixture.opened { $0.pingInterval = .seconds(3600) }
        fixture.eventLoop.advanceTime(by: .milliseconds(14_999))
        #expect(fixture.stream.writes == [])
        fixture.eventLoop.advanceTime(by: .milliseconds(1))
        #expect(fixture.stream.takeWrites() == [":\n\n"])
        fixture.eventLoop.advanceTime(by: .seconds(30))
        #expect(fixture.stream.writes == [":\n\n", ":\n\n"])
    }

    @Test func aStreamThatIsNotSilentSaysNoComment() {
        let fixture = Fixture.opened { $0.pingInterval = .seconds(3600) }
        for _ in 0..<10 {
            fixture.eventLoop.advanceTime(by: .seconds(10))
            fixture.send("x")
            fixture.eventLoop.run()
            #expect(fixture.stream.takeWrites() == ["data: 4x\n\n"])
        }
        fixture.eventLoop.advanceTime(by: .milliseconds(14_999))
        #expect(fixture.stream.writes == [])
        fixture.eventLoop.advanceTime(by: .milliseconds(1))
        #expect(fixture.stream.writes == [":\n\n"])
    }

    @Test func outputOfTheTurnInWhichACommentFallsDueStandsForIt() {
        let fixture = Fixture.opened { $0.pingInterval = .seconds(3600) }
        fixture.shard.loop.timers.schedule(after: .seconds(30)) { fixture.send("x") }
        fixture.eventLoop.advanceTime(by: .seconds(30))
        #expect(fixture.stream.takeWrites() == [":\n\n", "data: 4x\n\n"])
        fixture.eventLoop.advanceTime(by: .milliseconds(14_999))
        #expect(fixture.stream.writes == [])
        fixture.eventLoop.advanceTime(by: .milliseconds(1))
        #expect(fixture.stream.writes == [":\n\n"])
    }

    // MARK: Back-pressure

    @Test func aFullStreamMakesTheSessionWaitAndDrainsItInOrder() {
        let fixture = Fixture.opened()
        fixture.stream.isStuck = true
        let block = String(repeating: "x", count: 40_000)
        for number in 0..<4 { fixture.send("\(number)\(block)") }
        fixture.eventLoop.run()
        #expect(!fixture.transport.isWritable)
        let events = { fixture.stream.writes.joined().components(separatedBy: "\n\n").filter { !$0.isEmpty } }
        #expect(events().count == 2)
        #expect(fixture.session.unsentBytes > 160_000)
        fixture.stream.takeAll()
        fixture.eventLoop.run()
        fixture.stream.takeAll()
        fixture.eventLoop.run()
        #expect(events().map { $0.dropFirst(7).first } == ["0", "1", "2", "3"])
    }

    @Test func aReceiverThatIsTooSlowLosesItsSession() {
        let fixture = Fixture.opened { $0.unsentLimit = 100_000 }
        fixture.stream.isStuck = true
        fixture.send(String(repeating: "x", count: 70_000))
        #expect(fixture.session.isOpen)
        fixture.send(String(repeating: "x", count: 40_000))
        #expect(fixture.handler.log == ["closed: slow consumer"])
        #expect(fixture.stream.ends == 1)
    }

    // MARK: The end

    @Test func aClosedSessionSaysSoAndEndsTheStream() {
        let fixture = Fixture.opened()
        fixture.send("last")
        fixture.session.close(.forcedClose)
        #expect(fixture.stream.writes == ["data: 4last\n\ndata: 1\n\n"])
        #expect(fixture.stream.ends == 1)
        #expect(fixture.handler.log == ["closed: forced close"])
        fixture.eventLoop.advanceTime(by: .seconds(3600))
        #expect(fixture.stream.writes.count == 1)
        #expect(fixture.shard.timers.count == 0)
    }

    @Test func aLostStreamEndsTheSession() {
        let fixture = Fixture.opened()
        fixture.send("never")
        fixture.stream.onLost?()
        #expect(fixture.handler.log == ["closed: transport close"])
        fixture.eventLoop.advanceTime(by: .seconds(3600))
        #expect(fixture.stream.writes == [])
        #expect(fixture.stream.ends == 0)
        #expect(fixture.shard.timers.count == 0)
    }

    @Test func aStreamThatIsReplacedEndsWithoutAWordAboutTheSession() {
        let fixture = Fixture.opened()
        fixture.send("a")
        fixture.transport.retire()
        fixture.transport.retire()
        #expect(fixture.stream.writes == ["data: 4a\n\n"])
        #expect(fixture.stream.ends == 1)
        #expect(!fixture.transport.isWritable)
        fixture.stream.onLost?()
        #expect(fixture.handler.log == [])
    }
}

extension String {
    /// The parts between occurrences of a separator.
    fileprivate func components(separatedBy separator: String) -> [String] {
        self.split(separator: separator, omittingEmptySubsequences: false).map(String.init)
    }
}
