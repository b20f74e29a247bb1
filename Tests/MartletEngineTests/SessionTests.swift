// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import EngineIOWire
import MartletEngine
import MartletTestSupport
import NIOCore
import NIOEmbedded
import Testing

struct SessionTests {
    // MARK: Opening

    @Test func theOpenPacketIsTheFirstAndToTheByte() {
        let fixture = SessionFixture()
        #expect(
            fixture.transport.log == [
                #"0{"sid":"\#(fixture.session.id)","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,"#
                    + #""maxPayload":1000000}"#
            ]
        )
        #expect(fixture.handler.log == ["opened"])
        #expect(fixture.isKnown)
    }

    @Test func theOpenPacketTellsTheConfiguration() {
        let fixture = SessionFixture(RecordingTransport(.websocket, upgrades: [])) {
            $0.pingInterval = .milliseconds(300)
            $0.pingTimeout = .milliseconds(200)
            $0.maxPayload = 5
        }
        let fields = #""upgrades":[],"pingInterval":300,"pingTimeout":200,"maxPayload":5}"#
        #expect(fixture.transport.log == [#"0{"sid":"\#(fixture.session.id)",\#(fields)"#])
    }

    @Test func upgradesThatAreOffOrNotServedAreNotOffered() {
        let off = SessionFixture { $0.allowsUpgrades = false }
        #expect(off.transport.log[0].contains(#""upgrades":[]"#))
        let notServed = SessionFixture { $0.transports = [.polling] }
        #expect(notServed.transport.log[0].contains(#""upgrades":[]"#))
    }

    @Test func theOpenPacketWaitsForATransportThatIsNotWritable() {
        let transport = RecordingTransport()
        transport.isWritable = false
        let fixture = SessionFixture(transport)
        fixture.session.send(.text("hello"))
        #expect(transport.log == [])
        transport.isWritable = true
        fixture.session.transportBecameWritable(transport)
        #expect(transport.log.count == 2)
        #expect(transport.log[0].hasPrefix("0{"))
        #expect(transport.log[1] == "4hello")
    }

    // MARK: Messages

    @Test func messagesGoBothWaysInOrder() {
        let fixture = SessionFixture.opened()
        fixture.session.send(.text("a"))
        fixture.session.send(.binary(ByteBuffer(bytes: [1])))
        fixture.session.send(.shared(SharedMessage(payload: "b", isBinary: false, on: fixture.shard.loop)))
        #expect(fixture.transport.log == ["4a", "bAQ==", "4b"])
        fixture.receive(.text("x"))
        fixture.receive(.binary(ByteBuffer(bytes: [2, 3])))
        fixture.receive(.text(""))
        #expect(fixture.handler.log == ["text x", "binary [2, 3]", "text "])
        #expect(fixture.shard.counters.messagesIn == 3)
        #expect(fixture.shard.counters.messagesOut == 3)
    }

    @Test func whatATransportCannotTakeWaitsInOrder() {
        let fixture = SessionFixture.opened()
        fixture.transport.isWritable = false
        for number in 0..<5 { fixture.session.send(.text(ByteBuffer(string: "\(number)"))) }
        #expect(fixture.transport.log == [])
        #expect(fixture.session.unsentBytes == 5)
        fixture.transport.isWritable = true
        // Not past those that wait, even before the transport has said anything.
        fixture.session.send(.text("5"))
        fixture.session.transportBecameWritable(fixture.transport)
        #expect(fixture.transport.log == ["40", "41", "42", "43", "44", "45"])
        #expect(fixture.session.unsentBytes == 0)
    }

    @Test func openUpgradeAndNoopFromTheClientAreIgnored() {
        let fixture = SessionFixture.opened()
        fixture.receive(.open("{}"))
        fixture.receive(.upgrade)
        fixture.receive(.noop(""))
        #expect(fixture.session.isOpen)
        #expect(fixture.handler.log == [])
        #expect(fixture.transport.log == [])
    }

    // MARK: Heartbeat

    @Test func aPingGoesOutAndItsPongKeepsTheSession() {
        let fixture = SessionFixture.opened()
        for _ in 0..<5 {
            fixture.eventLoop.advanceTime(by: .seconds(25))
            #expect(fixture.transport.takeLog() == ["2"])
            fixture.eventLoop.advanceTime(by: .seconds(19))
            fixture.receive(.pong(""))
            #expect(fixture.transport.log == [])
        }
        #expect(fixture.session.isOpen)
    }

    @Test func noPongClosesTheSession() {
        let fixture = SessionFixture.opened()
        fixture.eventLoop.advanceTime(by: .seconds(44))
        #expect(fixture.session.isOpen)
        fixture.eventLoop.advanceTime(by: .seconds(1))
        #expect(fixture.transport.log == ["2", "close lost"])
        #expect(fixture.handler.log == ["closed: ping timeout"])
        #expect(!fixture.isKnown)
    }

    @Test func messagesWhileAPongIsDueKeepTheSessionForAnotherPing() {
        let fixture = SessionFixture.opened()
        fixture.eventLoop.advanceTime(by: .seconds(25))
        fixture.receive(.text("x"))
        fixture.eventLoop.advanceTime(by: .seconds(20))
        #expect(fixture.transport.log == ["2", "2"])
        fixture.eventLoop.advanceTime(by: .seconds(20))
        #expect(fixture.handler.log == ["text x", "closed: ping timeout"])
    }

    @Test func aPingFromTheClientIsAnError() {
        let fixture = SessionFixture.opened()
        fixture.receive(.ping(""))
        #expect(fixture.handler.log == ["closed: transport error"])
        #expect(fixture.transport.log == ["close protocolError"])
    }

    // MARK: A slow receiver

    @Test func tooMuchUnsentClosesTheSession() {
        let fixture = SessionFixture.opened { $0.unsentLimit = 100 }
        fixture.transport.isWritable = false
        for _ in 0..<10 { fixture.session.send(.text(ByteBuffer(repeating: 65, count: 10))) }
        #expect(fixture.session.isOpen)
        fixture.session.send(.text("x"))
        #expect(fixture.handler.log == ["closed: slow consumer"])
        #expect(fixture.transport.log == ["close tooSlow"])
        #expect(fixture.shard.counters.slowReceivers == 1)
        #expect(fixture.engine.limits.exceeded == [.unsentBytes: 1])
        #expect(!fixture.isKnown)
    }

    @Test func whatTheTransportHoldsCountsAsUnsent() {
        let fixture = SessionFixture.opened { $0.unsentLimit = 100 }
        fixture.transport.isWritable = false
        fixture.transport.unsentBytes = 95
        fixture.session.send(.text("12345"))
        #expect(fixture.session.isOpen)
        fixture.session.send(.text("6"))
        #expect(!fixture.session.isOpen)
    }

    @Test func volatileMessagesAreDroppedWhenTheyWouldHaveToWait() {
        let fixture = SessionFixture.opened()
        fixture.session.send(.text("1"))
        #expect(fixture.session.takesVolatile)
        fixture.transport.sendsAtOnce = false
        #expect(!fixture.session.takesVolatile)
        fixture.transport.sendsAtOnce = true
        fixture.transport.isWritable = false
        fixture.session.send(.text("2"))
        fixture.transport.isWritable = true
        #expect(!fixture.session.takesVolatile)
        fixture.session.transportBecameWritable(fixture.transport)
        #expect(fixture.session.takesVolatile)
        fixture.session.close(.forcedClose)
        #expect(!fixture.session.takesVolatile)
    }

    @Test func volatileMessagesMayWaitUpToTheirLimit() {
        let fixture = SessionFixture.opened { $0.volatileLimit = 10 }
        #expect(fixture.session.takesVolatile)
        fixture.transport.isWritable = false
        fixture.transport.sendsAtOnce = false
        fixture.session.send(.text("1234567890"))
        #expect(fixture.session.takesVolatile)
        fixture.session.send(.text("1"))
        #expect(!fixture.session.takesVolatile)
        fixture.transport.isWritable = true
        fixture.session.transportBecameWritable(fixture.transport)
        #expect(fixture.session.takesVolatile)
        fixture.session.close(.forcedClose)
        #expect(!fixture.session.takesVolatile)
    }

    // MARK: Reading

    @Test func pausingAndResumingReachTheTransportOnce() {
        let fixture = SessionFixture.opened()
        fixture.session.pauseReading()
        fixture.session.pauseReading()
        #expect(fixture.session.isReadingPaused)
        fixture.session.resumeReading()
        fixture.session.resumeReading()
        #expect(fixture.transport.log == ["pause", "resume"])
        #expect(!fixture.session.isReadingPaused)
    }

    @Test func whatPausesForTwoCausesResumesWhenBothAreGone() {
        let fixture = SessionFixture.opened()
        fixture.session.pauseReading(.handlers)
        fixture.session.pauseReading(.rate)
        fixture.session.resumeReading(.handlers)
        #expect(fixture.transport.log == ["pause"])
        fixture.session.resumeReading(.rate)
        #expect(fixture.transport.log == ["pause", "resume"])
    }

    @Test func aClientThatIsNotReadFromNeedNotAnswerPings() {
        let fixture = SessionFixture.opened()
        fixture.session.pauseReading()
        fixture.eventLoop.advanceTime(by: .seconds(25 + 20 + 20))
        #expect(fixture.transport.takeLog() == ["pause", "2", "2", "2"])
        fixture.eventLoop.advanceTime(by: .seconds(19))
        fixture.session.resumeReading()
        // The answers may still wait in the network: there is the time of a ping for them to come.
        fixture.eventLoop.advanceTime(by: .seconds(1 + 19))
        #expect(fixture.transport.takeLog() == ["resume", "2"])
        #expect(fixture.session.isOpen)
        fixture.eventLoop.advanceTime(by: .seconds(1))
        #expect(fixture.handler.log == ["closed: ping timeout"])
    }

    // MARK: The end

    @Test(
        arguments: [
            (TransportCloseReason.done, "close done"), (.protocolError, "close protocolError"),
            (.byPeer, "close byPeer"), (.goingAway, "close goingAway"),
        ]
    )
    func closingTellsBothSidesAndForgetsTheSession(how: TransportCloseReason, line: String) {
        let fixture = SessionFixture.opened()
        fixture.session.close(.forcedClose, tellingPeer: how)
        fixture.session.close(.parseError)
        #expect(fixture.transport.log == [line])
        #expect(fixture.handler.log == ["closed: forced close"])
        #expect(!fixture.isKnown)
    }

    @Test func theClientsCloseEndsTheSession() {
        let fixture = SessionFixture.opened()
        fixture.receive(.close(""))
        #expect(fixture.handler.log == ["closed: transport close"])
        #expect(fixture.transport.log == ["close byPeer"])
    }

    @Test func anInvalidPacketEndsTheSession() {
        let fixture = SessionFixture.opened()
        fixture.session.receivedInvalidPacket(from: fixture.transport)
        #expect(fixture.handler.log == ["closed: parse error"])
        #expect(fixture.transport.log == ["close protocolError"])
    }

    @Test(arguments: [DisconnectReason.transportClose, .transportError])
    func aLostTransportEndsTheSession(reason: DisconnectReason) {
        let fixture = SessionFixture.opened()
        fixture.session.transportClosed(fixture.transport, reason)
        fixture.session.transportClosed(fixture.transport, .transportError)
        #expect(fixture.handler.log == ["closed: \(reason)"])
        #expect(fixture.transport.log == [])
        #expect(!fixture.isKnown)
    }

    @Test func aStrangersTransportChangesNothing() {
        let fixture = SessionFixture.opened()
        let stranger = RecordingTransport()
        fixture.session.received(.text("x"), from: stranger)
        fixture.session.received(.close(""), from: stranger)
        fixture.session.receivedInvalidPacket(from: stranger)
        fixture.session.transportBecameWritable(stranger)
        fixture.session.transportClosed(stranger, .transportError)
        #expect(fixture.session.isOpen)
        #expect(fixture.handler.log == [])
    }

    @Test func nothingIsSentOrHeardAfterTheEnd() {
        let fixture = SessionFixture.opened()
        fixture.transport.isWritable = false
        fixture.session.send(.text("unsent"))
        fixture.session.close(.forcedClose)
        _ = fixture.transport.takeLog()
        _ = fixture.handler.takeLog()
        fixture.transport.isWritable = true
        fixture.session.send(.text("late"))
        fixture.session.transportBecameWritable(fixture.transport)
        fixture.receive(.text("late"))
        fixture.receive(.pong(""))
        fixture.session.receivedInvalidPacket(from: fixture.transport)
        fixture.eventLoop.advanceTime(by: .hours(1))
        #expect(fixture.transport.log == [])
        #expect(fixture.handler.log == [])
        #expect(fixture.shard.timers.count == 0)
    }

    @Test func aTransportThatTellsWithTheNextRequestLingers() {
        let fixture = SessionFixture.opened(RecordingTransport(lingers: true))
        fixture.transport.isWritable = false
        fixture.session.send(.text("last words"))
        fixture.session.close(.forcedClose)
        #expect(fixture.handler.log == ["closed: forced close"])
        #expect(!fixture.session.isOpen)
        #expect(fixture.isKnown)
        fixture.session.send(.text("late"))
        // The next request: what was unsent goes before the transport says that it is over.
        fixture.transport.isWritable = true
        fixture.session.transportBecameWritable(fixture.transport)
        fixture.session.transportClosed(fixture.transport, .transportClose)
        #expect(fixture.transport.log == ["close done", "4last words"])
        #expect(fixture.handler.log.count == 1)
        #expect(!fixture.isKnown)
        #expect(fixture.shard.timers.count == 0)
    }

    @Test func aLingeringSessionIsForgottenWhenNoRequestComes() {
        let fixture = SessionFixture.opened(RecordingTransport(lingers: true))
        fixture.session.close(.forcedClose)
        fixture.eventLoop.advanceTime(by: .seconds(29))
        #expect(fixture.isKnown)
        fixture.eventLoop.advanceTime(by: .seconds(1))
        #expect(!fixture.isKnown)
        #expect(fixture.shard.timers.count == 0)
        #expect(fixture.handler.log.count == 1)
    }

    @Test func aSessionThatItsClientClosedOrBrokeDoesNotLinger() {
        for packet in [EnginePacket.close(""), .ping("")] {
            let fixture = SessionFixture.opened(RecordingTransport(lingers: true))
            fixture.receive(packet)
            #expect(!fixture.session.isOpen)
            #expect(!fixture.isKnown)
        }
    }

    @Test func aClosedSessionIsLetGo() {
        var fixture: SessionFixture? = SessionFixture.opened()
        weak let session = fixture?.session
        let shard = fixture?.shard
        fixture?.session.close(.forcedClose)
        fixture = nil
        #expect(session == nil)
        #expect(shard?.allSessions.isEmpty == true)
    }

    @Test func theLayerAboveMayCloseAndSendWhileItIsTold() {
        let fixture = SessionFixture.opened()
        let session = fixture.session
        fixture.handler.onText = { [unowned session] _ in
            session.close(.forcedClose)
            session.send(.text("late"))
        }
        fixture.handler.onClosed = { [unowned session] in
            session.send(.text("later"))
            session.close(.parseError)
        }
        fixture.receive(.text("x"))
        #expect(fixture.handler.log == ["text x", "closed: forced close"])
        #expect(fixture.transport.log == ["close done"])
    }
}
