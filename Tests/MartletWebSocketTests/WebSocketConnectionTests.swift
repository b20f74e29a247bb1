// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEngine
import MartletTestSupport
import MartletWebSocket
import NIOCore
import NIOEmbedded
import Testing
import WebSocketWire

struct WebSocketConnectionTests {
    // MARK: Out

    @Test func whatIsSentInATurnLeavesInOneWrite() throws {
        let fixture = ConnectionFixture()
        fixture.connection.send(.text, ByteBuffer(string: "a"))
        fixture.connection.send(.text, digit: UInt8(ascii: "4"), ByteBuffer(string: "b"))
        fixture.connection.send(.binary, ByteBuffer(bytes: [1, 2]))
        #expect(fixture.host.writes == [])
        fixture.eventLoop.run()
        #expect(fixture.host.writes == [[0x81, 1, 0x61, 0x81, 2, 0x34, 0x62, 0x82, 2, 1, 2]])
        fixture.eventLoop.run()
        #expect(fixture.host.writes.count == 1)
        fixture.connection.send(.text, ByteBuffer(string: "c"))
        fixture.eventLoop.run()
        #expect(fixture.host.writes.count == 2)
    }

    @Test func theAnswerToTheHandshakeLeavesWithTheFirstFrame() {
        let fixture = ConnectionFixture(preamble: "HTTP/1.1 101\r\n\r\n")
        fixture.connection.send(.text, ByteBuffer(string: "a"))
        fixture.eventLoop.run()
        #expect(fixture.host.writes == [Array("HTTP/1.1 101\r\n\r\n".utf8) + [0x81, 1, 0x61]])
    }

    @Test func shortAnswersLeaveTogetherAtTheEndOfTheTurn() throws {
        let fixture = ConnectionFixture()
        let connection = fixture.connection
        fixture.user.onMessage = { [unowned connection] in connection.send(.text, ByteBuffer(string: $0)) }
        fixture.connection.receive(ByteBuffer(bytes: frame(.text, "a") + frame(.text, "b")))
        fixture.connection.readComplete()
        #expect(fixture.host.writes == [])
        fixture.eventLoop.run()
        #expect(fixture.host.writes.count == 1)
        #expect(try fixture.sent() == ["text a", "text b"])
        fixture.eventLoop.run()
        #expect(fixture.host.writes.count == 1)
    }

    @Test func longAnswersLeaveWhenTheReadIsComplete() throws {
        let fixture = ConnectionFixture()
        let connection = fixture.connection
        let answer = String(repeating: "a", count: 2048)
        fixture.user.onMessage = { [unowned connection] _ in connection.send(.text, ByteBuffer(string: answer)) }
        fixture.connection.receive(ByteBuffer(bytes: frame(.text, "b")))
        #expect(fixture.host.writes == [])
        fixture.connection.readComplete()
        #expect(try fixture.sent() == ["text \(answer)"])
        fixture.eventLoop.run()
        #expect(fixture.host.writes.count == 1)
    }

    @Test func aTurnsOutputLeavesEarlyOnceThereIsMuchOfIt() throws {
        let fixture = ConnectionFixture()
        let message = ByteBuffer(repeating: 0x61, count: 30 << 10)
        for _ in 0..<2 { fixture.connection.send(.text, message) }
        #expect(fixture.host.writes == [])
        fixture.connection.send(.text, message)
        #expect(fixture.host.writes.map(\.count) == [3 * (4 + (30 << 10))])
        fixture.connection.send(.text, ByteBuffer(string: "rest"))
        fixture.eventLoop.run()
        #expect(fixture.host.writes.count == 2)
        #expect(try fixture.sent().last == "text rest")
        #expect(try fixture.sent().count == 4)
    }

    @Test func whatTheNetworkKeepsIsNotOverwritten() throws {
        /// Keeps the buffers themselves, as a channel does.
        final class KeepingHost: WebSocketHost {
            var kept: [ByteBuffer] = []
            var directSocket: DirectSockets.Number? { nil }
            func send(_ bytes: ByteBuffer) { self.kept.append(bytes) }
            func setReadingPaused(_ paused: Bool) {}
            func close(lingering: Bool) {}
        }
        let fixture = ConnectionFixture()
        let host = KeepingHost()
        let connection = WebSocketConnection(loop: fixture.loop, host: host, limits: WebSocketLimits())
        for number in 0..<10 {
            connection.send(.text, ByteBuffer(string: "\(number)"))
            fixture.eventLoop.run()
        }
        let bytes = host.kept.flatMap { Array(buffer: $0) }
        #expect(try decode(bytes) == (0..<10).map { "text \($0)" })
    }

    // MARK: Back-pressure

    @Test func aFlushThatLeavesNothingUnsentSaysThatThereIsRoomAgain() {
        let fixture = ConnectionFixture()
        fixture.host.isStuck = true
        fixture.connection.send(.binary, ByteBuffer(repeating: 1, count: 20_000))
        fixture.eventLoop.run()
        fixture.connection.send(.binary, ByteBuffer(repeating: 2, count: 50_000))
        #expect(!fixture.connection.isWritable)
        fixture.host.isStuck = false
        fixture.host.take(fixture.host.unsentBytes)
        #expect(fixture.user.log.isEmpty)
        fixture.eventLoop.run()
        #expect(fixture.user.log == ["writable"])
    }

