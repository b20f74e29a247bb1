// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import EngineIOWire
import HTTPTypes
import MartletEngine
import MartletPolling
import MartletTestSupport
import NIOCore
import NIOEmbedded
import Testing

struct PollingTransportTests {
    @Test func itSaysWhatItIs() {
        let fixture = PollingFixture()
        #expect(fixture.transport.name == .polling)
        #expect(fixture.transport.upgrades == [.websocket])
        #expect(fixture.transport.lingersWhenClosed)
    }

    @Test func theHandshakeIsAnsweredWithTheOpenPacket() {
        let fixture = PollingFixture()
        #expect(fixture.handshake.packets?.count == 1)
        #expect(fixture.handshake.packets?[0].hasPrefix(#"0{"sid":"\#(fixture.session.id)""#) == true)
        let answer = fixture.handshake.answers[0]
        #expect(answer.fields[.contentType] == "text/plain; charset=UTF-8")
        #expect(answer.fields[.cacheControl] == "no-store")
    }

    @Test func aGetWaitsAndIsAnsweredWithAllPacketsOfATurn() {
        let fixture = PollingFixture()
        let get = fixture.get()
        #expect(get.answers.isEmpty)
        fixture.send("a", "b")
        fixture.session.send(.binary(ByteBuffer(bytes: [1, 2])))
        fixture.session.send(
            .shared(SharedMessage(payload: ByteBuffer(string: "c"), isBinary: false, on: fixture.shard.loop))
        )
        #expect(get.answers.isEmpty)
        fixture.eventLoop.run()
        #expect(get.answers.count == 1)
        #expect(get.packets == ["4a", "4b", "bAQI=", "4c"])
        #expect(fixture.transport.unsentBytes == 0)
    }

    @Test func whatWaitsIsTheAnswerToTheNextGet() {
        let fixture = PollingFixture()
        fixture.send("a", "b")
        fixture.eventLoop.run()
        #expect(fixture.session.unsentBytes == 2)
        #expect(fixture.get().packets == ["4a", "4b"])
        #expect(fixture.get().answers.isEmpty)
    }

    @Test func aPingIsTheOnlyPacketOfItsAnswer() {
        let fixture = PollingFixture()
        let get = fixture.get()
        fixture.eventLoop.advanceTime(by: .seconds(25))
        #expect(get.packets == ["2"])
    }

    @Test func aSecondGetEndsTheSession() {
        let fixture = PollingFixture()
        let first = fixture.get()
        let second = fixture.get()
        #expect(second.answers.isEmpty)
        fixture.eventLoop.advanceTime(by: .milliseconds(100))
        #expect(first.packets == ["1"])
        #expect(second.refusal == #"400 {"code":3,"message":"Bad request"}"#)
        #expect(fixture.handler.log == ["closed: transport error"])
        #expect(!fixture.isKnown)
    }

    @Test func aSecondGetThatIsHeardBeforeTheEndOfTheFirstTakesItsPlace() {
        let fixture = PollingFixture()
        let first = fixture.get()
        let second = fixture.get()
        // Nothing goes to a connection that its client seems to have given up.
        fixture.send("a")
        fixture.eventLoop.run()
        #expect(first.answers.isEmpty && second.answers.isEmpty)
        first.onLost?()
        fixture.eventLoop.run()
        #expect(second.packets == ["4a"])
        fixture.eventLoop.advanceTime(by: .seconds(1))
        #expect(fixture.session.isOpen)
    }

    @Test func aSecondGetThatIsLostItselfLeavesTheFirst() {
        let fixture = PollingFixture()
        let first = fixture.get()
        let second = fixture.get()
        fixture.send("a")
        second.onLost?()
        fixture.eventLoop.run()
        #expect(first.packets == ["4a"])
        fixture.eventLoop.advanceTime(by: .seconds(1))
        #expect(fixture.session.isOpen)
    }

