// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import EngineIOWire
import MartletEngine
import MartletPolling
import MartletTestSupport
import NIOCore
import NIOEmbedded
import Testing

/// Polling in a lossless session: requests come late, twice, or not at all.
struct PollingTransportLosslessTests {
    @Test func aSecondGetTakesThePlaceOfTheFirst() {
        let fixture = PollingFixture(wantsResume: true)
        let first = fixture.get()
        let second = fixture.get()
        #expect(first.packets == ["6"])
        #expect(second.answers.isEmpty)
        fixture.send("a")
        fixture.eventLoop.run()
        #expect(second.packets == ["4a"])
        #expect(fixture.session.isOpen)
    }

    @Test func whatWasMeantForTheFirstGoesToTheSecond() throws {
        let fixture = PollingFixture(wantsResume: true)
        let first = fixture.get()
        fixture.send("a", "b")
        try fixture.session.restart(after: .init(acknowledged: 0))
        let second = fixture.get()
        #expect(first.packets == ["6"])
        #expect(second.packets == ["4a", "4b"])
    }

    @Test func aLostGetEndsOnlyItself() throws {
        let fixture = PollingFixture(wantsResume: true)
        try fixture.session.restart(after: .init(acknowledged: 0))
        let lost = fixture.get()
        fixture.send("a")
        lost.onLost?()
        fixture.eventLoop.advanceTime(by: .seconds(20))
        #expect(fixture.session.isOpen)
        try fixture.session.restart(after: .init(acknowledged: 0))
        #expect(fixture.get().packets == ["4a"])
        #expect(fixture.handler.log == [])
    }

    @Test func withoutAGetTheSessionExpires() {
        let fixture = PollingFixture(wantsResume: true)
        fixture.eventLoop.advanceTime(by: .milliseconds(29_999))
        #expect(fixture.isKnown)
        fixture.eventLoop.advanceTime(by: .milliseconds(1))
        #expect(!fixture.isKnown)
        #expect(fixture.handler.log == ["closed: transport close"])
    }

    @Test func aGetThatWaitsKeepsTheSession() {
        let fixture = PollingFixture(wantsResume: true)
        var get = fixture.get()
        for turn in 1...4 {
            fixture.eventLoop.advanceTime(by: .seconds(25))
            #expect(get.packets == ["20"], "turn \(turn)")
            fixture.session.received(.pong(ByteBuffer()), from: fixture.transport)
            get = fixture.get()
        }
        #expect(fixture.isKnown)
    }

    @Test func aGetProvesThatItsClientLives() {
        let fixture = PollingFixture(wantsResume: true)
        var get = fixture.get()
        fixture.eventLoop.advanceTime(by: .seconds(25))
        for _ in 0..<3 {
            #expect(get.packets == ["20"])
            // No pong comes, but this.
            get = fixture.get()
            fixture.eventLoop.advanceTime(by: .seconds(20))
        }
        #expect(fixture.session.isOpen)
        #expect(fixture.handler.log == [])
    }

    @Test func anotherTransportReleasesTheGetWithoutAWordOfAnEnd() throws {
        let fixture = PollingFixture(wantsResume: true)
        let waiting = fixture.get()
        let request = AttachRequest(id: fixture.session.id, transport: .websocket, number: 1, acknowledged: 0)
        try fixture.session.attach(RecordingTransport(.websocket), request)
        #expect(waiting.packets == ["6"])
        #expect(fixture.get().refusal == #"400 {"code":1,"message":"Session ID unknown"}"#)
    }

    @Test func textWithASeparatorIsEscaped() {
        let fixture = PollingFixture(wantsResume: true)
        let get = fixture.get()
        fixture.send("a\u{1e}")
        fixture.session.send(
            .shared(SharedMessage(payload: ByteBuffer(string: "a\u{1e}"), isBinary: false, on: fixture.shard.loop))
        )
        fixture.eventLoop.run()
        #expect(get.packets == ["tYR4=", "tYR4="])
    }
}
