// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import EngineIOWire
import MartletEngine
import MartletTestSupport
import NIOCore
import NIOEmbedded
import Testing

struct SessionUploadTests {
    @Test func thePacketsOfABodyAreTakenInOrder() {
        let fixture = SessionFixture.opened()
        let upload = fixture.upload("4a\u{1e}bAQI=\u{1e}4b")
        #expect(upload.result == .taken)
        #expect(fixture.handler.log == ["text a", "binary [1, 2]", "text b"])
    }

    @Test func uploadsFollowEachOther() {
        let fixture = SessionFixture.opened()
        for number in 0..<3 { #expect(fixture.upload("4\(number)").result == .taken) }
        #expect(fixture.handler.log == ["text 0", "text 1", "text 2"])
    }

    @Test func aPongMayComeByUpload() {
        let fixture = SessionFixture.opened()
        fixture.eventLoop.advanceTime(by: .seconds(25))
        #expect(fixture.upload("3").result == .taken)
        fixture.eventLoop.advanceTime(by: .seconds(24))
        #expect(fixture.session.isOpen)
    }

    @Test(arguments: ["abc", "", "9", "4a\u{1e}", "\u{1e}", "4a\u{1e}\u{1e}4b", "b&", "4a\u{1e}x"])
    func aMalformedBodyEndsTheSession(body: String) {
        let fixture = SessionFixture.opened()
        #expect(fixture.upload(body).result == .malformed)
        #expect(fixture.handler.log.last == "closed: parse error")
        #expect(fixture.transport.log == ["close protocolError"])
    }

    @Test func twoUploadsAtATimeEndTheSession() {
        let fixture = SessionFixture.opened()
        #expect(fixture.session.beginUpload())
        #expect(!fixture.session.beginUpload())
        #expect(fixture.handler.log == ["closed: transport error"])
        #expect(fixture.transport.log == ["close protocolError"])
        let box = UploadBox()
        fixture.session.receivedUpload("4late") { box.result = $0 }
        #expect(box.result == .abandoned)
        #expect(fixture.handler.log.count == 1)
    }

    @Test func aBodyThatNobodyAnnouncedIsAbandoned() {
        let fixture = SessionFixture.opened()
        let box = UploadBox()
        fixture.session.receivedUpload("4x") { box.result = $0 }
        #expect(box.result == .abandoned)
        #expect(fixture.handler.log == [])
    }

    @Test func aBodyThatWasTooLargeOrCutOffLeavesTheSessionAlone() {
        let fixture = SessionFixture.opened()
        #expect(fixture.session.beginUpload())
        fixture.session.cancelUpload()
        fixture.session.cancelUpload()
        #expect(fixture.session.isOpen)
        #expect(fixture.upload("4next").result == .taken)
        #expect(fixture.handler.log == ["text next"])
    }

    @Test func aCloseInABodyEndsTheSessionAndTheRestIsDropped() {
        let fixture = SessionFixture.opened()
        #expect(fixture.upload("4a\u{1e}1\u{1e}4b").result == .taken)
        #expect(fixture.handler.log == ["text a", "closed: transport close"])
    }

    // MARK: Reading paused

    @Test func aBodyWaitsWhileReadingIsPaused() {
        let fixture = SessionFixture.opened()
        fixture.session.pauseReading()
        let upload = fixture.upload("4a\u{1e}4b")
        #expect(upload.result == nil)
        #expect(fixture.handler.log == [])
        fixture.session.resumeReading()
        #expect(upload.result == .taken)
        #expect(fixture.handler.log == ["text a", "text b"])
        #expect(fixture.transport.log == ["pause", "resume"])
    }

    @Test func aBodyWaitsInTheMiddleAndGoesOnInOrder() {
        let fixture = SessionFixture.opened()
        let session = fixture.session
        fixture.handler.onText = { [unowned session] _ in session.pauseReading() }
        let upload = fixture.upload("4a\u{1e}4b\u{1e}4c")
        #expect(fixture.handler.takeLog() == ["text a"])
        #expect(upload.result == nil)
        // Taking the next message pauses again; the transport is not to be read in between.
        fixture.session.resumeReading()
        #expect(fixture.handler.takeLog() == ["text b"])
        fixture.session.resumeReading()
        #expect(fixture.handler.takeLog() == ["text c"])
        #expect(upload.result == nil)
        fixture.session.resumeReading()
        #expect(upload.result == .taken)
        #expect(!fixture.transport.log.dropLast().contains("resume"))
        #expect(fixture.transport.log.last == "resume")
    }

    @Test func anotherUploadWhileOneWaitsEndsTheSession() {
        let fixture = SessionFixture.opened()
        fixture.session.pauseReading()
        let upload = fixture.upload("4a")
        #expect(!fixture.session.beginUpload())
        #expect(upload.result == .abandoned)
        #expect(fixture.handler.log == ["closed: transport error"])
    }

    @Test func aBodyThatWaitsIsAbandonedWithItsSession() {
        let fixture = SessionFixture.opened()
        fixture.session.pauseReading()
        let upload = fixture.upload("4a")
        fixture.session.close(.forcedClose)
        #expect(upload.result == .abandoned)
        fixture.session.resumeReading()
        #expect(fixture.handler.log == ["closed: forced close"])
    }

    @Test func aBodyThatWaitsSurvivesAnUpgrade() {
        let fixture = SessionFixture.opened()
        fixture.session.pauseReading()
        let upload = fixture.upload("4a\u{1e}4b")
        let probe = fixture.probe()
        fixture.session.received(.upgrade, from: probe)
        fixture.session.resumeReading()
        #expect(upload.result == .taken)
        #expect(fixture.handler.log == ["transport websocket", "text a", "text b"])
        #expect(probe.log == ["3probe", "pause", "resume"])
    }
}