    /// The network may have room for all of it while it is being handed something, and whoever waited for that writes.
    @Test func whatIsSentFromWithinAFlushIsNotLost() throws {
        let fixture = ConnectionFixture()
        fixture.host.isStuck = true
        fixture.connection.send(.binary, ByteBuffer(repeating: 1, count: 40_000))
        fixture.connection.send(.binary, ByteBuffer(repeating: 2, count: 10))
        #expect(fixture.connection.isWritable)
        fixture.connection.send(.binary, ByteBuffer(repeating: 3, count: 30_000))
        #expect(!fixture.connection.isWritable)
        fixture.user.onWritable = { fixture.connection.send(.text, ByteBuffer(string: "more")) }
        fixture.host.onSend = { [unowned host = fixture.host] in host.take(host.unsentBytes) }
        fixture.connection.send(.text, ByteBuffer(string: "last"))
        fixture.eventLoop.run()
        #expect(fixture.user.log == ["writable"])
        #expect(Array(try fixture.sent().suffix(2)) == ["text last", "text more"])
    }

    @Test func aFullConnectionSaysSoAndTellsWhenItHasRoom() {
        let fixture = ConnectionFixture()
        fixture.host.isStuck = true
        #expect(fixture.connection.isWritable)
        fixture.connection.send(.binary, ByteBuffer(repeating: 0, count: 70_000))
        fixture.eventLoop.run()
        #expect(!fixture.connection.isWritable)
        #expect(fixture.connection.unsentBytes == 70_010)
        fixture.host.take(30_000)
        #expect(fixture.user.log == [])
        fixture.host.take(30_000)
        #expect(fixture.user.log == ["writable"])
        #expect(fixture.connection.isWritable)
        fixture.host.take(10_010)
        #expect(fixture.user.log == ["writable"])
    }

    @Test func whatIsCollectedInThisTurnCountsAsUnsent() {
        let fixture = ConnectionFixture()
        fixture.connection.send(.binary, ByteBuffer(repeating: 0, count: 1000))
        #expect(fixture.connection.unsentBytes == 1004)
        fixture.eventLoop.run()
        #expect(fixture.connection.unsentBytes == 0)
    }

    // MARK: In

    @Test func messagesComeInOrderHoweverTheyAreCut() {
        let bytes =
            frame(.text, "hello") + frame(.binary, [1, 2, 3]) + frame(.text, "a", fin: false)
            + frame(.ping, "p") + frame(.continuation, "b")
        for size in [1, 2, 3, 7, bytes.count] {
            let fixture = ConnectionFixture()
            for start in stride(from: 0, to: bytes.count, by: size) {
                fixture.read(Array(bytes[start..<min(start + size, bytes.count)]))
            }
            #expect(fixture.user.log == ["text hello", "binary [1, 2, 3]", "text ab"], "pieces of \(size)")
        }
    }

    @Test func pingsAreAnsweredAndPongsAreNot() throws {
        let fixture = ConnectionFixture()
        fixture.read(frame(.ping, "data") + frame(.pong, "unasked") + frame(.ping))
        fixture.eventLoop.run()
        #expect(fixture.host.writes.count == 1)
        #expect(try fixture.sent() == ["pong data", "pong "])
        #expect(fixture.user.log == [])
    }

    @Test func nothingIsTakenWhileReadingIsPaused() {
        let fixture = ConnectionFixture()
        let connection = fixture.connection
        fixture.user.onMessage = { [unowned connection] in if $0 == "b" { connection.setReadingPaused(true) } }
        fixture.read(frame(.text, "a") + frame(.text, "b") + frame(.text, "c") + frame(.text, "d"))
        #expect(fixture.user.log == ["text a", "text b"])
        fixture.read(frame(.text, "e"))
        #expect(fixture.user.log == ["text a", "text b"])
        fixture.connection.setReadingPaused(false)
        #expect(fixture.user.log == ["a", "b", "c", "d", "e"].map { "text \($0)" })
        #expect(fixture.host.log == ["pause", "resume"])
    }

    @Test func readingMayBePausedAndResumedWithinAMessage() {
        let fixture = ConnectionFixture()
        let connection = fixture.connection
        fixture.user.onMessage = { [unowned connection] _ in
            connection.setReadingPaused(true)
            connection.setReadingPaused(false)
        }
        fixture.read(frame(.text, "a") + frame(.text, "b") + frame(.text, "c"))
        #expect(fixture.user.log == ["text a", "text b", "text c"])
    }

    @Test func answersGivenAfterAPauseLeaveAtTheEndOfTheTurn() throws {
        let fixture = ConnectionFixture()
        let connection = fixture.connection
        fixture.connection.setReadingPaused(true)
        fixture.read(frame(.text, "a") + frame(.text, "b"))
        fixture.user.onMessage = { [unowned connection] in connection.send(.text, ByteBuffer(string: $0)) }
        fixture.connection.setReadingPaused(false)
        #expect(fixture.host.writes == [])
        fixture.eventLoop.run()
        #expect(fixture.host.writes.count == 1)
        #expect(try fixture.sent() == ["text a", "text b"])
    }
}
