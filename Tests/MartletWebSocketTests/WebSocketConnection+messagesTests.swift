// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import EngineIOWire
import MartletEngine
import MartletTestSupport
import MartletWebSocket
import NIOCore
import NIOEmbedded
import Testing
import WebSocketWire

struct WebSocketConnectionMessagesTests {
    private static let noTakeover = PerMessageDeflateParameters(
        serverNoContextTakeover: true,
        clientNoContextTakeover: true
    )
    private static let long = String(repeating: "the same again, ", count: 200)

    private func isCompressed(_ frame: [UInt8]) -> Bool { frame[0] & 0x40 != 0 }

    /// Sends a message to many through the session's transport, which is how shared messages come to a connection.
    private func share(_ message: SharedMessage, on fixture: ConnectionFixture) {
        fixture.transport.write(.shared(message))
        fixture.eventLoop.run()
    }

    @Test func onlyMessagesFromTheThresholdOnAreCompressed() throws {
        let fixture = ConnectionFixture(deflate: Self.noTakeover, configuration: .init(threshold: 100))
        for count in [99, 100] {
            fixture.connection.send(.text, ByteBuffer(string: String(repeating: "x", count: count)))
            fixture.eventLoop.run()
        }
        // The digit belongs to the message.
        fixture.connection.send(
            .text,
            digit: UInt8(ascii: "4"),
            ByteBuffer(string: String(repeating: "x", count: 99))
        )
        fixture.eventLoop.run()
        #expect(fixture.host.writes.map { self.isCompressed($0) } == [false, true, true])
        let text = String(repeating: "x", count: 99)
        #expect(try fixture.sent(Self.noTakeover) == ["text \(text)", "text \(text)x", "text 4\(text)"])
        #expect(fixture.host.writes[1].count < 20)
    }

    @Test func nothingIsCompressedThatWasNotNegotiated() throws {
        let fixture = ConnectionFixture()
        fixture.connection.send(.text, ByteBuffer(string: Self.long))
        fixture.eventLoop.run()
        #expect(!self.isCompressed(fixture.host.writes[0]))
        #expect(try fixture.sent() == ["text \(Self.long)"])
    }

    @Test func withoutTakeoverEachMessageStandsAlone() throws {
        let fixture = ConnectionFixture(deflate: Self.noTakeover)
        for _ in 0..<3 {
            fixture.connection.send(.binary, ByteBuffer(string: Self.long))
            fixture.eventLoop.run()
        }
        #expect(Set(fixture.host.writes).count == 1)
        for write in fixture.host.writes {
            #expect(try decode(write, deflate: Self.noTakeover) == ["binary \(Array(Self.long.utf8))"])
        }
    }

    @Test func withTakeoverAMessageRefersToThoseBefore() throws {
        let takeover = PerMessageDeflateParameters()
        let fixture = ConnectionFixture(deflate: takeover, configuration: .init(serverNoContextTakeover: false))
        let text = (0..<200).map { "\($0 * 7919)" }.joined(separator: ",")
        for _ in 0..<2 {
            fixture.connection.send(.text, ByteBuffer(string: text))
            fixture.eventLoop.run()
        }
        #expect(fixture.host.writes[1].count < fixture.host.writes[0].count / 4)
        #expect(try fixture.sent(takeover) == ["text \(text)", "text \(text)"])
    }

