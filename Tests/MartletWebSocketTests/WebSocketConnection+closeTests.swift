// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletTestSupport
import MartletWebSocket
import NIOCore
import NIOEmbedded
import Testing
import WebSocketWire

struct WebSocketConnectionCloseTests {
    @Test func thePeersCloseIsAnsweredWithItsCode() throws {
        let fixture = ConnectionFixture()
        fixture.read(closeFrame(1001) + frame(.text, "late"))
        #expect(try fixture.sent() == ["close 1001"])
        #expect(fixture.host.log == ["close"])
        #expect(fixture.user.end == .byPeer(.goingAway))
        #expect(fixture.user.log == ["closed"])
    }

    @Test func aCloseWithoutACodeIsAnsweredWithoutOne() throws {
        let fixture = ConnectionFixture()
        fixture.read(frame(.close))
        #expect(try fixture.sent() == ["close"])
        #expect(fixture.user.end == .byPeer(nil))
    }

    @Test func whatWasSentBeforeTheCloseLeavesBeforeIt() throws {
        let fixture = ConnectionFixture()
        fixture.connection.send(.text, ByteBuffer(string: "last words"))
        fixture.connection.close(.goingAway, reason: "bye")
        fixture.connection.send(.text, ByteBuffer(string: "too late"))
        fixture.eventLoop.run()
        #expect(try fixture.sent() == ["text last words", "close 1001 bye"])
        #expect(fixture.host.log == [])
    }

    @Test func ourCloseIsOverWhenThePeerAnswersIt() throws {
        let fixture = ConnectionFixture()
        fixture.connection.close(.normalClosure)
        fixture.connection.close(.goingAway)
        fixture.eventLoop.run()
        fixture.read(frame(.text, "crossed") + frame(.ping) + closeFrame(1000))
        #expect(try fixture.sent() == ["close 1000"])
        #expect(fixture.host.log == ["close"])
        #expect(fixture.user.log == ["closed"])
        #expect(fixture.user.end == .byPeer(.normalClosure))
    }

    @Test func aPeerThatDoesNotAnswerOurCloseIsCutOff() {
        let fixture = ConnectionFixture()
        fixture.connection.close(.normalClosure)
        fixture.eventLoop.advanceTime(by: .milliseconds(1999))
        #expect(fixture.host.log == [])
        fixture.eventLoop.advanceTime(by: .milliseconds(1))
        #expect(fixture.host.log == ["close"])
        fixture.connection.hostClosed()
        #expect(fixture.user.end == .byPeer(nil))
    }

    @Test func aLostNetworkEndsTheConnectionOnce() {
        let fixture = ConnectionFixture()
        fixture.connection.send(.text, ByteBuffer(string: "never"))
        fixture.connection.hostClosed()
        fixture.connection.hostClosed()
        #expect(fixture.user.log == ["closed"])
        #expect(fixture.user.end == .byPeer(nil))
        fixture.connection.send(.text, ByteBuffer(string: "late"))
        fixture.connection.close(.normalClosure)
        fixture.eventLoop.advanceTime(by: .seconds(10))
        #expect(fixture.host.writes == [])
        #expect(fixture.host.log == [])
    }

    @Test func aClosedConnectionIsNeitherOpenNorWritable() {
        let fixture = ConnectionFixture()
        #expect(fixture.connection.isOpen)
        fixture.connection.close(.normalClosure)
        #expect(!fixture.connection.isOpen)
        #expect(!fixture.connection.isWritable)
    }

    @Test func theUserIsLetGoAtTheEnd() {
        let fixture = ConnectionFixture()
        var user: RecordingUser? = RecordingUser()
        weak let weakly = user
        let connection = WebSocketConnection(loop: fixture.loop, host: RecordingHost(), limits: WebSocketLimits())
        if let user { connection.start(user: user) }
        user = nil
        #expect(weakly != nil)
        connection.hostClosed()
        #expect(weakly == nil)
    }

    struct Violation: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let bytes: [UInt8]
        let code: WebSocketCloseCode
    }

    @Test(
        arguments: [
            Violation(testDescription: "not masked", bytes: [0x81, 1, 0x61], code: .protocolError),
            Violation(testDescription: "reserved bit", bytes: frame(.text, [], rsv1: true), code: .protocolError),
            Violation(testDescription: "unknown opcode", bytes: [0x83, 0x80, 0, 0, 0, 0], code: .protocolError),
            Violation(testDescription: "continues nothing", bytes: frame(.continuation, "x"), code: .protocolError),
            Violation(
                testDescription: "begins another message",
                bytes: frame(.text, "a", fin: false) + frame(.text, "b"),
                code: .protocolError
            ),
            Violation(testDescription: "fragmented ping", bytes: frame(.ping, "", fin: false), code: .protocolError),
            Violation(
                testDescription: "long ping",
                bytes: frame(.ping, [UInt8](repeating: 0, count: 126)),
                code: .protocolError
            ),
            Violation(testDescription: "invalid UTF-8", bytes: frame(.text, [0xff]), code: .invalidPayloadData),
            Violation(testDescription: "one byte of a code", bytes: frame(.close, [3]), code: .protocolError),
            Violation(testDescription: "close code 1005", bytes: closeFrame(1005), code: .protocolError),
            Violation(
                testDescription: "too big",
                bytes: frame(.binary, [UInt8](repeating: 0, count: 1001)),
                code: .messageTooBig
            ),
            Violation(
                testDescription: "too big together",
                bytes: frame(.binary, [UInt8](repeating: 0, count: 600), fin: false)
                    + frame(.continuation, [UInt8](repeating: 0, count: 401)),
                code: .messageTooBig
            ),
        ]
    )
    func aViolationIsToldByItsCode(violation: Violation) throws {
        let fixture = ConnectionFixture(limits: WebSocketLimits(maxMessageBytes: 1000))
        fixture.read(frame(.text, "before") + violation.bytes + frame(.text, "after"))
        #expect(fixture.user.log == ["text before", "closed"])
        let sent = try fixture.sent()
        #expect(sent.count == 1)
        #expect(sent.first?.hasPrefix("close \(violation.code.rawValue) ") == true)
        // The peer may still be sending, and is to see why.
        #expect(fixture.host.log == ["close lingering"])
        guard case .failed(let error) = fixture.user.end else {
            Issue.record("\(String(describing: fixture.user.end))")
            return
        }
        #expect(error.closeCode == violation.code)
        fixture.read(frame(.text, "more") + closeFrame(1000))
        #expect(fixture.user.log.count == 2)
        #expect(try fixture.sent().count == 1)
    }

    @Test func aMessageOfTheLargestSizeIsTaken() {
        let fixture = ConnectionFixture(limits: WebSocketLimits(maxMessageBytes: 1000))
        fixture.read(frame(.text, String(repeating: "x", count: 1000)))
        #expect(fixture.user.log.count == 1)
        #expect(fixture.connection.isOpen)
    }
}
