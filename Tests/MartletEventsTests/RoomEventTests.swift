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

struct RoomEventTests {
    private let io = SocketIOServer()
    private let seen = NIOLockedValueBox<[RoomEvent]>([])

    private func observe() {
        self.io.onRoomEvent { event in self.seen.withLockedValue { $0.append(event) } }
    }

    /// What was seen since the last time.
    private func takeEvents() -> [RoomEvent] {
        self.seen.withLockedValue { events in
            defer { events = [] }
            return events
        }
    }

    private func client(on loop: NIOAsyncTestingEventLoop) async throws -> (TestClient, Socket) {
        let client = try await self.io.testConnection(on: loop)
        let id = try await client.join()
        return (client, try #require(await self.io.sockets(in: id).first))
    }

    @Test func aRoomBeginsAndEndsOnTheWholeServer() async throws {
        self.observe()
        let loops = [NIOAsyncTestingEventLoop(), NIOAsyncTestingEventLoop()]
        let (first, one) = try await self.client(on: loops[0])
        let (second, two) = try await self.client(on: loops[1])
        one.join("a")
        one.join("a")
        await first.run()
        #expect(self.takeEvents() == [.created(room: "a"), .joined(room: "a", socketID: one.id)])
        two.join("a")
        await second.run()
        #expect(self.takeEvents() == [.joined(room: "a", socketID: two.id)])
        one.leave("a")
        one.leave("a")
        await first.run()
        #expect(self.takeEvents() == [.left(room: "a", socketID: one.id)])
        try await second.drop()
        #expect(self.takeEvents() == [.left(room: "a", socketID: two.id), .deleted(room: "a")])
    }

    @Test func operationsOnManySocketsAreSeen() async throws {
        self.observe()
        let loop = NIOAsyncTestingEventLoop()
        let (first, one) = try await self.client(on: loop)
        let (_, two) = try await self.client(on: loop)
        self.io.socketsJoin("a", "\0odd")
        await first.run()
        let joined = self.takeEvents()
        #expect(joined.filter { $0 == .created(room: "a") || $0 == .created(room: "\0odd") }.count == 2)
        #expect(joined.count == 6)
        self.io.disconnectSockets()
        await first.run()
        let left = self.takeEvents()
        #expect(left.count == 6)
        #expect(left.contains(.left(room: "a", socketID: one.id)))
        #expect(left.contains(.left(room: "\0odd", socketID: two.id)))
        #expect(left.contains(.deleted(room: "a")))
    }

    @Test func roomsOfIDsAndUsersAreNotReported() async throws {
        self.observe()
        let (client, socket) = try await self.client(on: NIOAsyncTestingEventLoop())
        socket.join(socket.id)
        socket.join(user: "7")
        socket.leave(user: "7")
        socket.join(user: "8")
        try await client.drop()
        #expect(self.takeEvents() == [])
    }

    @Test func roomsThatWereThereBeforeEndOnce() async throws {
        let (client, socket) = try await self.client(on: NIOAsyncTestingEventLoop())
        socket.join("a")
        await client.run()
        self.observe()
        self.observe()
        let (other, second) = try await self.client(on: NIOAsyncTestingEventLoop())
        second.join("a")
        await other.run()
        #expect(self.takeEvents() == Array(repeating: .joined(room: "a", socketID: second.id), count: 2))
        try await other.drop()
        try await client.drop()
        let expected: [RoomEvent] = [
            .left(room: "a", socketID: second.id), .left(room: "a", socketID: socket.id), .deleted(room: "a"),
        ]
        #expect(self.takeEvents() == expected.flatMap { [$0, $0] })
    }

    @Test func aHandlerMayChangeRooms() async throws {
        let io = self.io
        let seen = self.seen
        let (client, socket) = try await self.client(on: NIOAsyncTestingEventLoop())
        io.onRoomEvent { event in
            seen.withLockedValue { $0.append(event) }
            if event == .created(room: "a") { socket.join("b") }
        }
        socket.join("a")
        await client.run()
        #expect(
            self.takeEvents() == [
                .created(room: "a"), .joined(room: "a", socketID: socket.id), .created(room: "b"),
                .joined(room: "b", socketID: socket.id),
            ])
    }

    /// On two event loops at once, a room is created and deleted in turn.
    @Test func creationAndDeletionAlternate() async throws {
        self.observe()
        let (first, one) = try await self.client(on: NIOAsyncTestingEventLoop())
        let (second, two) = try await self.client(on: NIOAsyncTestingEventLoop())
        await withTaskGroup(of: Void.self) { group in
            for socket in [one, two] {
                group.addTask {
                    for _ in 0..<500 {
                        socket.join("a")
                        socket.leave("a")
                    }
                }
            }
        }
        await first.run()
        await second.run()
        try await eventually {
            self.seen.withLockedValue { events in
                let isLeft = events.filter { if case .left = $0 { true } else { false } }
                return isLeft.count == 1000 && events.last == .deleted(room: "a")
            }
        }
        var members: Set<String> = []
        var exists = false
        for event in self.takeEvents() {
            switch event {
            case .created:
                #expect(!exists)
                exists = true
            case .deleted:
                #expect(exists && members.isEmpty)
                exists = false
            case .joined(_, let id): #expect(exists && members.insert(id).inserted)
            case .left(_, let id): #expect(members.remove(id) != nil)
            }
        }
        #expect(!exists)
    }
}
