// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEvents
import MartletTestSupport
import MartletTesting
import NIOCore
import Testing

@testable import MartletRedis

/// On a redis-server.
struct RedisClusterTests {
    @Test func messagesArriveInOrder() async throws {
        let redis = try await RedisServer()
        let (first, second) = (try RedisCluster(redis), try RedisCluster(redis))
        let (texts, subscription) = second.texts(of: "a")
        try await second.settle()
        for number in 0..<1000 { first.publish("\(number)", to: "a") }
        #expect(try await texts.wait(for: 1000) == (0..<1000).map(String.init))
        subscription.cancel()
    }

    @Test func aSubscriptionFollowedByAMessageHearsIt() async throws {
        let redis = try await RedisServer()
        let bus = try RedisCluster(redis)
        let (texts, subscription) = bus.texts(of: "a")
        bus.publish("own", to: "a")
        #expect(try await texts.wait(for: 1) == ["own"])
        subscription.cancel()
    }

    @Test func subscriptionsOfOneChannelShareOne() async throws {
        let redis = try await RedisServer()
        let (bus, other) = (try RedisCluster(redis), try RedisCluster(redis))
        let (first, firstSubscription) = bus.texts(of: "a")
        let (second, secondSubscription) = bus.texts(of: "a")
        try await bus.settle()
        other.publish("both", to: "a")
        #expect(try await first.wait(for: 1) == ["both"])
        #expect(try await second.wait(for: 1) == ["both"])
        firstSubscription.cancel()
        firstSubscription.cancel()
        try await bus.settle()
        #expect(try await other.command("PUBSUB", "NUMSUB", "a").elements?.last == .integer(1))
        other.publish("one", to: "a")
        #expect(try await second.wait(for: 2) == ["both", "one"])
        secondSubscription.cancel()
        try await bus.settle()
        #expect(try await other.command("PUBSUB", "NUMSUB", "a").elements?.last == .integer(0))
        #expect(first.all == ["both"])
    }

    @Test(arguments: [
        "a b", "a\r\n*1\r\n", "\0", "*", "[a-z]?\\", "/\u{1F426}", "e\u{301}", "\u{E9}",
        String(repeating: "x", count: 9000),
    ])
    func anyNameIsAChannel(_ name: String) async throws {
        let redis = try await RedisServer()
        let bus = try RedisCluster(redis)
        let (texts, subscription) = bus.texts(of: name)
        // Strings that are equal in Swift, and for Redis two names.
        let twin = name.unicodeScalars.elementsEqual("\u{E9}".unicodeScalars) ? "e\u{301}" : "other"
        let (others, otherSubscription) = bus.texts(of: twin)
        bus.publish("to \(name)", to: name)
        bus.publish("end", to: "other")
        #expect(try await texts.wait(for: 1) == ["to \(name)"])
        try await bus.settle()
        #expect(others.all == (twin == "other" ? ["end"] : []))
        subscription.cancel()
        otherSubscription.cancel()
    }

    @Test func thousandChannelsAreServed() async throws {
        let redis = try await RedisServer()
        let (bus, other) = (try RedisCluster(redis), try RedisCluster(redis))
        let texts = Inbox<String>()
        let subscriptions = (0..<1000).map { number in
            bus.subscribe(to: "channel \(number)") { texts.append("\(number) \(String(buffer: $0))") }
        }
        try await bus.settle()
        for number in 0..<1000 { other.publish("x", to: "channel \(number)") }
        #expect(try await texts.wait(for: 1000) == (0..<1000).map { "\($0) x" })
        for subscription in subscriptions { subscription.cancel() }
        try await bus.settle()
        #expect(try await other.command("PUBSUB", "CHANNELS").elements == [])
    }

    @Test func longMessagesArriveWhole() async throws {
        let redis = try await RedisServer()
        // One message may be longer than the queue.
        let (bus, other) = (try RedisCluster(redis) { $0.queueLimit = 1000 }, try RedisCluster(redis))
        let inbox = Inbox<ByteBuffer>()
        let subscription = other.subscribe(to: "a") { inbox.append($0) }
        try await other.settle()
        let message = ByteBuffer(bytes: (0..<10 << 20).map { UInt8(truncatingIfNeeded: $0 &* 7) })
        bus.publish(message, to: "a")
        try await bus.settle()
        bus.publish("after", to: "a")
        #expect(try await inbox.wait(for: 2) == [message, ByteBuffer(string: "after")])
        subscription.cancel()
    }

