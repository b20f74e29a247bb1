// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEvents
import MartletTestSupport
import MartletTesting
import NIOCore
import Testing

@testable import MartletRedis

/// What is sent through a stream arrives everywhere in one order, once. That a stream's name may end in a negative number,
/// and then is read by nobody, cannot happen here: there is one stream, with the name that the application gives it.
struct StreamOrderTests {
    @Test func allClientsSeeOneOrder() async throws {
        let redis = try await RedisServer()
        let servers = [try await StreamServer(redis), try await StreamServer(redis)]
        let clients = [try await servers[0].io.testClient(), try await servers[1].io.testClient()]
        await withTaskGroup(of: Void.self) { group in
            for server in servers {
                group.addTask { for number in 0..<300 { server.io.emit("n", number) } }
            }
        }
        for server in servers { try await server.settle() }
        servers[0].io.emit("end")
        for client in clients { _ = try await client.next("end") }
        #expect(clients[0].plainEvents.count == 601)
        #expect(clients[0].plainEvents == clients[1].plainEvents)
        let offsets = clients[0].offsets.compactMap { JournalOffset($0) }
        #expect(offsets.count == 601)
        #expect(zip(offsets, offsets.dropFirst()).allSatisfy { $0 < $1 })
        #expect(clients[0].offsets == clients[1].offsets)
        for server in servers { await server.end() }
    }

    /// 13: what is sent before a disconnect arrives.
    @Test func anEventBeforeADisconnectArrives() async throws {
        let redis = try await RedisServer()
        let (a, b) = (try await StreamServer(redis), try await StreamServer(redis))
        let clients = [try await a.io.testClient(), try await b.io.testClient()]
        a.io.emit("bye")
        a.io.disconnectSockets()
        for client in clients {
            _ = try await client.next("bye")
            _ = try await client.next { $0.kind == .disconnected }
        }
        let last = try await a.io.testClient()
        for socket in await a.io.sockets() {
            socket.emit("bye")
            socket.disconnect()
        }
        _ = try await last.next("bye")
        _ = try await last.next { $0.kind == .disconnected }
        await a.end()
        await b.end()
    }

    /// Node's reader says `$` until it has read something, and misses what comes between two calls.
    @Test func nothingIsMissedWhileConnectionsAreLost() async throws {
        let redis = try await RedisServer()
        let (a, b) = (try await StreamServer(redis), try await StreamServer(redis))
        let admin = try RedisCluster(redis)
        let clients = [try await a.io.testClient(), try await b.io.testClient()]
        for round in 0..<20 {
            _ = try await admin.command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
            for number in 0..<10 { a.io.emit("n", round * 10 + number) }
        }
        a.io.emit("end")
        for client in clients {
            _ = try await client.next("end")
            #expect(client.plainEvents == (0..<200).map { "n(\($0))" } + ["end()"])
        }
        await a.end()
        await b.end()
        await admin.close()
    }

    @Test func eventsWaitForRedis() async throws {
        let redis = try await RedisServer()
        let server = try await StreamServer(redis)
        let client = try await server.io.testClient()
        redis.kill()
        let stream = try #require(server.bus.stream)
        server.io.emit("waits", 1)
        server.io.volatile.emit("now")
        _ = try await client.next("now")
        #expect(client.plainEvents == ["now()"])
        try await eventually("the loss to be noticed") { !stream.isAvailable }
        try await redis.start()
        _ = try await client.next("waits")
        // Nobody waits for Redis to end a socket.
        redis.kill()
        server.io.emit("lost")
        try await eventually("the loss to be noticed") { !stream.isAvailable }
        for socket in await server.io.sockets() { socket.disconnect() }
        _ = try await client.next { $0.kind == .disconnected }
        await server.end()
    }

    @Test func whatIsTooMuchIsDroppedOldestFirst() async throws {
        let redis = try await RedisServer()
        let server = try await StreamServer(redis)
        let events = server.bus.events()
        let client = try await server.io.testClient()
        let stream = try #require(server.bus.stream)
        redis.kill()
        server.io.emit("first")
        try await eventually("the loss to be noticed") { !stream.isAvailable }
        let text = String(repeating: "x", count: 1 << 20)
        for number in 0..<40 { server.io.emit("n", number, text) }
        try await events.wait("a drop") { if case .dropped = $0 { true } else { false } }
        try await redis.start()
        let packet = try await client.next("n")
        #expect(try #require(packet.arguments[0]).decode(as: Int.self) > 10)
        try await eventually("the last one") {
            client.received.contains { $0.isEvent("n") && (try? $0.arguments[0]?.decode(as: Int.self)) == 39 }
        }
        await server.end()
    }

