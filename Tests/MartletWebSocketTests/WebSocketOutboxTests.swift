// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEngine
import NIOCore
import NIOEmbedded
import Testing

@testable import MartletWebSocket

/// An outbox for expectations to look at, which those do not borrow.
private final class Outbox {
    var value = WebSocketOutbox()

    var turnBytes: Int { self.value.turnBytes }
    var unsentBytes: Int { self.value.unsentBytes }
    var sendsAtOnce: Bool { self.value.sendsAtOnce }
    var hasSentOutput: Bool { self.value.hasSentOutput }

    func hasRoom() -> Bool { self.value.hasRoom() }
    func takeNoticeOfRoom() -> Bool { self.value.takeNoticeOfRoom() }
    func take() -> String { String(buffer: self.value.takeTurn()) }
}

struct WebSocketOutboxTests {
    /// A connection for the frames of many to be addressed to; the outbox under test is another.
    private let fixture = ConnectionFixture()
    private let frames: SharedFrames
    private let socket: DirectSockets.Number

    init() throws {
        self.frames = self.fixture.loop.plainFrames
        self.socket = try #require(self.fixture.host.directSocket)
        self.fixture.eventLoop.run()
        self.fixture.host.writes = []
    }

    private func range(_ text: String) -> Range<Int> {
        self.frames.range(of: self.fixture.message(text)) { $1.writeImmutableBuffer($0.payload) }
    }

    private func add(_ text: String, to outbox: Outbox) -> WebSocketOutbox.Added {
        outbox.value.add(takingFrom: self.fixture.loop.context.takeBuffer) { $0.writeString(text) }
    }

    private func share(
        _ range: Range<Int>,
        with outbox: Outbox,
        directly: Bool = true
    ) -> WebSocketOutbox.Added? {
        outbox.value.add(range, of: self.frames, to: self.fixture.connection, directly ? self.socket : nil)
    }

    private static let much = String(repeating: "x", count: WebSocketOutbox.highWaterMark)

    @Test func nothingIsInANewOne() {
        let outbox = Outbox()
        #expect(outbox.unsentBytes == 0)
        #expect(outbox.sendsAtOnce)
        #expect(!outbox.hasSentOutput)
        #expect(outbox.hasRoom())
        #expect(outbox.take() == "")
    }

    @Test func ownFramesAreCollectedAndAskForOneFlush() {
        let outbox = Outbox()
        #expect(self.add("ab", to: outbox).needsFlush)
        #expect(!self.add("c", to: outbox).needsFlush)
        #expect(outbox.turnBytes == 3)
        #expect(outbox.take() == "abc")
        #expect(outbox.turnBytes == 0)
        #expect(self.add("d", to: outbox).needsFlush)
    }

    @Test func sharedFramesStayWhereTheyStand() {
        let outbox = Outbox()
        let added = self.share(self.range("ab"), with: outbox)
        #expect(added?.needsFlush == false)
        #expect(self.share(self.range("c"), with: outbox) != nil)
        #expect(outbox.turnBytes == 3)
        #expect(outbox.unsentBytes == 3)
        self.fixture.eventLoop.run()
        #expect(self.fixture.host.writes == [Array("abc".utf8)])
        #expect(outbox.turnBytes == 0)
        #expect(outbox.take() == "")
    }

    @Test func sharedFramesAreTakenBackForThoseOfTheConnectionsOwn() {
        let outbox = Outbox()
        _ = self.share(self.range("ab"), with: outbox)
        #expect(self.add("own", to: outbox).needsFlush)
        #expect(self.share(self.range("c"), with: outbox) == nil)
        #expect(outbox.take() == "abown")
        self.fixture.eventLoop.run()
        #expect(self.fixture.host.writes == [])
    }

    @Test func sharedFramesOfAnEarlierTurnMeanNothing() {
        let outbox = Outbox()
        _ = self.share(self.range("ab"), with: outbox)
        self.fixture.eventLoop.run()
        #expect(self.add("own", to: outbox).needsFlush)
        #expect(outbox.take() == "own")
        _ = self.share(self.range("cd"), with: outbox)
        self.fixture.eventLoop.run()
        #expect(self.share(self.range("ef"), with: outbox) != nil)
        #expect(outbox.take() == "ef")
    }

    @Test func aGapBetweenSharedFramesIsNotDelivered() {
        let outbox = Outbox()
        _ = self.share(self.range("ab"), with: outbox)
        _ = self.range("not for this one")
        #expect(self.share(self.range("c"), with: outbox) == nil)
        #expect(outbox.take() == "ab")
    }

    @Test func whileTheNetworkIsBusyNothingIsSentDirectly() {
        let outbox = Outbox()
        outbox.value.noteWaiting(1)
        #expect(self.share(self.range("ab"), with: outbox) == nil)
        outbox.value.noteLeft(1, haveLeft: true)
        #expect(self.share(self.range("ab"), with: outbox, directly: false) == nil)
        #expect(self.share(self.range("ab"), with: outbox) != nil)
    }

    @Test func whatIsFullIsSentNow() {
        let outbox = Outbox()
        #expect(!self.add("x", to: outbox).isFull)
        #expect(self.add(Self.much, to: outbox).isFull)
        _ = outbox.take()
        #expect(self.share(self.range(Self.much), with: outbox)?.isFull == true)
        #expect(self.share(self.range("y"), with: outbox)?.isFull == true)
    }

    @Test func roomIsToldOnceAndOnlyToWhomItWasDenied() {
        let outbox = Outbox()
        outbox.value.noteWaiting(WebSocketOutbox.highWaterMark)
        #expect(!outbox.sendsAtOnce)
        outbox.value.noteLeft(WebSocketOutbox.highWaterMark, haveLeft: true)
        #expect(!outbox.takeNoticeOfRoom())
        outbox.value.noteWaiting(WebSocketOutbox.highWaterMark)
        #expect(!outbox.hasRoom())
        outbox.value.noteLeft(WebSocketOutbox.highWaterMark / 2, haveLeft: true)
        #expect(!outbox.takeNoticeOfRoom())
        outbox.value.noteLeft(1, haveLeft: true)
        #expect(outbox.takeNoticeOfRoom())
        #expect(!outbox.takeNoticeOfRoom())
    }

    @Test func whatLeftIsToldFromWhatNeverWill() {
        let outbox = Outbox()
        outbox.value.noteSent(0)
        outbox.value.noteWaiting(2)
        outbox.value.noteLeft(1, haveLeft: false)
        #expect(!outbox.hasSentOutput)
        outbox.value.noteLeft(1, haveLeft: true)
        #expect(outbox.hasSentOutput)
        let direct = Outbox()
        direct.value.noteSent(1)
        #expect(direct.hasSentOutput)
    }

    @Test func anOutboxThatIsEmptiedSendsNothing() {
        let outbox = Outbox()
        _ = self.share(self.range("ab"), with: outbox)
        outbox.value.noteWaiting(5)
        outbox.value.removeAll()
        #expect(outbox.unsentBytes == 0)
        self.fixture.eventLoop.run()
        #expect(self.fixture.host.writes == [])
    }
}
