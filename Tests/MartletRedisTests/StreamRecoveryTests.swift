// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEvents
import MartletTestSupport
import MartletTesting
import NIOCore
import Testing

@testable import MartletRedis

/// Recovery on a stream of a redis-server. The numbers are those of issues of Socket.IO's adapter for Redis streams.
struct StreamRecoveryTests {
    @Test func aClientComesBackToAnotherServer() async throws {
        let redis = try await RedisServer()
        let (a, b) = (try await StreamServer(redis), try await StreamServer(redis))
        let client = try await a.io.testClient()
        b.io.emit("seen", 1)
        _ = try await client.next("seen")
        let claim = try StreamClaim(client)
        try await client.drop()
        b.io.to("room").emit("missed", 2, ByteBuffer(bytes: [7]))
        try await b.settle()
        a.io.to(try client.id()).emit("mine", 3)
        a.io.to("elsewhere").emit("others", 4)
        a.io.except("room").emit("others", 5)
        a.io.of("/other").emit("others", 6)
        try await a.settle()
        let again = try await b.io.testClient(auth: claim)
        #expect(again.plainEvents == [#"missed(2,{"_placeholder":true,"num":0})"#, "mine(3)"])
        #expect(try again.id() == client.id())
        #expect(again.received.last?.recoveryID == claim.pid)
        #expect(try await again.emitWithAck("state").description == #""[\"room\"] Ada""#)
        #expect(a.notes.all == ["middleware false", "connection false", "disconnect transport close"])
        #expect(b.notes.all == ["connection true"])
        a.io.to("room").emit("live")
        _ = try await again.next("live")
        #expect(again.plainEvents.last == "live()")
        // 39 and 40: once more, with the same events behind it.
        let second = try StreamClaim(again)
        try await again.drop()
        b.io.emit("last")
        try await b.settle()
        let third = try await a.io.testClient(auth: second)
        #expect(third.plainEvents == ["last()"])
        #expect(try third.id() == client.id())
        let offsets = (client.offsets + again.offsets + third.offsets).compactMap { JournalOffset($0) }
        #expect(offsets.count == 5)
        #expect(zip(offsets, offsets.dropFirst()).allSatisfy { $0 < $1 })
        await a.end()
        await b.end()
    }

    /// 26: the client is back before its server knows that it was gone, and before anything has been written of it since.
    @Test func aClientIsFasterThanItsServer() async throws {
        let redis = try await RedisServer()
        let (a, b) = (try await StreamServer(redis), try await StreamServer(redis))
        try await eventually("the servers to know each other") { a.node.nodeCount == 1 && b.node.nodeCount == 1 }
        let client = try await a.io.testClient()
        for socket in await a.io.sockets() { socket.join("late") }
        let again = try await b.io.testClient(auth: try StreamClaim(client))
        #expect(try again.id() == client.id())
        #expect(try await again.emitWithAck("state").description == #""[\"late\", \"room\"] Ada""#)
        #expect(a.notes.all.last == "disconnect transport close")
        #expect(await a.io.sockets().isEmpty)
        await a.end()
        await b.end()
    }

    /// 26: the client has seen no event, so it has no offset.
    @Test func aClientThatHasSeenNoEventComesBack() async throws {
        let redis = try await RedisServer()
        let (a, b) = (try await StreamServer(redis), try await StreamServer(redis))
        a.io.emit("before")
        try await a.settle()
        let observer = try await a.io.testClient()
        a.io.emit("mark")
        _ = try await observer.next("mark")
        let client = try await a.io.testClient()
        let claim = try StreamClaim(client)
        #expect(claim.offset == nil)
        try await client.drop()
        b.io.emit("missed", 1)
        try await b.settle()
        let again = try await b.io.testClient(auth: claim)
        #expect(again.plainEvents == ["missed(1)"])
        await a.end()
        await b.end()
    }

