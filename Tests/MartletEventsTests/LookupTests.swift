// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEvents
import MartletTestSupport
import MartletTesting
import Testing

/// Sockets by their ids, the rooms of a namespace, and handlers of what concerns all sockets of a namespace.
struct LookupTests {
    @Test func aSocketIsFoundByItsID() async throws {
        let io = SocketIOServer()
        let other = io.of("/other")
        let client = try await io.testClient()
        let id = try await client.join("/other")
        #expect(await other.socket(id: id)?.id == id)
        #expect(await io.socket(id: id) == nil)
        try await client.leave("/other")
        #expect(await other.socket(id: id) == nil)
    }

    @Test func theRoomsOfANamespace() async throws {
        let io = SocketIOServer()
        io.onConnection { $0.join("a", "b") }
        io.of("/other").onConnection { $0.join("c") }
        let clients = [try await io.testClient(), try await io.testClient()]
        try await clients[0].join("/other")
        #expect(await io.rooms() == ["a", "b"])
        #expect(await io.of("/other").rooms() == ["c"])
        #expect(await io.of("/third").rooms().isEmpty)
    }

    @Test func handlersOfAllSocketsOfANamespace() async throws {
        let io = SocketIOServer()
        let notes = Notes()
        io.onAny { socket, event, arguments in notes.add("any \(event) \(arguments)") }
        io.onDisconnect { socket, reason in notes.add("left \(reason) \(socket.isConnected)") }
        io.onDisconnect { _, reason async in notes.add("async \(reason)") }
        io.on("known") { (_: Socket, _: Int) in notes.add("handled") }
        io.onConnection { socket in
            socket.onAny { event, _ in notes.add("own any \(event)") }
            socket.onDisconnect { _ in notes.add("own left") }
        }
        let client = try await io.testClient()
        try await client.emit("known", 1)
        try await client.emit("unknown")
        try await client.leave()
        try await client.wait { notes.all.count == 8 }
        #expect(
            notes.all == [
                "any known 1", "own any known", "handled", "any unknown ", "own any unknown",
                "left client namespace disconnect false", "async client namespace disconnect", "own left",
            ])
    }

    private enum ScoreKey: SocketDataKey { typealias Value = Int }
    private enum NameKey: SocketDataKey {
        typealias Value = String
        static let name = "name"
    }

    @Test func valuesHaveTheTypeOfTheirKey() async throws {
        let io = SocketIOServer()
        let client = try await io.testClient()
        let socket = try #require(await io.sockets().first)
        #expect(socket.data[ScoreKey.self] == nil)
        socket.data[NameKey.self] = "anna"
        #expect(socket.data["name", as: String.self] == "anna")
        #expect(ScoreKey.name == "MartletEventsTests.LookupTests.ScoreKey")
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<100 {
                group.addTask { socket.data.update(ScoreKey.self) { $0 = ($0 ?? 0) + 1 } }
            }
        }
        #expect(socket.data[ScoreKey.self] == 100)
        struct No: Error {}
        #expect(throws: No.self) {
            try socket.data.update(ScoreKey.self) { score throws(No) in
                score = 0
                throw No()
            }
        }
        #expect(socket.data[ScoreKey.self] == 100)
        #expect(socket.data.update(ScoreKey.self) { $0.take() } == 100)
        #expect(socket.data[ScoreKey.self] == nil)
        try await client.drop()
    }
}
