// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEngine
import MartletEvents
import MartletTesting
import NIOCore
import NIOEmbedded
import Testing

struct BroadcastTests {
    /// Three clients in `/`: two on one event loop, one on another. Each joins what its authentication data names.
    private struct Fixture {
        let io = SocketIOServer()
        var clients: [TestClient] = []

        init(rooms: [[String]] = [["a"], ["a", "b"], ["b", "c"]]) async throws {
            self.io.onConnection { socket in
                struct Auth: Decodable { var rooms: [String] }
                if let auth = try? socket.handshake.auth.decode(as: Auth.self) { socket.join(auth.rooms) }
                socket.on("say") { (room: String, text: String) in socket.to(room).emit("said", text) }
                socket.on("shout") { (text: String) in socket.broadcast.emit("said", text) }
                socket.on("leave") { (room: String) in socket.leave(room) }
                socket.on("rooms") { socket.rooms.subtracting([socket.id]).sorted() }
            }
            let loops = [NIOAsyncTestingEventLoop(), NIOAsyncTestingEventLoop()]
            for (index, rooms) in rooms.enumerated() {
                let client = try await self.io.testClient(auth: ["rooms": rooms], on: loops[index % 2])
                self.clients.append(client)
            }
        }

        /// What each has received by now.
        func events() async throws -> [[String]] {
            for client in self.clients { await client.eventLoop.run() }
            return self.clients.map(\.events)
        }
    }

    @Test func everybodyGetsABroadcastOnEveryEventLoop() async throws {
        let fixture = try await Fixture()
        fixture.io.emit("said", 1, "x")
        #expect(try await fixture.events() == Array(repeating: [#"said(1,"x")"#], count: 3))
    }

    /// Whoever leaves, first, last or in between, the others are still there, once each and under their ids.
    @Test(arguments: [[0, 6], [6, 4, 2], [2, 0, 3], [5, 1, 6, 3]])
    func thoseWhoStayGetBroadcastsWhoeverLeaves(leaving: [Int]) async throws {
        var fixture = try await Fixture(rooms: Array(repeating: [], count: 7))
        for index in leaving { try await fixture.clients[index].drop() }
        fixture.clients = fixture.clients.indices.filter { !leaving.contains($0) }.map { fixture.clients[$0] }
        let sockets = await fixture.io.everyone.sockets()
        #expect(sockets.count == fixture.clients.count)
        fixture.io.emit("all", 1)
        for socket in sockets { fixture.io.to(socket.id).emit("one", 2) }
        let events = try await fixture.events()
        #expect(events == Array(repeating: ["all(1)", "one(2)"], count: 7 - leaving.count))
    }