    /// After a heartbeat without traffic the server refers to nothing before it, and still knows what the client may
    /// refer to.
    @Test func anIdleConnectionGivesUpItsContexts() throws {
        let takeover = PerMessageDeflateParameters()
        let fixture = ConnectionFixture(deflate: takeover, configuration: .init(serverNoContextTakeover: false))
        let text = (0..<200).map { "\($0 * 7919)" }.joined(separator: ",")
        let client = Deflater(
            parameters: takeover,
            configuration: .init(serverNoContextTakeover: false, clientNoContextTakeover: false),
            role: .client,
            pool: DeflatePool()
        )
        for heartbeats in [0, 1, 2] {
            for _ in 0..<heartbeats { fixture.connection.heartbeat() }
            fixture.connection.send(.text, ByteBuffer(string: text))
            fixture.eventLoop.run()
            var payload = ByteBuffer()
            try ByteBuffer(string: text).withUnsafeReadableBytes { try client.compress($0, into: &payload) }
            fixture.read(frame(.text, Array(buffer: payload), rsv1: true))
        }
        let sizes = fixture.host.writes.map(\.count)
        #expect(sizes[1] < sizes[0] / 4, "the first heartbeat after traffic keeps the contexts")
        #expect(sizes[2] == sizes[0])
        #expect(try fixture.sent(takeover).allSatisfy { $0 == "text \(text)" })
        #expect(fixture.user.log == Array(repeating: "text \(text)", count: 3))
    }

