// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEvents
import MartletTestSupport
import MartletTesting
import NIOEmbedded
import Testing

@testable import MartletAdmin

/// Lists, of which a part is told at a time.
struct AdminListTests {
    @Test func namespacesAreCounted() async throws {
        struct Answer: Decodable, Equatable {
            struct Entry: Decodable, Equatable {
                let name: String
                let sockets: Int
                let rooms: Int
                let isRoomsExact: Bool
            }

            let namespaces: [Entry]
            let total: Int
        }
        let fixture = try AdminFixture()
        let admin = try await fixture.adminClient()
        _ = try await fixture.client(rooms: ["a", "b"])
        _ = try await fixture.client(rooms: ["b"])
        let all: Answer = try await admin.ask("namespaces")
        #expect(all.total == 3)
        #expect(
            all.namespaces == [
                .init(name: "/", sockets: 2, rooms: 2, isRoomsExact: true),
                .init(name: "/admin", sockets: 1, rooms: 0, isRoomsExact: true),
                .init(name: "/news", sockets: 0, rooms: 0, isRoomsExact: true),
            ]
        )
        let some: Answer = try await admin.ask("namespaces", AdminRequest(search: "NEW", limit: 1))
        #expect(some.namespaces.map(\.name) == ["/news"])
        #expect(some.total == 1)
    }

    @Test func roomsComeInTheOrderOfTheirNames() async throws {
        let fixture = try AdminFixture()
        let admin = try await fixture.adminClient()
        let hostile = "<img src=x onerror=alert(1)>"
        let (first, _) = try await fixture.client(rooms: ["room 2", "room 1", hostile])
        _ = try await fixture.client(rooms: ["room 1", "\0u17"])
        let request = AdminRequest(namespace: "/")
        let rooms: RoomsAnswer = try await admin.ask("rooms", request)
        #expect(rooms.rooms.map(\.name) == ["\0u17", hostile, "room 1", "room 2"])
        #expect(rooms.rooms.map(\.sockets) == [1, 1, 2, 1])
        #expect(rooms.total == 4 && rooms.isTotalExact)
        let page: RoomsAnswer = try await admin.ask(
            "rooms", AdminRequest(namespace: "/", search: "ROOM", offset: 1, limit: 1))
        #expect(page == RoomsAnswer(rooms: [.init(name: "room 2", sockets: 1)], total: 2, isTotalExact: true))
        try await first.drop()
        let rest: RoomsAnswer = try await admin.ask("rooms", request)
        #expect(rest.rooms.map(\.name) == ["\0u17", "room 1"])
    }

    @Test func roomsOfUsersAreNotListed() async throws {
        let fixture = try AdminFixture()
        fixture.io.onConnection { $0.join(user: "17") }
        _ = try await fixture.client(rooms: ["a"])
        let rooms: RoomsAnswer = try await fixture.adminClient().ask("rooms", AdminRequest(namespace: "/"))
        #expect(rooms.rooms.map(\.name) == ["a"])
    }

    @Test func partsOfRoomsHaveALimit() async throws {
        let fixture = try AdminFixture()
        let admin = try await fixture.adminClient()
        let names = (0..<1000).map { "room \($0 + 1000)" }
        _ = try await fixture.client(rooms: names.shuffled())
        let rooms: RoomsAnswer = try await admin.ask(
            "rooms", AdminRequest(namespace: "/", offset: 100, limit: 5000))
        #expect(rooms.rooms.map(\.name) == Array(names[100..<300]))
        #expect(rooms.total == 1000)
        let far = AdminRequest(namespace: "/", offset: 10_001)
        #expect(try await admin.refusal("rooms", far) == "Search for rooms beyond the first 10000")
        let below: RoomsAnswer = try await admin.ask("rooms", AdminRequest(namespace: "/", offset: -1, limit: -1))
        #expect(below.rooms.map(\.name) == ["room 1000"])
        // A socket's rooms have limits, too.
        let sockets: SocketsAnswer = try await admin.ask("sockets", AdminRequest(namespace: "/"))
        #expect(sockets.sockets.map(\.rooms.count) == [20])
        #expect(sockets.sockets.map(\.roomCount) == [1000])
    }

    @Test func aRoomOnTwoEventLoopsIsOneRoom() async throws {
        let fixture = try AdminFixture()
        let admin = try await fixture.adminClient()
        _ = try await fixture.client(rooms: ["a", "b"])
        let otherLoop = NIOAsyncTestingEventLoop()
        let other = try await fixture.io.testClient(on: otherLoop)
        try await other.emit("join", ["b", "c"])
        let running = Task { while !Task.isCancelled { await otherLoop.run() } }
        let rooms: RoomsAnswer = try await admin.ask("rooms", AdminRequest(namespace: "/"))
        let sockets: SocketsAnswer = try await admin.ask("sockets", AdminRequest(namespace: "/", room: "b"))
        running.cancel()
        await running.value
        #expect(rooms.rooms.map(\.name) == ["a", "b", "c"])
        #expect(rooms.rooms.map(\.sockets) == [1, 2, 1])
        #expect(rooms.total == 3 && rooms.isTotalExact)
        #expect(sockets.total == 2 && sockets.sockets.count == 2)
    }

    @Test func longNamesAreCut() async throws {
        let fixture = try AdminFixture()
        _ = try await fixture.client(rooms: [String(repeating: "x", count: 5000)])
        let rooms: RoomsAnswer = try await fixture.adminClient().ask("rooms", AdminRequest(namespace: "/"))
        #expect(rooms.rooms.map(\.name) == [String(repeating: "x", count: 256) + "…"])
    }

    @Test func socketsAreListedByParts() async throws {
        let fixture = try AdminFixture()
        let admin = try await fixture.adminClient()
        var ids: Set<String> = []
        for number in 0..<5 { ids.insert(try await fixture.client(rooms: number < 2 ? ["a"] : []).id) }
        let (_, news) = try await fixture.client("/news")
        var listed: [String] = []
        for offset in [0, 2, 4, 6] {
            let part: SocketsAnswer = try await admin.ask(
                "sockets", AdminRequest(namespace: "/", offset: offset, limit: 2))
            #expect(part.total == 5)
            listed += part.sockets.map(\.id)
        }
        #expect(listed.count == 5 && Set(listed) == ids)
        let everywhere: SocketsAnswer = try await admin.ask("sockets", AdminRequest(offset: 6, limit: 9))
        #expect(everywhere.total == 7)
        #expect(everywhere.sockets.map(\.id) == [news])
        #expect(everywhere.sockets.map(\.namespace) == ["/news"])
        let room: SocketsAnswer = try await admin.ask("sockets", AdminRequest(namespace: "/", room: "a"))
        #expect(room.total == 2 && room.sockets.allSatisfy { $0.rooms == ["a"] && $0.transport == "websocket" })
        let nobody: SocketsAnswer = try await admin.ask("sockets", AdminRequest(namespace: "/", room: "b"))
        #expect(nobody == SocketsAnswer(sockets: [], total: 0))
    }

    @Test func socketsAreFoundByAPartOfTheirIDs() async throws {
        let fixture = try AdminFixture()
        let admin = try await fixture.adminClient()
        for _ in 0..<3 { _ = try await fixture.client() }
        let (_, id) = try await fixture.client()
        let found: SocketsAnswer = try await admin.ask(
            "sockets", AdminRequest(search: String(id.dropFirst(3).uppercased())))
        #expect(found.sockets.map(\.id) == [id] && found.total == 1)
        let none: SocketsAnswer = try await admin.ask("sockets", AdminRequest(search: "no such text"))
        #expect(none == SocketsAnswer(sockets: [], total: 0))
        // The search ends with the page: how many there are in all is not known then.
        let letter = AdminRequest(namespace: "/", search: "", limit: 2)
        #expect(try await admin.ask("sockets", letter, as: SocketsAnswer.self).total == 4)
    }

    @Test func aSearchFindsTextWhateverItsCase() throws {
        let search = try #require(TextSearch("Ab"))
        for text in ["ab", "xAB", "aab", "cab d"] { #expect(search.finds(in: text), "\(text)") }
        for text in ["", "a", "ba", "a b"] { #expect(!search.finds(in: text), "\(text)") }
        #expect(TextSearch("") == nil && TextSearch(nil) == nil)
    }
}