    @Test func aRoomGetsItOnceEach() async throws {
        let fixture = try await Fixture()
        fixture.io.to("a").emit("said", 1)
        fixture.io.to("b").emit("said", 2)
        fixture.io.to("a").to("b").emit("said", 3)
        fixture.io.in("nobody").emit("said", 4)
        fixture.io.to(["b", "c"]).except("a").emit("said", 5)
        fixture.io.except("c").emit("said", 6)
        #expect(
            try await fixture.events() == [
                ["said(1)", "said(3)", "said(6)"],
                ["said(1)", "said(2)", "said(3)", "said(6)"],
                ["said(2)", "said(3)", "said(5)"],
            ]
        )
    }

    @Test func theSenderIsLeftOut() async throws {
        let fixture = try await Fixture()
        try await fixture.clients[1].emit("say", "a", "x")
        try await fixture.clients[2].emit("shout", "y")
        #expect(
            try await fixture.events() == [
                [#"said("x")"#, #"said("y")"#],
                [#"said("y")"#],
                [],
            ]
        )
    }

    @Test func aSocketIsARoomOfItsOwn() async throws {
        let fixture = try await Fixture()
        guard case .connected(let id) = fixture.clients[2].received[0].kind else { throw TestClientError.closed }
        fixture.io.to(id).emit("hello")
        fixture.io.except(id).emit("others")
        #expect(try await fixture.events() == [["others()"], ["others()"], ["hello()"]])
        #expect(await fixture.io.socketCount(in: id) == 1)
    }

    @Test func anotherSocketMayJoinTheRoomOfASocket() async throws {
        let fixture = try await Fixture()
        guard case .connected(let id) = fixture.clients[0].received[0].kind else { throw TestClientError.closed }
        fixture.io.to("c").socketsJoin(id)
        fixture.io.to(id).emit("hello")
        #expect(try await fixture.events() == [["hello()"], [], ["hello()"]])
        #expect(await fixture.io.socketCount(in: id) == 2)
    }

    @Test func leavingAndDisconnectingEmptyTheRooms() async throws {
        let fixture = try await Fixture()
        #expect(await fixture.io.socketCount() == 3)
        #expect(await fixture.io.socketCount(in: "b") == 2)
        try await fixture.clients[1].emit("leave", "b")
        #expect(await fixture.io.socketCount(in: "b") == 1)
        #expect(try await fixture.clients[1].emitWithAck("rooms").description == #"["a"]"#)
        try await fixture.clients[2].drop()
        #expect(await fixture.io.socketCount(in: "b") == 0)
        #expect(await fixture.io.socketCount() == 2)
        #expect(await fixture.io.sockets(in: "a").count == 2)
        #expect(await fixture.io.to("a").to("c").count() == 2)
    }

    @Test func socketsAreMovedAndDisconnectedTogether() async throws {
        let fixture = try await Fixture()
        fixture.io.to("a").socketsJoin("x", "y")
        #expect(await fixture.io.socketCount(in: "x") == 2)
        fixture.io.to("b").socketsLeave("x")
        #expect(await fixture.io.socketCount(in: "x") == 1)
        fixture.io.disconnectSockets(in: "a")
        #expect(await fixture.io.socketCount() == 1)
        for client in fixture.clients.prefix(2) { #expect(client.received.last?.kind == .disconnected) }
        #expect(try await !fixture.clients[0].isClosed())
        fixture.io.disconnectSockets(closingConnection: true)
        #expect(try await fixture.clients[2].isClosed())
    }

    @Test func attachmentsFollowTheirBroadcast() async throws {
        let fixture = try await Fixture()
        fixture.io.emit("file", ByteBuffer(bytes: [1]), [ByteBuffer(bytes: [2]), ByteBuffer(bytes: [3])])
        _ = try await fixture.events()
        for client in fixture.clients {
            let event = try await client.next("file")
            #expect(try event.arguments[0]?.decode() == ByteBuffer(bytes: [1]))
            #expect(try event.arguments[1]?.decode() == [ByteBuffer(bytes: [2]), ByteBuffer(bytes: [3])])
        }
    }

    @Test func volatileBroadcastsSkipThoseWhoLagBehind() async throws {
        let fixture = try await Fixture()
        try await fixture.clients[0].onLoop { $0.unsentBytes = 2 << 20 }
        fixture.io.volatile.emit("v", ByteBuffer(bytes: [1]))
        fixture.io.emit("kept")
        #expect(try await fixture.events().map(\.count) == [1, 2, 2])
    }

    @Test func whoIsDroppedDuringABroadcastMayBroadcastItself() async throws {
        var configuration = SocketIOConfiguration()
        configuration.unsentLimit = 100
        let io = SocketIOServer(configuration: configuration)
        io.onConnection { socket in
            socket.join("room")
            socket.onDisconnect { reason in io.to("room").emit("gone", reason.rawValue) }
        }
        let loop = NIOAsyncTestingEventLoop()
        var clients: [TestClient] = []
        for _ in 0..<5 { clients.append(try await io.testClient(on: loop)) }
        for client in clients[1...2] { try await client.onLoop { $0.isWritable = false } }
        io.to("room").emit("big", String(repeating: "x", count: 200))
        await loop.run()
        for (index, client) in clients.enumerated() where !(1...2).contains(index) {
            #expect(client.received.filter { $0.isEvent("big") }.count == 1)
            #expect(client.events.filter { $0 == #"gone("slow consumer")"# }.count == 2)
        }
        #expect(await io.socketCount(in: "room") == 3)
    }

    @Test func namespacesDoNotHearEachOther() async throws {
        let io = SocketIOServer()
        let other = io.of("/other")
        let client = try await io.testClient()
        try await client.join("/other")
        io.emit("a", 1)
        other.emit("a", 2)
        await client.eventLoop.run()
        #expect(client.lines.suffix(2) == [#"/ event("a") 1"#, #"/other event("a") 2"#])
    }
}
