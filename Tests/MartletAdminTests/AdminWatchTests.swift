// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import MartletEngine
import MartletEvents
import MartletTestSupport
import NIOCore
import NIOEmbedded
import Testing

@testable import MartletAdmin
@testable import MartletTesting

/// Looking at one socket.
struct AdminWatchTests {
    private struct View: Decodable {
        struct Handshake: Decodable {
            let host: String?
            let origin: String?
            let userAgent: String?
            let isSecure: Bool
        }

        struct Step: Decodable, Equatable {
            let transport: String
            let at: Int?
        }

        let socket: SocketAnswer
        let handshake: Handshake
        let path: [Step]
        let events: [EventAnswer]
    }

    private func watch(_ id: String, _ admin: TestClient) async throws -> View {
        try await admin.ask("socket", AdminRequest(namespace: "/", id: id))
    }

    private func nextEvent(_ admin: TestClient) async throws -> (id: String, EventAnswer) {
        struct Reference: Decodable { let namespace: String, id: String }
        let arguments = try await admin.next("event").arguments
        let reference = try #require(arguments[0]).decode(as: Reference.self)
        return (reference.id, try #require(arguments[1]).decode(as: EventAnswer.self))
    }

    @Test func aSocketIsDescribedWithoutItsSecrets() async throws {
        let fixture = try AdminFixture()
        let admin = try await fixture.adminClient()
        let request = HandshakeRequest(
            head: HTTPRequest(
                method: .get, scheme: "http", authority: "example.org",
                path: "/socket.io/?EIO=4&transport=polling&key=hidden1",
                headerFields: [
                    .cookie: "a=hidden2", .authorization: "Bearer hidden3", .userAgent: "Browser",
                    .origin: "https://example.org",
                ]
            ),
            remoteAddress: try SocketAddress(ipAddress: "192.0.2.7", port: 9),
            isSecure: true
        )
        let client = try await TestClient.open(
            fixture.io, on: fixture.eventLoop, transport: .websocket, request: request)
        let id = try await client.join("/", auth: ["password": "hidden4"])
        try await client.emit("join", ["a", "b"])
        let answer = try await admin.emitWithAck(
            "socket", AdminRequest(namespace: "/", id: id), namespace: "/admin")
        let view: View = try #require(answer[0]).decode()
        #expect(view.socket.id == id)
        #expect(view.socket.address == "192.0.2.7")
        #expect(view.socket.rooms == ["a", "b"])
        #expect(view.handshake.host == "example.org")
        #expect(view.handshake.origin == "https://example.org")
        #expect(view.handshake.userAgent == "Browser")
        #expect(view.handshake.isSecure)
        // What has changed before somebody looked has no time.
        #expect(view.path.map(\.transport) == ["polling", "websocket"])
        #expect(view.path.map { $0.at != nil } == [true, false])
        #expect(!"\(answer)".contains("hidden"))
        let found: SocketsAnswer = try await admin.ask("sockets", AdminRequest(search: "192.0.2."))
        #expect(found.sockets.map(\.id) == [id])
    }

    @Test func eventsAreToldAsTheyHappen() async throws {
        let fixture = try AdminFixture()
        fixture.io.on("ping") { (socket: Socket) in socket.emit("answer", "secret") }
        let admin = try await fixture.adminClient()
        let (client, id) = try await fixture.client()
        #expect(try await self.watch(id, admin).events == [])
        try await client.emit("ping")
        fixture.io.emit("news", "secret")
        var heard: [String] = []
        for _ in 0..<3 {
            let (socket, event) = try await self.nextEvent(admin)
            #expect(socket == id)
            heard.append("\(event.direction) \(event.name)")
        }
        #expect(heard == ["in ping", "out answer", "out news"])
        // Who looks later, or again, is told what was heard meanwhile.
        let second = try await fixture.adminClient()
        for each in [admin, second] {
            #expect(try await self.watch(id, each).events.map(\.name) == ["ping", "answer", "news"])
        }
        #expect(fixture.admin.watches.count == 1)
        #expect(!admin.received.contains { "\($0.arguments)".contains("secret") })
    }

    @Test func nothingIsHeardOfSocketsThatNobodyWatches() async throws {
        let fixture = try AdminFixture()
        let (first, second) = (try await fixture.adminClient(), try await fixture.adminClient())
        let (client, id) = try await fixture.client()
        let (_, other) = try await fixture.client()
        _ = try await self.watch(id, first)
        _ = try await self.watch(id, second)
        _ = try await self.watch(other, first)
        #expect(fixture.admin.watches.count == 2)
        try await client.emit("a")
        #expect(try await self.nextEvent(second).id == id)
        try await second.leave("/admin")
        try await eventually("nobody to watch it") { fixture.admin.watches.count == 1 }
        _ = try await first.emitWithAck("unwatch", namespace: "/admin")
        #expect(fixture.admin.watches.count == 0)
        try await client.emit("b")
        fixture.io.emit("c")
        // The answer comes behind all that was sent before.
        let socket = try #require(await fixture.io.of("/").socket(id: id))
        let view = try await self.watch(id, first)
        #expect(view.events == [])
        #expect(socket.isConnected)
        #expect(!first.received.contains { $0.isEvent("event") })
    }

    @Test func theEndOfASocketIsTold() async throws {
        struct End: Decodable { let reason: String, at: Int }
        let fixture = try AdminFixture()
        let admin = try await fixture.adminClient()
        let (client, id) = try await fixture.client()
        _ = try await self.watch(id, admin)
        try await client.leave()
        let end = try #require(try await admin.next("gone").arguments[1]).decode(as: End.self)
        #expect(end.reason == "client namespace disconnect")
        try await eventually("it to be forgotten") { fixture.admin.watches.count == 0 }
    }

    @Test func adminsAreNotWatched() async throws {
        let fixture = try AdminFixture()
        let admin = try await fixture.adminClient()
        let sockets: SocketsAnswer = try await admin.ask("sockets", AdminRequest(namespace: "/admin"))
        let id = try #require(sockets.sockets.first?.id)
        let view: View = try await admin.ask("socket", AdminRequest(namespace: "/admin", id: id))
        #expect(view.socket.id == id && view.events == [])
        #expect(fixture.admin.watches.count == 0)
    }

    @Test func aSecondHasALimitedNumberOfEvents() {
        var budget = EventBudget()
        let inOneSecond = (0..<120).map { _ in budget.take(at: 5999) }
        #expect(inOneSecond == Array(repeating: 0, count: 50) + Array(repeating: nil, count: 70))
        #expect(budget.take(at: 6000) == 70)
        #expect(budget.take(at: 6000) == 0)
    }

    @Test func theLastEventsAreKept() async throws {
        let fixture = try AdminFixture()
        let (client, id) = try await fixture.client()
        _ = client
        let socket = try #require(await fixture.io.of("/").socket(id: id))
        let watched = WatchedSocket(socket)
        for number in 0..<150 { watched.heard("\(number)", .fromClient, at: number * 1000) }
        #expect(watched.account.events.map(\.name) == (50..<150).map(String.init))
    }
}
