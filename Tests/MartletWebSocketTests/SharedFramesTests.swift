// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEngine
import NIOCore
import NIOEmbedded
import Testing
import WebSocketWire

@testable import MartletWebSocket

struct SharedFramesTests {
    private let eventLoop = EmbeddedEventLoop()
    private let context: LoopContext
    private let host = RecordingHost()
    private let network: RecordingNetwork
    private let loop: WebSocketLoop
    private let connection: WebSocketConnection
    private let frames: SharedFrames

    init() throws {
        let network = RecordingNetwork()
        self.network = network
        self.context = LoopContext(eventLoop: self.eventLoop)
        self.loop = WebSocketLoop(self.context, send: network.send)
        self.host.open(self.loop, network)
        self.connection = WebSocketConnection(loop: self.loop, host: self.host, limits: WebSocketLimits())
        self.frames = SharedFrames(.init(of: Self.self), self.context, self.loop.sockets)
        self.eventLoop.run()
        self.host.writes = []
    }

    private func message(_ text: String) -> SharedMessage {
        SharedMessage(payload: ByteBuffer(string: text), isBinary: false, on: self.context)
    }

    private func range(_ message: SharedMessage) -> Range<Int> {
        self.frames.range(of: message) { message, buffer in buffer.writeImmutableBuffer(message.payload) }
    }

    private func deliver(_ range: Range<Int>) throws -> SharedFrames.Ticket {
        self.frames.deliver(range, to: self.connection, try #require(self.host.directSocket))
    }

    private var sent: [String] { self.host.writes.map { String(decoding: $0, as: UTF8.self) } }

    @Test func framesOfATurnStandOneBehindTheOther() {
        let messages = ["ab", "cde", "f"].map(self.message)
        #expect(messages.map(self.range) == [0..<2, 2..<5, 5..<6])
        #expect(messages.map(self.range) == [0..<2, 2..<5, 5..<6])
        #expect(String(buffer: self.frames.slice(0..<2)) == "ab")
        #expect(String(buffer: self.frames.slice(1..<6)) == "bcdef")
        // One more after they were joined.
        #expect(self.range(self.message("gh")) == 6..<8)
        #expect(String(buffer: self.frames.slice(4..<8)) == "efgh")
    }

    @Test func aTurnBeginsWithoutFrames() {
        let message = self.message("ab")
        _ = self.range(self.message("x"))
        #expect(self.range(message) == 1..<3)
        self.eventLoop.run()
        #expect(self.range(message) == 0..<2)
    }

    /// Only the last are looked for; what is older is framed once more rather than searched for long.
    @Test func anOldFrameIsWrittenAgain() {
        let first = self.message("a")
        _ = self.range(first)
        for number in 0..<20 { _ = self.range(self.message("\(number % 10)")) }
        let range = self.range(first)
        #expect(range == 21..<22)
        #expect(String(buffer: self.frames.slice(range)) == "a")
    }

    @Test func aDeliveryIsSentWithTheEndOfTheTurn() throws {
        let ticket = try self.deliver(self.range(self.message("ab")))
        #expect(ticket.isValid)
        #expect(self.frames.byteCount(ticket) == 2)
        #expect(self.sent == [])
        self.eventLoop.run()
        #expect(self.sent == ["ab"])
        #expect(!ticket.isValid)
    }

    @Test func aDeliveryGrowsByWhatFollowsOnly() throws {
        let ranges = ["ab", "cd", "ef"].map { self.range(self.message($0)) }
        let ticket = try self.deliver(ranges[0])
        #expect(self.frames.extend(ticket, by: ranges[2]) == nil)
        #expect(self.frames.extend(ticket, by: ranges[1]) == 4)
        #expect(self.frames.extend(ticket, by: ranges[2]) == 6)
        self.eventLoop.run()
        #expect(self.sent == ["abcdef"])
    }

    @Test func whatIsTakenBackIsNotSent() throws {
        let range = self.range(self.message("ab"))
        let first = try self.deliver(range)
        let second = try self.deliver(range)
        let third = try self.deliver(range)
        #expect(String(buffer: self.frames.takeBack(first)) == "ab")
        self.frames.withdraw(second)
        #expect(self.frames.byteCount(second) == 0)
        #expect(third.isValid)
        self.eventLoop.run()
        #expect(self.sent == ["ab"])
    }

    @Test(arguments: 0...3)
    func whatTheNetworkDoesNotTakeGoesToItsConnection(room: Int) throws {
        self.host.room = room
        _ = self.range(self.message("-"))
        _ = try self.deliver(self.range(self.message("abc")))
        self.eventLoop.run()
        self.eventLoop.run()
        #expect(self.sent.joined() == "abc")
        #expect(self.connection.unsentBytes == 3 - room)
    }

    /// A connection that hears that there is room may send for many while others are still being sent.
    @Test func framesOfALaterTurnDoNotTouchThoseThatAreKept() throws {
        _ = self.range(self.message("abc"))
        let kept = self.frames.slice(0..<3)
        self.eventLoop.run()
        for _ in 0..<4 {
            _ = try self.deliver(self.range(self.message("xyz")))
            self.eventLoop.run()
        }
        #expect(String(buffer: kept) == "abc")
        #expect(self.sent == ["xyz", "xyz", "xyz", "xyz"])
    }
}