    @Test func whoWaitsForAnEntryMayGiveUp() async throws {
        let redis = try await RedisServer()
        let server = try await StreamServer(redis)
        let stream = try #require(server.bus.stream)
        let never = JournalOffset(milliseconds: .max, number: 0)
        let wait = Task { await stream.reach(never) }
        server.io.emit("x")
        try await server.settle()
        wait.cancel()
        await wait.value
        await Task {
            withUnsafeCurrentTask { $0?.cancel() }
            await stream.reach(never)
        }.value
        await server.end()
    }

    @Test func aGapIsToldOf() async throws {
        let redis = try await RedisServer()
        let server = try await StreamServer(redis)
        let events = server.bus.events()
        let admin = try RedisCluster(redis)
        let reader = try #require(
            try await admin.command("CLIENT", "LIST").string?.split(separator: "\n")
                .first { $0.contains("name=martlet-stream-reader") }?
                .split(separator: " ").first { $0.hasPrefix("id=") }?.dropFirst(3))
        _ = try await admin.client.send(
            [
                RedisCommand("MULTI"), RedisCommand("CLIENT", "KILL", "ID", .string(String(reader))),
                RedisCommand("XADD", "martlet", "*", "c", ""), RedisCommand("XADD", "martlet", "*", "c", ""),
                RedisCommand("XTRIM", "martlet", "MAXLEN", "1"), RedisCommand("EXEC"),
            ], waitingForConnection: TestTime.limit)
        try await events.wait("a gap") { if case .entriesMissed = $0 { true } else { false } }
        await server.end()
        await admin.close()
    }

    @Test func anEmitterWritesIntoTheStream() async throws {
        let redis = try await RedisServer()
        let server = try await StreamServer(redis)
        let client = try await server.io.testClient()
        let emitter = try await MartletEmitter(
            url: redis.url, configuration: .test { $0.recovery = RedisRecovery() },
            server: server.io.configuration)
        emitter.emit("one")
        try await emitter.flush()
        _ = try await client.next("one")
        let claim = try StreamClaim(client)
        #expect(claim.offset != nil)
        try await client.drop()
        emitter.to("room").emit("two")
        try await emitter.flush()
        let again = try await server.io.testClient(auth: claim)
        #expect(again.plainEvents == ["two()"])
        await emitter.close()
        await server.end()
    }

    /// A client that comes back while others send gets each event once.
    @Test func nothingIsMissedOrRepeatedWhileAClientComesBack() async throws {
        let redis = try await RedisServer()
        let servers = [
            try await StreamServer(redis, recovery: { $0.buffer = 4 << 20 }),
            try await StreamServer(redis, recovery: { $0.buffer = 4 << 20 }),
        ]
        var client = try await servers[0].io.testClient()
        let sender = Task { [io = servers[0].io] in
            for number in 0..<3000 {
                io.emit("n", number)
                if number.isMultiple(of: 10) { await suspendForAnotherThread() }
            }
        }
        _ = try await client.next("n")
        var events: [String] = []
        var offset: String?
        for round in 1...10 {
            try await client.drop()
            var claim = try StreamClaim(client)
            // A client that was there for so short a time that no event came keeps the offset that it had.
            offset = claim.offset ?? offset
            claim.offset = offset
            events += client.plainEvents
            let id = try client.id()
            client = try await servers[round % 2].io.testClient(auth: claim)
            #expect(try client.id() == id)
        }
        await sender.value
        servers[0].io.emit("end")
        _ = try await client.next("end")
        events += client.plainEvents
        let numbers = events.dropLast().compactMap { Int($0.dropFirst(2).dropLast()) }
        let jumps = zip(numbers, numbers.dropFirst()).filter { $0 + 1 != $1 }
        #expect(jumps.map { "\($0.0) to \($0.1)" } == [])
        let isComplete = events == (0..<3000).map { "n(\($0))" } + ["end()"]
        #expect(isComplete, "\(events.count) events")
        for server in servers { await server.end() }
    }
}
