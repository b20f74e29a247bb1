// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Martlet
import MartletTesting
import Testing

/// The samples of SocketsAndTasks.md, and what they say they do.
struct SocketsAndTasksSamples {
    private let io = SocketIOServer()

    struct Player: Codable, Sendable {
        var name: String
        var score = 0
    }
    enum PlayerKey: SocketDataKey { typealias Value = Player }

    @Test func stateHasAType() async throws {
        io.onConnection { socket in
            socket.data[PlayerKey.self] = Player(name: "ada")
        }
        io.on("hit") { (socket: Socket) -> Int in
            socket.data.update(PlayerKey.self) { player in
                player?.score += 1
                return player?.score ?? 0
            }
        }
        let client = try await io.testClient()
        for score in 1...2 { #expect(try await client.emitWithAck("hit")[0]?.decode(as: Int.self) == score) }
    }

    private struct News: Sendable {
        let wire = AsyncStream.makeStream(of: String.self)

        func articles(on topic: String) -> AsyncStream<String> { self.wire.stream }
    }

    @Test func tasksEndWithTheirSocket() async throws {
        let news = News()
        let ends = AsyncStream.makeStream(of: Void.self)
        news.wire.continuation.onTermination = { _ in ends.continuation.finish() }
        io.on("follow") { (socket: Socket, topic: String) async throws in
            for try await article in news.articles(on: topic) {
                socket.emit("article", article)
            }
        }
        let client = try await io.testClient()
        try await client.emit("follow", "birds")
        news.wire.continuation.yield("martlets")
        _ = try await client.next("article")
        try await client.drop()
        for await _ in ends.stream {}
    }

    @Test func handlersHaveTheirTime() async throws {
        var configuration = SocketIOConfiguration()
        configuration.maxConcurrentHandlers = 4  // of one socket; events still begin in their order
        configuration.handlerTimeout = .seconds(10)
        let io = SocketIOServer(configuration: configuration)
        io.on("slow") { (_: Socket) async in }
        #expect(try await io.testClient().emitWithAck("slow").isEmpty)
    }

    @Test func aClientIsAway() async throws {
        io.onConnection { socket in
            socket.onReachabilityChange { isReachable in
                socket.broadcast.emit(isReachable ? "resumed" : "paused", socket.id)
            }
        }
        _ = try await io.testClient()
        #expect(await io.sockets().first?.isReachable == true)
    }

    @Test func onlyTheLastCounts() async throws {
        io.onConnection { $0.join("traders") }
        let client = try await io.testClient()
        let socket = try #require(await io.sockets().first)
        io.to("traders").latest(of: "price/ACME").emit("price", "ACME", 101.5)
        socket.latest(of: "cursor/ada").emit("cursor", 10, 20)
        _ = try await client.next("price")
        _ = try await client.next("cursor")
    }

    @Test func thingsAreLookedUp() async throws {
        io.onAny { socket, event, _ in print("\(socket.id) sent \(event)") }
        io.onDisconnect { socket, reason in print("\(socket.id) left: \(reason)") }
        io.onConnection { $0.join("lobby") }
        _ = try await io.testClient()
        let id = try #require(await io.sockets().first).id
        let socket = await io.socket(id: id)  // on this server
        let rooms = await io.rooms()
        #expect(socket?.id == id)
        #expect(rooms == ["lobby"])
    }
}
