// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletTestSupport
import MartletTesting
import NIOConcurrencyHelpers
import NIOCore
import NIOEmbedded
import Testing

@testable import MartletEvents

struct HistoryTests {
    private func server(_ change: (inout HistoryLimits) -> Void = { _ in }) -> SocketIOServer {
        var configuration = SocketIOConfiguration()
        change(&configuration.history)
        let io = SocketIOServer(configuration: configuration)
        io.on("enter") { (socket: Socket, room: String, offset: String?) async in
            await socket.join(room, after: offset)
        }
        return io
    }

    /// The first arguments of the events.
    private func numbers(_ client: TestClient) throws -> [Int] {
        try client.received.filter { $0.isEvent("n") }.map { try $0.decode() }
    }

    private func offset(_ client: TestClient) throws -> String {
        let event = try #require(client.received.last { $0.isEvent("n") })
        return try #require(event.arguments[1]).decode()
    }

    private func enter(_ client: TestClient, _ room: String = "room", after offset: String? = nil) async throws -> Bool
    {
        try await client.emitWithAck("enter", room, offset)[0]?.decode() ?? false
    }

    @Test func whoJoinsGetsWhatWasKeptThenWhatComes() async throws {
        let io = self.server()
        let client = try await io.testClient()
        for n in 1...3 { io.to("room").kept.emit("n", n) }
        io.to("room").emit("n", 4)
        io.to("other").kept.emit("n", 5)
        #expect(try await self.enter(client))
        io.to("room").kept.emit("n", 6)
        await client.run()
        #expect(try self.numbers(client) == [1, 2, 3, 6])
        #expect(try await self.enter(client, "other"))
        #expect(try self.numbers(client) == [1, 2, 3, 6, 5])
    }

    @Test func whoComesBackGoesOnFromAnOffset() async throws {
        let io = self.server { $0.maxCount = 3 }
        let first = try await io.testClient()
        #expect(try await self.enter(first))
        io.to("room").kept.emit("n", 1)
        await first.run()
        let offset = try self.offset(first)
        for n in 2...4 { io.to("room").kept.emit("n", n) }
        // Nothing is missing: the event that was dropped is the one that the client has.
        let second = try await io.testClient()
        #expect(try await self.enter(second, after: offset))
        #expect(try self.numbers(second) == [2, 3, 4])
        let third = try await io.testClient()
        #expect(try await self.enter(third, after: self.offset(second)))
        #expect(try self.numbers(third) == [])
        io.to("room").kept.emit("n", 5)
        let fourth = try await io.testClient()
        #expect(try await !self.enter(fourth, after: offset))
        #expect(try self.numbers(fourth) == [3, 4, 5])
        let fifth = try await io.testClient()
        #expect(try await !self.enter(fifth, after: "never given out"))
        #expect(try self.numbers(fifth) == [3, 4, 5])
    }

    @Test func binaryDataIsKept() async throws {
        let io = self.server()
        io.to("room").kept.emit("n", 1, ByteBuffer(bytes: [1, 2]))
        let client = try await io.testClient()
        #expect(try await self.enter(client))
        #expect(client.received.last { $0.isEvent("n") }?.arguments.attachments == [ByteBuffer(bytes: [1, 2])])
    }

    @Test func theLimitsHold() throws {
        var limits = HistoryLimits()
        limits.maxBytes = 10
        limits.maxAge = .seconds(10)
        limits.maxRooms = 2
        let history = RoomHistory(limits)
        func keep(_ name: String, in room: String, at seconds: Int64) {
            var packet = EncodedPacket(message: ByteBuffer(string: name), isBinary: false)
            packet.offset = name
            history.keep(packet, in: [room], now: .uptimeNanoseconds(0) + .seconds(seconds)) {}
        }
        func kept(in room: String, at seconds: Int64) -> [String] {
            var names: [String] = []
            history.read(room, after: nil, now: .uptimeNanoseconds(0) + .seconds(seconds)) { events, _ in
                names = events.map { String(buffer: $0.message) }
            }
            return names
        }
        for (index, name) in ["aaaa", "bbbb", "cccc"].enumerated() { keep(name, in: "x", at: 20 + Int64(index)) }
        #expect(kept(in: "x", at: 22) == ["bbbb", "cccc"])
        #expect(kept(in: "x", at: 32) == ["cccc"])
        #expect(kept(in: "x", at: 33) == [])
        keep("x", in: "x", at: 40)
        keep("y", in: "y", at: 40)
        keep("x2", in: "x", at: 40)
        keep("z", in: "z", at: 40)
        #expect(["x", "y", "z"].map { kept(in: $0, at: 40) } == [["x", "x2"], [], ["z"]])
    }

    /// Whoever joins while others send gets each event once, those of each sender in order.
    @Test func nothingIsLostOrRepeatedWhileOthersSend() async throws {
        let io = self.server { $0.maxCount = 10_000 }
        let loops = [NIOAsyncTestingEventLoop(), NIOAsyncTestingEventLoop()]
        let senders = (0..<4).map { sender in
            Task {
                for n in 0..<100 {
                    io.to("room").kept.emit("sent", sender, n)
                    if n % 8 == 0 { await suspendForAnotherThread() }
                }
            }
        }
        var clients: [TestClient] = []
        for index in 0..<10 {
            let client = try await io.testClient(on: loops[index % 2])
            await suspendForAnotherThread()
            _ = try await self.enter(client)
            clients.append(client)
        }
        for sender in senders { await sender.value }
        for loop in loops { await loop.run() }
        for client in clients {
            var next = [0, 0, 0, 0]
            for packet in client.received where packet.isEvent("sent") {
                let elements = packet.arguments.elements
                let sender: Int = try elements[0].decode()
                #expect(try elements[1].decode() == next[sender])
                next[sender] += 1
            }
            #expect(next == [100, 100, 100, 100])
        }
    }
}