    @Test func aThirdGetEndsTheSessionAtOnce() {
        let fixture = PollingFixture()
        let gets = [fixture.get(), fixture.get(), fixture.get()]
        #expect(gets[2].refusal == #"400 {"code":3,"message":"Bad request"}"#)
        #expect(gets[0].packets == ["1"] && gets[1].packets == ["1"])
        #expect(fixture.handler.log == ["closed: transport error"])
        fixture.eventLoop.advanceTime(by: .seconds(1))
        #expect(!fixture.isKnown)
        #expect(fixture.shard.timers.count == 0)
    }

    @Test func anAbortedGetEndsOnlyItself() {
        let fixture = PollingFixture()
        let get = fixture.get()
        get.onLost?()
        #expect(get.answers.isEmpty)
        fixture.send("a")
        #expect(fixture.get().packets == ["4a"])
        #expect(fixture.handler.log == [])
    }

    @Test func aGetThatIsAbortedWithItsAnswerOnTheWayEndsTheSession() {
        let fixture = PollingFixture()
        let get = fixture.get()
        fixture.send("a")
        get.onLost?()
        fixture.eventLoop.run()
        #expect(get.answers.isEmpty)
        #expect(fixture.handler.log == ["closed: transport error"])
        #expect(!fixture.isKnown)
    }

    @Test func aSecondGetWhileTheEndIsToldLeavesTheFirstAlone() {
        let fixture = PollingFixture()
        let large = String(repeating: "x", count: 800_000)
        let get = RecordingExchange()
        fixture.transport.receive(get)
        fixture.send(large, large, large)
        fixture.session.close(.forcedClose)
        let second = RecordingExchange()
        fixture.transport.receive(second)
        fixture.eventLoop.run()
        #expect(second.refusal == #"400 {"code":3,"message":"Bad request"}"#)
        #expect(get.packets == ["4" + large, "4" + large])
        #expect(fixture.get().packets == ["4" + large, "1"])
        #expect(!fixture.isKnown)
        #expect(fixture.shard.timers.count == 0)
    }

    @Test func whoeverAbortsItsGetAndDoesNotComeBackIsGivenUpByTheHeartbeat() {
        let fixture = PollingFixture()
        fixture.get().onLost?()
        fixture.eventLoop.advanceTime(by: .seconds(44))
        #expect(fixture.session.isOpen)
        fixture.eventLoop.advanceTime(by: .seconds(1))
        #expect(fixture.handler.log == ["closed: ping timeout"])
        #expect(!fixture.isKnown)
        #expect(fixture.get().refusal == #"400 {"code":1,"message":"Session ID unknown"}"#)
    }

    @Test func aWaitingGetIsToldOfAPingTimeout() {
        let fixture = PollingFixture()
        fixture.eventLoop.advanceTime(by: .seconds(25))
        #expect(fixture.get().packets == ["2"])
        let get = fixture.get()
        fixture.eventLoop.advanceTime(by: .seconds(20))
        #expect(get.packets == ["1"])
        #expect(!fixture.isKnown)
    }