    @Test func shardedChannelsAreUsed() async throws {
        let redis = try await RedisServer()
        let bus = try RedisCluster(redis) { $0.usesShardedChannels = true }
        let plain = try RedisCluster(redis)
        let (texts, subscription) = bus.texts(of: "a")
        let (others, otherSubscription) = plain.texts(of: "a")
        try await bus.settle()
        bus.publish("sharded", to: "a")
        #expect(try await texts.wait(for: 1) == ["sharded"])
        #expect(try await plain.command("PUBSUB", "SHARDNUMSUB", "a").elements?.last == .integer(1))
        #expect(others.all == [])
        subscription.cancel()
        try await bus.settle()
        #expect(try await plain.command("PUBSUB", "SHARDNUMSUB", "a").elements?.last == .integer(0))
        otherSubscription.cancel()
    }

    @Test func patternsAreSubscribedTo() async throws {
        let redis = try await RedisServer()
        let bus = try RedisCluster(redis)
        let messages = Inbox<String>()
        let subscription = bus.client.subscribe(.pattern, to: "a*") {
            messages.append("\(String(buffer: $0.channel)): \(String(buffer: $0.content))")
        }
        bus.publish("hello", to: "ab")
        #expect(try await messages.wait(for: 1) == ["ab: hello"])
        subscription.cancel()
        #expect(try await bus.command("PUBSUB", "NUMPAT") == .integer(0))
    }

    @Test func serversAreOne() async throws {
        let redis = try await RedisServer()
        let servers = (0..<2).map { _ in SocketIOServer() }
        let buses = try servers.map { _ in try RedisCluster(redis) }
        let nodes = zip(servers, buses).map { $0.cluster($1, clock: ContinuousClock()) }
        for bus in buses { try await bus.settle() }
        try await eventually("the servers to know each other") { nodes.allSatisfy { $0.nodeCount == 1 } }
        let client = try await servers[1].testClient()
        servers[0].emit("hello", [7], "text")
        _ = try await client.next("hello")
        #expect(client.events == [#"hello([7],"text")"#])
        #expect(await servers[0].everyone.count() == 1)
        #expect(try await servers[0].fetchSockets().count == 1)
        await servers[1].shutDown()
        await buses[1].close()
        try await eventually("the other server to be gone") { nodes[0].nodeCount == 0 }
        await servers[0].shutDown()
    }

    @Test func theConnectionEndsWithTheObject() async throws {
        let redis = try await RedisServer()
        let observer = try RedisCluster(redis)
        let (texts, subscription) = observer.texts(of: "a")
        try await observer.settle()
        var bus: RedisCluster? = try RedisCluster(redis) { $0.clientName = "short" }
        try await bus?.settle()
        #expect(try await observer.command("CLIENT", "LIST").string?.contains("name=short") == true)
        bus?.publish("last", to: "a")
        bus = nil
        #expect(try await texts.wait(for: 1) == ["last"])
        try await eventually("the connection to end") {
            try await observer.command("CLIENT", "LIST").string?.contains("name=short") == false
        }
        subscription.cancel()
    }

    @Test(arguments: [[], [.nodeAdapter(), .pythonSocketIO()]] as [[RedisPeer]])
    func aServerThatHasLeftHasNoConnection(_ peers: [RedisPeer]) async throws {
        let redis = try await RedisServer()
        let observer = try RedisCluster(redis)
        let io = SocketIOServer()
        func enter() async throws {
            let bus = try RedisCluster(redis) {
                $0.clientName = "short"
                $0.peers = peers
            }
            io.cluster(bus)
            try await bus.settle()
        }
        try await enter()
        #expect(try await observer.command("CLIENT", "LIST").string?.contains("name=short") == true)
        await io.shutDown()
        try await eventually("the connection to end") {
            try await observer.command("CLIENT", "LIST").string?.contains("name=short") == false
        }
    }

    @Test func whatIsClosedPublishesFirst() async throws {
        let redis = try await RedisServer()
        let (bus, observer) = (try RedisCluster(redis), try RedisCluster(redis))
        let (texts, subscription) = observer.texts(of: "a")
        try await observer.settle()
        try await bus.settle()
        let events = bus.events()
        for number in 0..<1000 { bus.publish("\(number)", to: "a") }
        await bus.close()
        #expect(try await texts.wait(for: 1000).last == "999")
        bus.publish("too late", to: "a")
        try await events.wait("a drop") { if case .dropped(1, _) = $0 { true } else { false } }
        await #expect(throws: RedisError.self) { try await bus.client.send(RedisCommand("PING")) }
        subscription.cancel()
    }
}
