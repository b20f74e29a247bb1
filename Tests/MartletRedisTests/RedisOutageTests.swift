// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEvents
import MartletTestSupport
import MartletTesting
import NIOCore
import Testing

@testable import MartletRedis

/// What happens when a redis-server goes away, and comes again.
struct RedisOutageTests {
    @Test func subscriptionsAndMessagesOutliveAnOutage() async throws {
        let redis = try await RedisServer()
        let (bus, other) = (try RedisCluster(redis), try RedisCluster(redis))
        let events = other.events()
        let (texts, subscription) = other.texts(of: "a")
        try await other.settle()
        bus.publish("before", to: "a")
        _ = try await texts.wait(for: 1)
        redis.kill()
        try await events.wait("the loss") { $0.error != nil }
        let (later, laterSubscription) = other.texts(of: "b")
        try await redis.start()
        try await other.settle()
        bus.publish("after", to: "a")
        bus.publish("after", to: "b")
        #expect(try await texts.wait(for: 2) == ["before", "after"])
        #expect(try await later.wait(for: 1) == ["after"])
        subscription.cancel()
        laterSubscription.cancel()
    }

    @Test func whatIsPublishedMeanwhileIsSentLater() async throws {
        let redis = try await RedisServer()
        let bus = try RedisCluster(redis) { $0.queueLimit = 1000 }
        try await bus.settle()
        let events = bus.events()
        redis.kill()
        try await events.wait("the loss") { $0.error != nil }
        let (texts, subscription) = bus.texts(of: "c")
        for number in 100..<200 { bus.publish(String(repeating: "\(number)", count: 33), to: "c") }
        try await events.wait("drops") { if case .dropped = $0 { true } else { false } }
        try await redis.start()
        // A hundred bytes each: the newest ten are kept.
        #expect(try await texts.wait(for: 10).map { $0.prefix(3) } == (190..<200).map { "\($0)" })
        let dropped = events.all.reduce(into: (messages: 0, bytes: 0)) { sum, event in
            guard case .dropped(let messages, let bytes) = event else { return }
            sum.messages += messages
            sum.bytes += bytes
        }
        #expect(dropped.messages == 90 && dropped.bytes == 9000)
        await #expect(throws: RedisError.self) { try await bus.client.flush(timeout: .seconds(20)) }
        try await bus.client.flush(timeout: .seconds(20))
        subscription.cancel()
    }

    @Test func ownClientsAreServedMeanwhile() async throws {
        let redis = try await RedisServer()
        let (io, other) = (SocketIOServer(), SocketIOServer())
        let (bus, otherBus) = (try RedisCluster(redis), try RedisCluster(redis))
        let nodes = [(io, bus), (other, otherBus)].map { $0.cluster($1, clock: ContinuousClock()) }
        let (client, remote) = (try await io.testClient(), try await other.testClient())
        try await bus.settle()
        try await otherBus.settle()
        try await eventually("the servers to know each other") { nodes.allSatisfy { $0.nodeCount == 1 } }
        io.emit("before")
        _ = try await client.next("before")
        _ = try await remote.next("before")
        let (events, otherEvents) = (bus.events(), otherBus.events())
        redis.kill()
        try await events.wait("the loss") { $0.error != nil }
        io.emit("meanwhile")
        _ = try await client.next("meanwhile")
        try await redis.start()
        try await otherEvents.wait("the way back", until: \.isConnected)
        try await bus.settle()
        try await otherBus.settle()
        try await eventually("the servers to know each other") { nodes.allSatisfy { $0.nodeCount == 1 } }
        io.emit("after")
        _ = try await client.next("after")
        _ = try await remote.next("after")
        for server in [io, other] { await server.shutDown() }
    }

    @Test func killedConnectionsComeBack() async throws {
        let redis = try await RedisServer()
        let (bus, admin) = (try RedisCluster(redis), try RedisCluster(redis))
        let events = bus.events()
        let (texts, subscription) = bus.texts(of: "a")
        try await bus.settle()
        for round in 1...5 {
            #expect(try await admin.command("CLIENT", "KILL", "TYPE", "pubsub") == .integer(1))
            try await eventually("a loss") { events.all.filter { $0.error != nil }.count == round }
            try await bus.settle()
            admin.publish("\(round)", to: "a")
            #expect(try await texts.wait(for: round).last == "\(round)")
        }
        subscription.cancel()
    }

    @Test func silenceIsNoticed() async throws {
        let redis = try await RedisServer()
        let bus = try RedisCluster(redis) { $0.keepAlive = .milliseconds(500) }
        let events = bus.events()
        try await bus.settle()
        redis.pause()
        defer { redis.goOn() }
        let answer = Task { try await bus.client.send(RedisCommand("GET", "a")) }
        try await events.wait("a silence") { $0.error?.code == .timedOut }
        let error = await #expect(throws: RedisError.self) { try await answer.value }
        #expect(error?.code == .timedOut)
        redis.goOn()
        try await bus.settle()
    }

    /// Asked each time that nothing has come for a while, Redis answers.
    @Test func anIdleConnectionStays() async throws {
        let fake = try await FakeRedis { command, _ in .text(command[0] == "HELLO" ? FakeRedis.hello : "+PONG\r\n") }
        let bus = try RedisCluster(
            url: fake.url, configuration: .test { $0.keepAlive = .seconds(1) * TestTime.factor })
        let events = bus.events()
        try await eventually("pings") { fake.commands.all.filter { $0 == ["PING"] }.count >= 2 }
        #expect(events.all.allSatisfy { $0.error == nil })
        _ = try await bus.client.send(RedisCommand("PING"))
    }

    @Test func aCommandMayKeepRedisWaiting() async throws {
        let redis = try await RedisServer()
        let client = try RedisClient(url: redis.url, configuration: .test { $0.keepAlive = .milliseconds(50) })
        let answer = try await client.send(RedisCommand("BLPOP", "list", "0.5"), patience: .seconds(20))
        #expect(answer == .null)
        // Blocked for longer than it was to be.
        let error = await #expect(throws: RedisError.self) { try await client.send(RedisCommand("BLPOP", "list", "0")) }
        #expect(error?.code == .timedOut)
    }

    @Test func commandsFailAtOnceWhenRedisIsAway() async throws {
        let redis = try await RedisServer()
        let bus = try RedisCluster(redis)
        let events = bus.events()
        try await bus.settle()
        let blocked = Task { try await bus.client.send(RedisCommand("BLPOP", "list", "0"), patience: .seconds(100)) }
        try await eventually("the command to be there") {
            try await RedisCluster(redis).command("INFO", "clients").string?.contains("blocked_clients:1") == true
        }
        redis.kill()
        let lost = await #expect(throws: RedisError.self) { try await blocked.value }
        #expect(lost?.code == .connectionLost)
        try await events.wait("a failed attempt") { $0.error?.code == .notConnected }
        let refused = await #expect(throws: RedisError.self) { try await bus.client.send(RedisCommand("PING")) }
        #expect(refused?.code == .notConnected)
        let late = await #expect(throws: RedisError.self) {
            try await bus.client.send(RedisCommand("PING"), waitingForConnection: .milliseconds(20))
        }
        #expect(late?.code == .timedOut)
    }

    @Test func aCancelledCommandEnds() async throws {
        let redis = try await RedisServer()
        let client = try RedisClient(url: redis.url, configuration: .test())
        let task = Task { try await client.send(RedisCommand("BLPOP", "list", "0"), patience: .seconds(100)) }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }
}