    @Test func whatTheClientCompressedIsInflated() {
        let fixture = ConnectionFixture(deflate: Self.noTakeover)
        var payload = ByteBuffer()
        let deflater = Deflater(
            parameters: Self.noTakeover,
            configuration: .init(),
            role: .client,
            pool: DeflatePool()
        )
        #expect(throws: Never.self) {
            try ByteBuffer(string: Self.long).withUnsafeReadableBytes { bytes in
                try deflater.compress(bytes, into: &payload)
            }
        }
        fixture.read(frame(.text, Array(buffer: payload), rsv1: true) + frame(.text, "plain"))
        #expect(fixture.user.log == ["text \(Self.long)", "text plain"])
    }

    // MARK: Messages for many

    @Test func aSharedMessageIsFramedOnceForAll() throws {
        let first = ConnectionFixture()
        let second = ConnectionFixture(beside: first)
        let text = first.message("hello")
        let binary = first.message(binary: ByteBuffer(bytes: [1, 2]))
        for fixture in [first, second] {
            self.share(text, on: fixture)
            self.share(binary, on: fixture)
            #expect(try fixture.sent() == ["text 4hello", "binary [1, 2]"])
        }
    }

    /// What several get in one turn is one write for each, whether they get all of it, a part, or more than the others.
    @Test func sharedMessagesOfATurnLeaveTogetherInOrder() throws {
        let all = ConnectionFixture()
        let late = ConnectionFixture(beside: all)
        let mixed = ConnectionFixture(beside: all)
        let gap = ConnectionFixture(beside: all)
        let messages = (0..<4).map { all.message("m\($0)") }
        for (index, message) in messages.enumerated() {
            all.transport.write(.shared(message))
            if index > 1 { late.transport.write(.shared(message)) }
            mixed.transport.write(.shared(message))
            if index == 1 { mixed.connection.send(.text, digit: UInt8(ascii: "4"), ByteBuffer(string: "own")) }
            if index != 2 { gap.transport.write(.shared(message)) }
        }
        all.eventLoop.run()
        #expect(try all.sent() == ["text 4m0", "text 4m1", "text 4m2", "text 4m3"])
        #expect(try late.sent() == ["text 4m2", "text 4m3"])
        #expect(try mixed.sent() == ["text 4m0", "text 4m1", "text 4own", "text 4m2", "text 4m3"])
        #expect(try gap.sent() == ["text 4m0", "text 4m1", "text 4m3"])
        for fixture in [all, late, mixed, gap] { #expect(fixture.host.writes.count == 1) }
    }

    /// A message that was kept for a slow receiver is sent in a later turn, when its frame may have made way for others.
    @Test func aSharedMessageIsWholeInALaterTurnToo() throws {
        let first = ConnectionFixture()
        let second = ConnectionFixture(beside: first)
        let messages = (0..<3).map { first.message("turn \($0)") }
        for message in messages { self.share(message, on: first) }
        for message in messages { second.transport.write(.shared(message)) }
        second.eventLoop.run()
        #expect(try second.sent() == ["text 4turn 0", "text 4turn 1", "text 4turn 2"])
        #expect(try first.sent() == (try second.sent()))
    }

    @Test func muchThatIsSharedLeavesBeforeTheTurnEnds() throws {
        let fixture = ConnectionFixture()
        let payload = ByteBuffer(repeating: UInt8(ascii: "x"), count: 40_000)
        for _ in 0..<3 { fixture.transport.write(.shared(fixture.message(binary: payload))) }
        #expect(fixture.host.writes.count == 1)
        fixture.eventLoop.run()
        #expect(fixture.host.writes.count == 2)
        #expect(try fixture.sent().count == 3)
    }

    @Test(arguments: [0, 1, 7, 13])
    func whatTheNetworkDoesNotTakeOfSharedMessagesFollowsInOrder(room: Int) throws {
        let slow = ConnectionFixture()
        let fast = ConnectionFixture(beside: slow)
        slow.host.room = room
        for number in 0..<6 {
            let message = slow.message("m\(number)")
            for fixture in [slow, fast] { fixture.transport.write(.shared(message)) }
            if number == 3 { slow.eventLoop.run() }
        }
        slow.eventLoop.run()
        slow.eventLoop.run()
        #expect(try slow.sent() == (0..<6).map { "text 4m\($0)" })
        #expect(try fast.sent() == (try slow.sent()))
        #expect(fast.host.writes.count == 2)
        #expect(slow.host.unsentBytes == 6 * 5 - room)
    }

    @Test func aConnectionThatIsFullOfSharedMessagesTellsWhenTheyHaveLeft() {
        let fixture = ConnectionFixture()
        let payload = ByteBuffer(repeating: 0, count: 60_000)
        fixture.transport.write(.shared(fixture.message(binary: payload)))
        fixture.host.room = 10
        fixture.connection.send(.binary, ByteBuffer(repeating: 1, count: 9000))
        #expect(!fixture.connection.isWritable)
        fixture.host.take(fixture.host.unsentBytes)
        fixture.eventLoop.run()
        fixture.eventLoop.run()
        #expect(fixture.user.log == ["writable"])
        #expect(fixture.connection.unsentBytes == 0)
    }

    @Test func aSharedMessageForAConnectionThatIsLostIsDropped() throws {
        let lost = ConnectionFixture()
        let other = ConnectionFixture(beside: lost)
        let message = lost.message("bye")
        for fixture in [lost, other] { fixture.transport.write(.shared(message)) }
        lost.connection.hostClosed()
        lost.eventLoop.run()
        #expect(lost.host.writes == [])
        #expect(try other.sent() == ["text 4bye"])
    }

    /// Nobody but a test lets go of a connection whose network connection is open.
    @Test func aSharedMessageForAConnectionThatIsGoneIsDropped() throws {
        let other = ConnectionFixture()
        let host = RecordingHost()
        host.open(other.loop, other.network)
        let message = other.message("bye")
        do {
            let gone = WebSocketConnection(loop: other.loop, host: host, limits: WebSocketLimits())
            other.eventLoop.run()
            WebSocketTransport(gone).write(.shared(message))
        }
        other.transport.write(.shared(message))
        other.eventLoop.run()
        #expect(host.writes == [])
        #expect(try other.sent() == ["text 4bye"])
    }

    @Test func whatIsSentToASocketThatWasGivenUpWaits() throws {
        let first = ConnectionFixture()
        let second = ConnectionFixture(beside: first)
        if let socket = first.host.directSocket { first.loop.sockets.giveUp(socket) }
        let message = first.message("m")
        for fixture in [first, second] { fixture.transport.write(.shared(message)) }
        // The socket is another's, should its descriptor be given again.
        let third = ConnectionFixture(beside: first)
        for _ in 0..<2 { first.eventLoop.run() }
        #expect(try first.sent() == ["text 4m"])
        #expect(first.host.unsentBytes == first.host.writes.joined().count)
        #expect(try second.sent() == ["text 4m"])
        #expect(third.host.writes == [])
    }

    @Test func aSharedMessageIsCompressedOnceForAWindow() throws {
        let first = ConnectionFixture(deflate: Self.noTakeover)
        let message = first.message(Self.long)
        let compressedOnce = ConnectionFixture(
            deflate: Self.noTakeover,
            // Were it compressed anew, it would be stored in another form.
            configuration: .init(level: 1, memLevel: 1),
            beside: first
        )
        for fixture in [first, compressedOnce] { fixture.transport.write(.shared(message)) }
        first.eventLoop.run()
        #expect(self.isCompressed(first.host.writes[0]))
        #expect(compressedOnce.host.writes == first.host.writes)
        #expect(try first.sent(Self.noTakeover) == ["text 4\(Self.long)"])
    }

    @Test func aSharedMessageIsValidForEveryWindow() throws {
        let fixture = ConnectionFixture()
        // Repeats at a distance that only the larger windows reach.
        let block = (0..<900).map { "\($0 * 7919 % 1009)" }.joined(separator: ",")
        let text = block + block
        let message = fixture.message(text)
        var sizes: [Int] = []
        for windowBits in 9...15 {
            let parameters = PerMessageDeflateParameters(
                serverNoContextTakeover: true,
                clientNoContextTakeover: true,
                serverMaxWindowBits: windowBits
            )
            let connection = ConnectionFixture(
                deflate: parameters,
                configuration: .init(serverMaxWindowBits: windowBits),
                beside: fixture
            )
            self.share(message, on: connection)
            #expect(try connection.sent(parameters) == ["text 4\(text)"], "window \(windowBits)")
            sizes.append(connection.host.writes[0].count)
        }
        #expect(sizes[6] < sizes[0])
        let plain = ConnectionFixture(beside: fixture)
        self.share(message, on: plain)
        #expect(try plain.sent() == ["text 4\(text)"])
    }

    @Test func sharedMessagesAreCompressedFromTheThresholdOn() throws {
        let fixture = ConnectionFixture(deflate: Self.noTakeover, configuration: .init(threshold: 100))
        // The digit belongs to the message.
        let texts = [98, 99].map { String(repeating: "x", count: $0) }
        for text in texts {
            self.share(fixture.message(text), on: fixture)
        }
        #expect(fixture.host.writes.map { self.isCompressed($0) } == [false, true])
        #expect(try fixture.sent(Self.noTakeover) == texts.map { "text 4\($0)" })
    }

    @Test func aSharedMessageIsNotCompressedAgainstItsWill() throws {
        let fixture = ConnectionFixture(deflate: Self.noTakeover)
        let message = SharedMessage(
            payload: ByteBuffer(string: Self.long),
            isBinary: false,
            compresses: false,
            on: fixture.loop.context
        )
        self.share(message, on: fixture)
        #expect(!self.isCompressed(fixture.host.writes[0]))
        #expect(try fixture.sent(Self.noTakeover) == ["text 4\(Self.long)"])
    }

    @Test func afterASharedMessageAConnectionForgetsItsHistory() throws {
        let takeover = PerMessageDeflateParameters()
        let fixture = ConnectionFixture(deflate: takeover, configuration: .init(serverNoContextTakeover: false))
        let own = (0..<300).map { "\($0 * 7919)" }.joined(separator: ",")
        let shared = (0..<20_000).map { "\($0 * 104_729 % 65_537)" }.joined(separator: ",")
        for _ in 0..<2 {
            fixture.connection.send(.text, ByteBuffer(string: own))
            fixture.eventLoop.run()
            self.share(fixture.message(shared), on: fixture)
            fixture.connection.send(.text, ByteBuffer(string: own))
            fixture.eventLoop.run()
        }
        let round = ["text \(own)", "text 4\(shared)", "text \(own)"]
        #expect(try fixture.sent(takeover) == round + round)
    }

    @Test func nothingIsSentToManyAfterTheEnd() {
        let fixture = ConnectionFixture()
        fixture.connection.hostClosed()
        self.share(fixture.message("late"), on: fixture)
        #expect(fixture.host.writes == [])
    }
}
