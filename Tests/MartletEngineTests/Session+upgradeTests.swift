// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import EngineIOWire
import MartletEngine
import MartletTestSupport
import NIOCore
import NIOEmbedded
import Testing

struct SessionUpgradeTests {
    @Test func aProbeIsAnsweredAndThenTakesOver() {
        let fixture = SessionFixture.opened()
        let probe = fixture.probe()
        #expect(probe.log == ["3probe"])
        #expect(fixture.transport.log == ["release"])
        fixture.session.received(.upgrade, from: probe)
        #expect(fixture.transport.takeLog() == ["release", "retire"])
        #expect(fixture.session.transport === probe)
        fixture.session.send(.text("a"))
        fixture.session.received(.text("b"), from: probe)
        #expect(probe.log == ["3probe", "4a"])
        #expect(fixture.handler.log == ["transport websocket", "text b"])
        #expect(fixture.transport.log == [])
    }

    @Test func untilTheUpgradeTheSessionGoesOnAsItWas() {
        let fixture = SessionFixture.opened()
        let probe = fixture.probe()
        fixture.session.send(.text("down"))
        fixture.receive(.text("up"))
        #expect(fixture.transport.log == ["release", "4down"])
        #expect(fixture.handler.log == ["text up"])
        #expect(probe.log == ["3probe"])
    }

    @Test func whatWaitsGoesToTheNewTransport() {
        let fixture = SessionFixture.opened()
        fixture.transport.isWritable = false
        fixture.session.send(.text("1"))
        fixture.session.send(.text("2"))
        let probe = fixture.probe()
        fixture.session.received(.upgrade, from: probe)
        fixture.session.send(.text("3"))
        #expect(probe.log == ["3probe", "41", "42", "43"])
        #expect(fixture.transport.log == ["release", "retire"])
    }

    @Test func theOldTransportsEndAfterTheUpgradeIsNothing() {
        let fixture = SessionFixture.opened()
        let probe = fixture.probe()
        fixture.session.received(.upgrade, from: probe)
        fixture.session.transportClosed(fixture.transport, .transportError)
        fixture.session.received(.close(""), from: fixture.transport)
        #expect(fixture.session.isOpen)
        fixture.session.transportClosed(probe, .transportClose)
        #expect(fixture.handler.log == ["transport websocket", "closed: transport close"])
        #expect(!fixture.isKnown)
    }

    @Test func anythingElseOnTheProbeClosesOnlyTheProbe() {
        let wrong: [EnginePacket] = [
            .text("x"), .binary("x"), .ping(""), .ping("prob"), .ping("probe2"), .pong("probe"), .close(""),
            .open(""), .noop(""), .upgrade,
        ]
        for packet in wrong {
            let fixture = SessionFixture.opened()
            let probe = fixture.probe(answered: false)
            fixture.session.received(packet, from: probe)
            #expect(probe.log == ["close protocolError"], "\(packet)")
            #expect(fixture.session.isOpen, "\(packet)")
            #expect(fixture.handler.log == [], "\(packet)")
            // Another one may try.
            let second = fixture.probe()
            fixture.session.received(.upgrade, from: second)
            #expect(fixture.session.transport === second, "\(packet)")
        }
    }

    @Test func aWrongPacketAfterTheAnswerClosesOnlyTheProbe() {
        let fixture = SessionFixture.opened()
        let probe = fixture.probe()
        fixture.session.received(.text("x"), from: probe)
        #expect(probe.log == ["3probe", "close protocolError"])
        #expect(fixture.handler.log == [])
        // What it goes on to say is nobody's.
        fixture.session.received(.upgrade, from: probe)
        #expect(fixture.session.transport === fixture.transport)
    }

    @Test func anInvalidPacketOnTheProbeClosesOnlyTheProbe() {
        let fixture = SessionFixture.opened()
        let probe = fixture.probe()
        fixture.session.receivedInvalidPacket(from: probe)
        #expect(probe.log == ["3probe", "close protocolError"])
        #expect(fixture.session.isOpen)
    }

    @Test func aSecondProbeIsRefusedWhileTheFirstTries() {
        let fixture = SessionFixture.opened()
        let first = fixture.probe()
        #expect(!fixture.session.probeConnected(RecordingTransport(.websocket, upgrades: [])))
        fixture.session.received(.upgrade, from: first)
        #expect(fixture.session.transport === first)
        #expect(!fixture.session.probeConnected(RecordingTransport(.websocket, upgrades: [])))
    }

    @Test func aTransportThatIsNotOfferedIsRefused() {
        let fixture = SessionFixture.opened()
        #expect(!fixture.session.probeConnected(RecordingTransport(.sse)))
        let onWebSocket = SessionFixture.opened(RecordingTransport(.websocket, upgrades: []))
        #expect(!onWebSocket.session.probeConnected(RecordingTransport(.websocket, upgrades: [])))
        let off = SessionFixture.opened { $0.allowsUpgrades = false }
        #expect(!off.session.probeConnected(RecordingTransport(.websocket, upgrades: [])))
    }

    @Test func aClosedSessionTakesNoProbe() {
        let fixture = SessionFixture.opened(RecordingTransport(lingers: true))
        fixture.session.close(.forcedClose)
        #expect(!fixture.session.probeConnected(RecordingTransport(.websocket, upgrades: [])))
    }

    @Test(arguments: [true, false])
    func aProbeThatTakesTooLongIsClosed(answered: Bool) {
        let fixture = SessionFixture.opened()
        let probe = fixture.probe(answered: answered)
        fixture.eventLoop.advanceTime(by: .milliseconds(9999))
        #expect(probe.log.last != "close protocolError")
        fixture.eventLoop.advanceTime(by: .milliseconds(1))
        #expect(probe.log.last == "close protocolError")
        #expect(fixture.session.isOpen)
        let second = fixture.probe()
        #expect(second.log == ["3probe"])
    }

    @Test func aProbeThatIsLostLeavesTheSessionAlone() {
        let fixture = SessionFixture.opened()
        let probe = fixture.probe()
        fixture.session.transportClosed(probe, .transportClose)
        #expect(fixture.session.isOpen)
        #expect(fixture.probe().log == ["3probe"])
    }

    @Test func aProbeEndsWithItsSession() {
        let fixture = SessionFixture.opened()
        let probe = fixture.probe()
        fixture.session.close(.forcedClose)
        #expect(probe.log == ["3probe", "close done"])
        fixture.session.received(.upgrade, from: probe)
        #expect(fixture.session.transport === fixture.transport)
    }

    @Test func aPauseMovesAlong() {
        let fixture = SessionFixture.opened()
        fixture.session.pauseReading()
        let probe = fixture.probe()
        fixture.session.received(.upgrade, from: probe)
        #expect(probe.log == ["3probe", "pause"])
        fixture.session.resumeReading()
        #expect(probe.log == ["3probe", "pause", "resume"])
    }

    @Test func theHeartbeatStartsAnewOnTheNewTransport() {
        let fixture = SessionFixture.opened()
        fixture.eventLoop.advanceTime(by: .seconds(24))
        let probe = fixture.probe()
        fixture.session.received(.upgrade, from: probe)
        fixture.eventLoop.advanceTime(by: .seconds(24))
        #expect(probe.log == ["3probe"])
        fixture.eventLoop.advanceTime(by: .seconds(1))
        #expect(probe.log == ["3probe", "2"])
    }
}