    @Test(arguments: [false, true])
    func anAnswerThatIsLostEndsAPlainSession(isPolling: Bool) {
        let fixture = PollingFixture()
        let get = fixture.get()
        fixture.send("a")
        fixture.eventLoop.run()
        let next = isPolling ? fixture.get() : nil
        get.onLost?()
        #expect(fixture.handler.log == ["closed: transport error"])
        #expect(!fixture.isKnown)
        if let next { #expect(next.packets == ["1"]) }
    }

    @Test func aLosslessSessionWritesAnewWhatWasInAnAnswerThatIsLost() throws {
        let fixture = PollingFixture(wantsResume: true)
        try fixture.session.restart(after: .init(acknowledged: 0))
        let get = fixture.get()
        fixture.send("a")
        fixture.eventLoop.run()
        #expect(get.packets == ["4a"])
        get.onLost?()
        #expect(fixture.session.isOpen)
        try fixture.session.restart(after: .init(acknowledged: 0))
        #expect(fixture.get().packets == ["4a"])
    }

    @Test func aLosslessSessionWhoseHandshakeIsNotAnsweredIsNotKept() {
        let fixture = PollingFixture(wantsResume: true)
        fixture.handshake.onLost?()
        #expect(fixture.handler.log == ["closed: transport error"])
        #expect(!fixture.isKnown)
        #expect(fixture.shard.timers.count == 0)
    }

    @Test func aHandshakesAnswerThatIsLostIsNothingToAClientThatKnowsTheSession() throws {
        let fixture = PollingFixture(wantsResume: true)
        try fixture.session.restart(after: .init(acknowledged: 0))
        fixture.handshake.onLost?()
        #expect(fixture.session.isOpen)
    }

    // MARK: The end

    @Test func aWaitingGetIsToldOfTheEndAtOnce() {
        let fixture = PollingFixture()
        let get = fixture.get()
        fixture.send("last")
        fixture.session.close(.forcedClose)
        #expect(get.packets == ["4last", "1"])
        #expect(fixture.handler.log == ["closed: forced close"])
        #expect(!fixture.isKnown)
    }

    @Test func theNextGetIsToldOfTheEnd() {
        let fixture = PollingFixture()
        fixture.send("last")
        fixture.session.close(.forcedClose)
        #expect(fixture.handler.log == ["closed: forced close"])
        #expect(fixture.isKnown)
        fixture.eventLoop.advanceTime(by: .seconds(29))
        #expect(fixture.get().packets == ["4last", "1"])
        #expect(!fixture.isKnown)
        #expect(fixture.get().refusal == #"400 {"code":1,"message":"Session ID unknown"}"#)
        #expect(fixture.handler.log.count == 1)
    }

    @Test(arguments: [false, true])
    func theEndIsToldAfterAllThatWaited(isWaiting: Bool) {
        let fixture = PollingFixture()
        let large = String(repeating: "x", count: 800_000)
        let get = isWaiting ? fixture.get() : nil
        fixture.send(large, large, large)
        fixture.session.close(.forcedClose)
        fixture.eventLoop.run()
        #expect((get ?? fixture.get()).packets == ["4" + large, "4" + large])
        #expect(fixture.isKnown)
        #expect(fixture.get().packets == ["4" + large, "1"])
        #expect(!fixture.isKnown)
    }

    @Test func aClientThatIsTooSlowIsToldWithItsNextGet() {
        let fixture = PollingFixture()
        for _ in 0..<17 { fixture.send(String(repeating: "x", count: 1 << 20)) }
        #expect(fixture.handler.log == ["closed: slow consumer"])
        #expect(fixture.get().packets == ["1"])
        #expect(!fixture.isKnown)
    }

    @Test func afterTheCloseTimeoutNobodyIsTold() {
        let fixture = PollingFixture()
        fixture.session.close(.forcedClose)
        fixture.eventLoop.advanceTime(by: .seconds(30))
        #expect(!fixture.isKnown)
        #expect(fixture.shard.timers.count == 0)
    }

    @Test func theClientsOwnCloseReleasesItsGet() {
        let fixture = PollingFixture()
        let get = fixture.get()
        #expect(fixture.session.beginUpload())
        fixture.session.receivedUpload(ByteBuffer(string: "1")) { _ in }
        #expect(get.packets == ["6"])
        #expect(fixture.handler.log == ["closed: transport close"])
        #expect(!fixture.isKnown)
    }

    @Test func theClientsOwnCloseWithoutAGetIsJustTheEnd() {
        let fixture = PollingFixture()
        #expect(fixture.session.beginUpload())
        fixture.session.receivedUpload(ByteBuffer(string: "1")) { _ in }
        #expect(!fixture.isKnown)
        #expect(fixture.get().refusal == #"400 {"code":1,"message":"Session ID unknown"}"#)
    }

    @Test func aMalformedBodyIsToldToTheWaitingGet() {
        let fixture = PollingFixture()
        let get = fixture.get()
        #expect(fixture.session.beginUpload())
        fixture.session.receivedUpload(ByteBuffer(string: "abc")) { _ in }
        #expect(get.packets == ["1"])
        #expect(fixture.handler.log == ["closed: parse error"])
    }

    @Test func whoeverBrokeTheProtocolAsksInVainAfterwards() {
        let fixture = PollingFixture()
        #expect(fixture.session.beginUpload())
        fixture.session.receivedUpload(ByteBuffer(string: "abc")) { _ in }
        #expect(fixture.handler.log == ["closed: parse error"])
        #expect(!fixture.isKnown)
        #expect(fixture.get().refusal == #"400 {"code":1,"message":"Session ID unknown"}"#)
    }

    // MARK: Upgrade

    @Test func aProbeReleasesTheWaitingGet() {
        let fixture = PollingFixture()
        let get = fixture.get()
        let probe = fixture.probe()
        #expect(probe.packets == ["3probe"])
        #expect(get.answers.isEmpty)
        fixture.eventLoop.advanceTime(by: .zero)
        #expect(get.packets == ["6"])
        #expect(fixture.session.isOpen)
    }

    @Test func aGetDuringAnUpgradeIsReleasedSoon() {
        let fixture = PollingFixture()
        _ = fixture.probe()
        for _ in 0..<3 {
            let get = fixture.get()
            fixture.eventLoop.advanceTime(by: .milliseconds(99))
            #expect(get.answers.isEmpty)
            fixture.eventLoop.advanceTime(by: .milliseconds(1))
            #expect(get.packets == ["6"])
        }
    }

    @Test func messagesGoByPollingUntilTheUpgrade() {
        let fixture = PollingFixture()
        let probe = fixture.probe()
        let get = fixture.get()
        fixture.send("a")
        fixture.eventLoop.run()
        #expect(get.packets == ["4a"])
        fixture.eventLoop.advanceTime(by: .milliseconds(200))
        #expect(get.answers.count == 1)
        #expect(probe.packets == ["3probe"])
    }

    @Test func aGetThatWaitsWhenTheUpgradeWinsIsRefused() {
        let fixture = PollingFixture()
        let get = fixture.get()
        let probe = fixture.probe()
        fixture.session.received(.upgrade, from: probe)
        fixture.eventLoop.advanceTime(by: .seconds(1))
        #expect(get.refusal == #"400 {"code":3,"message":"Bad request"}"#)
        fixture.send("a")
        #expect(probe.packets == ["3probe", "4a"])
        get.onLost?()
        #expect(fixture.session.isOpen)
    }

    @Test func whatWasWrittenToAGetBeforeTheUpgradeIsItsAnswer() {
        let fixture = PollingFixture()
        let get = fixture.get()
        let probe = fixture.probe()
        fixture.send("a")
        fixture.session.received(.upgrade, from: probe)
        fixture.send("b")
        fixture.eventLoop.advanceTime(by: .seconds(1))
        #expect(get.packets == ["4a"])
        #expect(probe.packets == ["3probe", "4b"])
    }

    @Test func whatWaitedWithoutAGetGoesToTheNewTransport() {
        let fixture = PollingFixture()
        let probe = fixture.probe()
        fixture.send("a", "b")
        fixture.session.received(.upgrade, from: probe)
        #expect(probe.packets == ["3probe", "4a", "4b"])
    }

    @Test func aGetIsHeldAgainAfterTheProbeWasLost() {
        let fixture = PollingFixture()
        let probe = fixture.probe()
        fixture.session.transportClosed(probe, .transportClose)
        let get = fixture.get()
        fixture.eventLoop.advanceTime(by: .seconds(1))
        // Or the client would ask ten times a second for the rest of the session.
        #expect(get.answers.isEmpty)
        fixture.send("a")
        fixture.eventLoop.run()
        #expect(get.packets == ["4a"])
    }

    @Test func aGetIsHeldAgainAfterTheProbeTookTooLong() {
        let fixture = PollingFixture()
        _ = fixture.probe()
        fixture.eventLoop.advanceTime(by: .seconds(10))
        let get = fixture.get()
        fixture.eventLoop.advanceTime(by: .seconds(1))
        #expect(get.answers.isEmpty)
    }
}