    @Test func aServerThatIsGoneNeedNotAnswer() async throws {
        let redis = try await RedisServer()
        let (a, b) = (try await StreamServer(redis), try await StreamServer(redis))
        try await eventually("the servers to know each other") { b.node.nodeCount == 1 }
        let client = try await a.io.testClient()
        a.io.emit("seen")
        _ = try await client.next("seen")
        try await a.settle()
        // Nothing tells that it is gone, as when its process is killed.
        await a.bus.close()
        b.io.emit("missed")
        try await b.settle()
        let again = try await b.io.testClient(auth: try StreamClaim(client))
        #expect(again.plainEvents == ["missed()"])
        #expect(try again.id() == client.id())
        await b.end()
    }

    @Test func allServersMayBeReplaced() async throws {
        let redis = try await RedisServer()
        let first = try await StreamServer(redis)
        let client = try await first.io.testClient()
        first.io.emit("seen")
        _ = try await client.next("seen")
        let claim = try StreamClaim(client)
        first.io.emit("missed")
        await first.end()
        let second = try await StreamServer(redis)
        let again = try await second.io.testClient(auth: claim)
        #expect(again.plainEvents == ["missed()"])
        #expect(try await again.emitWithAck("state").description == #""[\"room\"] Ada""#)
        await second.end()
    }

    /// Of two who ask for one state, on two servers, one has it in the end.
    @Test func aStateIsGivenBackOnce() async throws {
        let redis = try await RedisServer()
        let (a, b) = (try await StreamServer(redis), try await StreamServer(redis))
        try await eventually("the servers to know each other") { a.node.nodeCount == 1 && b.node.nodeCount == 1 }
        let client = try await a.io.testClient()
        let claim = try StreamClaim(client)
        try await client.drop()
        async let first = a.io.testClient(auth: claim)
        async let second = b.io.testClient(auth: claim)
        let clients = (try await first, try await second)
        let id = try client.id()
        let sockets = await a.io.sockets() + b.io.sockets()
        #expect(sockets.filter { $0.id == id }.count == 1)
        withExtendedLifetime(clients) {}
        await a.end()
        await b.end()
    }

    @Test func aClientThatHasLeftDoesNotComeBack() async throws {
        let redis = try await RedisServer()
        let server = try await StreamServer(redis)
        let client = try await server.io.testClient()
        let claim = try StreamClaim(client)
        try await client.leave()
        let again = try await server.io.testClient(auth: claim)
        #expect(try again.id() != client.id())
        #expect(try await server.bus.command("KEYS", "martlet:session:*\(claim.pid)").elements == [])
        await server.end()
    }

    @Test func whatIsDoneToThoseWhoAreAwayIsDone() async throws {
        let redis = try await RedisServer()
        let (a, b) = (try await StreamServer(redis), try await StreamServer(redis))
        let (moved, ended) = (try await a.io.testClient(), try await a.io.testClient())
        let claims = (try StreamClaim(moved), try StreamClaim(ended))
        try await moved.drop()
        try await ended.drop()
        b.io.to("later").emit("too early")
        b.io.to(try moved.id()).socketsJoin("later")
        b.io.to("later").emit("missed")
        b.io.socketsLeave("room")
        b.io.to("room").emit("others")
        b.io.to(try ended.id()).disconnectSockets()
        try await b.settle()
        let again = try await b.io.testClient(auth: claims.0)
        #expect(again.plainEvents == ["missed()"])
        #expect(try await again.emitWithAck("state").description == #""[\"later\"] Ada""#)
        let other = try await b.io.testClient(auth: claims.1)
        #expect(try other.id() != ended.id())
        await a.end()
        await b.end()
    }

    @Test func theRecordLivesAsLongAsTheClientMayBeAway() async throws {
        let redis = try await RedisServer()
        let server = try await StreamServer(redis, recovery: { $0.maxDisconnectionDuration = .seconds(30) })
        let client = try await server.io.testClient()
        try await server.settle()
        let key = RedisCommand.Argument.string("martlet:session:/:\(try StreamClaim(client).pid)")
        _ = try await server.bus.command("PEXPIRE", key, "1000")
        await client.advanceTime(by: .seconds(10))
        try await server.settle()
        let left = try #require(try await server.bus.command("PTTL", key).integer)
        #expect(20_000...30_000 ~= left)
        await server.end()
    }
}
