// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEvents
import MartletTestSupport
import MartletTesting
import NIOConcurrencyHelpers
import NIOCore
import NIOEmbedded
import Testing

/// What addresses many sockets does the same on one server and on a cluster.
struct WholeServerTests {
    @Test(arguments: Deployment.allCases)
    func aBroadcastReachesEachAddressedSocketOnce(deployment: Deployment) async throws {
        let fixture = try await Fixture(deployment)
        fixture.io.emit("said", 1)
        fixture.io.to("a").emit("said", 2)
        fixture.io.to("a").to("b").emit("said", 3)
        fixture.io.in("nobody").emit("said", 4)
        fixture.io.to(["b", "c"]).except("a").emit("said", 5)
        fixture.io.except(fixture.ids[1]).emit("said", 6)
        fixture.io.to(fixture.ids[2]).emit("said", 7)
        #expect(
            try await fixture.events() == [
                ["said(1)", "said(2)", "said(3)", "said(6)"],
                ["said(1)", "said(2)", "said(3)"],
                ["said(1)", "said(3)", "said(5)", "said(6)", "said(7)"],
            ]
        )
    }

    @Test(arguments: Deployment.allCases)
    func theSenderIsLeftOut(deployment: Deployment) async throws {
        let fixture = try await Fixture(deployment) { io, _ in
            io.on("say") { (socket: Socket, text: String) in socket.broadcast.emit("said", text) }
        }
        try await fixture.clients[0].emit("say", "x")
        #expect(try await fixture.events() == [[], [#"said("x")"#], [#"said("x")"#]])
    }

    @Test(arguments: Deployment.allCases)
    func attachmentsFollowTheirBroadcast(deployment: Deployment) async throws {
        let fixture = try await Fixture(deployment)
        let many = (0..<12).map { ByteBuffer(bytes: [UInt8($0)]) }
        fixture.io.emit("file", ByteBuffer(bytes: [1]), many)
        fixture.io.emit("empty", ByteBuffer())
        for client in fixture.clients {
            let event = try await client.next("file")
            #expect(try event.arguments[0]?.decode() == ByteBuffer(bytes: [1]))
            #expect(try event.arguments[1]?.decode() == many)
            #expect(try await client.next("empty").decode() == ByteBuffer())
        }
    }

    @Test(arguments: Deployment.allCases)
    func volatileBroadcastsSkipThoseWhoLagBehind(deployment: Deployment) async throws {
        let fixture = try await Fixture(deployment)
        try await fixture.clients[1].onLoop { $0.unsentBytes = 2 << 20 }
        fixture.io.volatile.emit("v")
        fixture.io.emit("kept")
        #expect(try await fixture.events() == [["v()", "kept()"], ["kept()"], ["v()", "kept()"]])
    }

    @Test(arguments: Deployment.allCases)
    func socketsAreMovedCountedAndDisconnected(deployment: Deployment) async throws {
        let fixture = try await Fixture(deployment)
        #expect(await fixture.io.everyone.count() == 3)
        #expect(await fixture.io.socketCount(in: "b") == 2)
        fixture.io.to("a").socketsJoin("x", "y")
        #expect(await fixture.io.socketCount(in: "x") == 2)
        fixture.io.to("b").socketsLeave("x")
        #expect(await fixture.io.socketCount(in: "x") == 1)
        #expect(await fixture.io.to("y").except("x").count() == 1)
        fixture.io.socketsJoin("all")
        fixture.io.socketsLeave("b")
        #expect(await fixture.io.to(["all", "b"]).count() == 3)
        fixture.io.to("c").disconnectSockets()
        #expect(await fixture.io.everyone.count() == 2)
        #expect(try await !fixture.clients[2].isClosed())
        fixture.io.disconnectSockets(closingConnection: true)
        #expect(await fixture.io.everyone.count() == 0)
        #expect(try await fixture.clients[1].isClosed())
    }

    /// Of one task, whatever it calls.
    @Test(arguments: Deployment.allCases)
    func broadcastsAndOperationsStayInOrder(deployment: Deployment) async throws {
        let fixture = try await Fixture(deployment, rooms: [[], [], []])
        var expected: [String] = []
        for n in 0..<100 {
            fixture.io.socketsJoin("room")
            fixture.io.to("room").emit("in", n)
            if n % 10 == 0 { #expect(await fixture.io.socketCount(in: "room") == 3) }
            fixture.io.socketsLeave("room")
            fixture.io.to("room").emit("out", n)
            fixture.io.emit("all", ByteBuffer(bytes: [UInt8(n)]))
            expected += ["in(\(n))", #"all({"_placeholder":true,"num":0})"#]
        }
        for events in try await fixture.events() { #expect(events == expected) }
    }

    /// Of each task, when tasks act at once, on different servers.
    @Test(arguments: Deployment.allCases)
    func tasksDoNotDisorderEachOther(deployment: Deployment) async throws {
        let fixture = try await Fixture(deployment)
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<3 {
                let server = fixture.server(task)
                group.addTask { for n in 0..<200 { server.emit("n", task, n) } }
            }
        }
        for client in fixture.clients {
            try await client.wait { client.events.count == 600 }
            let events = client.events
            for task in 0..<3 {
                let own = events.filter { $0.hasPrefix("n(\(task),") }
                #expect(own == (0..<200).map { "n(\(task),\($0))" })
            }
        }
    }

    // MARK: Fetched sockets

    private struct User: Codable, Equatable, Sendable { var name: String }
    private struct Secret: Sendable {}

    @Test(arguments: Deployment.allCases)
    func fetchedSocketsSayWhatTheyAre(deployment: Deployment) async throws {
        let fixture = try await Fixture(deployment) { io, _ in
            io.onConnection { socket in
                socket.join(user: "7")
                socket.join("\0odd")
                socket.data["user"] = User(name: "u")
                socket.data["picture"] = ByteBuffer(bytes: [1, 2])
                socket.data["secret"] = Secret()
            }
        }
        let sockets = try await fixture.io.to("b").fetchSockets().sorted { $0.rooms.count < $1.rooms.count }
        #expect(Set(sockets.map(\.id)) == Set(fixture.ids.suffix(2)))
        for socket in sockets {
            let index = try #require(fixture.ids.firstIndex(of: socket.id))
            let rooms = [[], ["a", "b"], ["b", "c"]][index]
            #expect(socket.rooms == Set(rooms + [socket.id, "\0odd"]))
            #expect(try socket.data["user"]?.decode() == User(name: "u"))
            #expect(try socket.data["picture"]?.decode() == ByteBuffer(bytes: [1, 2]))
            #expect(socket.data.count == 2)
            #expect(try socket.handshake.auth.decode(as: Fixture.Auth.self).rooms == rooms)
            #expect(socket.handshake.query["EIO"] == "4")
            #expect(socket.handshake.time > .seconds(1_700_000_000))
        }
        #expect(try await fixture.io.fetchSockets().count == 3)
        #expect(try await fixture.io.to("nobody").fetchSockets().isEmpty)
    }

    @Test(arguments: Deployment.allCases)
    func fetchedSocketsAreActedUpon(deployment: Deployment) async throws {
        let fixture = try await Fixture(deployment)
        let remote = try #require(try await fixture.io.to("c").fetchSockets().first)
        remote.emit("hello", remote.id, 1)
        remote.join("x", "y")
        #expect(await fixture.io.socketCount(in: "y") == 1)
        remote.leave("x", "c")
        #expect(await fixture.io.to(["x", "c"]).count() == 0)
        #expect(try await fixture.events() == [[], [], [#"hello("\#(remote.id)",1)"#]])
        remote.disconnect()
        #expect(await fixture.io.everyone.count() == 2)
        #expect(fixture.clients[2].received.last?.kind == .disconnected)
        remote.emit("too late")
    }

    @Test(arguments: Deployment.allCases)
    func onlyTheServersOwnSocketsAreObjects(deployment: Deployment) async throws {
        let fixture = try await Fixture(deployment)
        #expect(await fixture.io.sockets().count == (deployment == .oneServer ? 3 : 1))
        #expect(await fixture.io.local.count() == (deployment == .oneServer ? 3 : 1))
        #expect(try await fixture.io.local.fetchSockets().count == (deployment == .oneServer ? 3 : 1))
        fixture.io.local.emit("here")
        fixture.io.local.socketsJoin("here")
        #expect(await fixture.io.socketCount(in: "here") == (deployment == .oneServer ? 3 : 1))
        let answers = try await fixture.io.local.emitWithAck("ask", as: Int.self)
        #expect(answers.socketCount == (deployment == .oneServer ? 3 : 1))
        let events = try await fixture.events()
        #expect(events.map(\.count) == (deployment == .oneServer ? [2, 2, 2] : [2, 0, 0]))
    }

    // MARK: Users

    @Test(arguments: Deployment.allCases)
    func aUserHasARoomThatNobodyElseCanName(deployment: Deployment) async throws {
        let fixture = try await Fixture(deployment, rooms: [["\0u7"], [], ["\0\0u7", "7"]]) { io, _ in
            io.on("me") { (socket: Socket, id: String) in socket.join(user: id) }
            io.on("not me") { (socket: Socket, id: String) in socket.leave(user: id) }
            io.on("others") { (socket: Socket, id: String) in socket.to(user: id).emit("other") }
        }
        _ = try await fixture.clients[0].emitWithAck("me", "7")
        _ = try await fixture.clients[1].emitWithAck("me", "7")
        fixture.io.to(user: "7").emit("user")
        fixture.io.except(user: "7").emit("not user")
        fixture.io.to("\0u7").emit("room")
        fixture.io.to(["\0\0u7"]).except("\0u7").emit("odd room")
        fixture.io.everyone.except(user: "8").to(user: "8").emit("nobody")
        #expect(await fixture.io.to(user: "7").count() == 2)
        _ = try await fixture.clients[0].emitWithAck("others", "7")
        #expect(
            try await fixture.events() == [
                ["user()", "room()"],
                ["user()", "other()"],
                ["not user()", "odd room()"],
            ]
        )
        _ = try await fixture.clients[1].emitWithAck("not me", "7")
        #expect(await fixture.io.to(user: "7").count() == 1)
    }

    // MARK: Acknowledgements

    @Test(arguments: Deployment.allCases)
    func theAnswersOfAllComeBack(deployment: Deployment) async throws {
        let fixture = try await Fixture(deployment)
        let answers = try await fixture.io.emitWithAck("ask", ByteBuffer(bytes: [9]), as: ByteBuffer.self)
        #expect(answers.socketCount == 3)
        #expect(answers.missingNodes == 0)
        for client in fixture.clients {
            let question = try await client.next("ask")
            #expect(try question.decode() == ByteBuffer(bytes: [9]))
            try await client.acknowledge(question, with: ByteBuffer(bytes: [1, 2]))
        }
        let (replies, failures) = await answers.collected()
        #expect(replies == Dictionary(uniqueKeysWithValues: fixture.ids.map { ($0, ByteBuffer(bytes: [1, 2])) }))
        #expect(failures.isEmpty)
        #expect(fixture.nodes.allSatisfy { $0.questionCount == 0 })
    }

    @Test(arguments: Deployment.allCases)
    func whoVanishesOrIsLateIsNamed(deployment: Deployment) async throws {
        let fixture = try await Fixture(deployment)
        let answers = try await fixture.io.emitWithAck("ask", timeout: .seconds(5), as: SocketArguments.self)
        try await fixture.clients[0].acknowledge(fixture.clients[0].next("ask"), with: 1, "b")
        _ = try await fixture.clients[1].next("ask")
        try await fixture.clients[1].drop()
        _ = try await fixture.clients[2].next("ask")
        await fixture.clients[2].advanceTime(by: .seconds(5))
        let (replies, failures) = await answers.collected()
        #expect(replies.mapValues(\.description) == [fixture.ids[0]: #"1,"b""#])
        #expect(failures == [fixture.ids[1]: .disconnected, fixture.ids[2]: .timedOut])
        #expect(fixture.nodes.allSatisfy { $0.questionCount == 0 })
    }

    @Test(arguments: Deployment.allCases)
    func onlyTheTargetIsAsked(deployment: Deployment) async throws {
        let fixture = try await Fixture(deployment)
        let answers = try await fixture.io.to("b").except("c").emitWithAck("ask", as: Int.self)
        #expect(answers.socketCount == 1)
        try await fixture.clients[1].acknowledge(fixture.clients[1].next("ask"), with: "text")
        #expect(await answers.collected().failures[fixture.ids[1]]?.isUndecodable == true)
        #expect(try await fixture.io.to("nobody").emitWithAck("ask", as: Int.self).collected().failures.isEmpty)
        #expect(try await fixture.events() == [[], ["ask()"], []])
    }
}
