// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEvents
import MartletTestSupport
import NIOCore
import Testing

@testable import MartletRedis

/// Servers that answer what a redis-server seldom does.
struct RedisErrorsTests {
    private func bus(_ fake: FakeRedis) throws -> (RedisCluster, Inbox<RedisEvent>) {
        let bus = try RedisCluster(url: fake.url, configuration: .test { $0.maxMessageSize = 10_000 })
        return (bus, bus.events())
    }

    @Test(arguments: [
        ("-ERR unknown command 'HELLO'\r\n", RedisError.Code.unsupportedServer),
        ("-ERR unknown command `HELLO`, with args beginning with: `3`, `AUTH`, `s3cret`, \r\n", .unsupportedServer),
        ("!70\r\nERR unknown command 'HELLO', with args beginning with: 'AUTH' 's3cret'\r\n", .unsupportedServer),
        ("-NOPROTO sorry\r\n", .unsupportedServer),
        ("-WRONGPASS invalid username-password pair\r\n", .refused), ("-LOADING in memory\r\n", .refused),
        ("HTTP/1.1 400 Bad Request\r\n\r\n", .protocolViolation), ("\0\u{1}\u{2}", .timedOut), ("", .timedOut),
        ("$200000\r\n", .protocolViolation), ("*1\r\n", .timedOut), ("%1\r\n+a\r\n+b\r\n:1\r\n", .protocolViolation),
        (String(repeating: "*1\r\n", count: 40), .protocolViolation),
    ])
    func aServerThatDoesNotGreetIsTriedAgain(_ answer: String, _ code: RedisError.Code) async throws {
        let fake = try await FakeRedis { command, connection in
            .text(connection < 2 ? answer : command[0] == "PING" ? "+PONG\r\n" : FakeRedis.hello)
        }
        let bus = try RedisCluster(
            url: fake.url,
            configuration: .test {
                $0.maxMessageSize = 10_000
                $0.connectTimeout = .milliseconds(code == .timedOut ? 200 : 20_000)
            })
        let events = bus.events()
        try await events.wait("the connection", until: \.isConnected)
        #expect(events.all.compactMap(\.error).allSatisfy { $0.code == code }, "\(events.all)")
        // What Redis repeats of a command is in no error.
        #expect(!"\(events.all)".contains("s3cret"))
        try await bus.settle()
    }

    @Test func theEndInTheMiddleFailsWhatWaits() async throws {
        let fake = try await FakeRedis { command, connection in
            switch command[0] {
            case "HELLO": .text(FakeRedis.hello)
            case "GET" where connection == 0: .textAndEnd("$10\r\nabc")
            case "GET": .text("$3\r\nabc\r\n")
            case "PUBLISH": .nothing
            default: .text("+OK\r\n")
            }
        }
        let (bus, events) = try self.bus(fake)
        try await bus.settle()
        bus.publish("perhaps", to: "a")
        let error = await #expect(throws: RedisError.self) { try await bus.client.send(RedisCommand("GET", "a")) }
        #expect(error?.code == .connectionLost)
        try await events.wait("a report") { if case .unconfirmed(1) = $0 { true } else { false } }
        try await eventually("an answer") {
            (try? await bus.client.send(RedisCommand("GET", "a")).string) == "abc"
        }
    }

    @Test func whatIsPushedUnaskedIsIgnored() async throws {
        let pushes =
            ">2\r\n+invalidate\r\n*1\r\n+a\r\n>0\r\n>1\r\n:1\r\n>3\r\n+message\r\n:1\r\n:2\r\n>3\r\n+message\r\n+x\r\n+y\r\n"
            + ">3\r\n+unsubscribe\r\n_\r\n:0\r\n>3\r\n+subscribe\r\n+zz\r\n:1\r\n"
        let fake = try await FakeRedis { command, _ in
            .text(command[0] == "HELLO" ? FakeRedis.hello : "\(pushes)+\(command.last ?? "")\r\n\(pushes)")
        }
        let (bus, events) = try self.bus(fake)
        for text in ["a", "b"] { #expect(try await bus.command("ECHO", .string(text)).string == text) }
        #expect(events.all.compactMap(\.error).isEmpty)
    }

    @Test func aShardThatIsElsewhereIsSaid() async throws {
        let fake = try await FakeRedis { command, _ in
            switch command[0] {
            case "HELLO": .text(FakeRedis.hello)
            case "SSUBSCRIBE" where command[1] == "a": .text("-MOVED 3999 127.0.0.1:6381\r\n")
            case "SSUBSCRIBE": .text(">3\r\n+ssubscribe\r\n+\(command[1])\r\n:1\r\n>3\r\n+smessage\r\n+b\r\n+hello\r\n")
            case "ECHO": .text("+\(command[1])\r\n")
            default: .text(":0\r\n")
            }
        }
        let bus = try RedisCluster(url: fake.url, configuration: .test { $0.usesShardedChannels = true })
        let events = bus.events()
        let (_, first) = bus.texts(of: "a")
        let (texts, second) = bus.texts(of: "b")
        bus.publish("x", to: "b")
        #expect(try await bus.command("ECHO", "still in step").string == "still in step")
        #expect(texts.all == ["hello"])
        #expect(fake.commands.all.contains(["SPUBLISH", "b", "x"]))
        try await events.wait("a refusal") {
            if case .refused("SSUBSCRIBE", "MOVED 3999 127.0.0.1:6381") = $0 { true } else { false }
        }
        first.cancel()
        second.cancel()
    }

    /// As when a shard moves: Redis ends the subscription, and says so.
    @Test func aSubscriptionThatRedisEndsIsMadeAnew() async throws {
        let fake = try await FakeRedis { command, _ in
            switch command[0] {
            case "HELLO": .text(FakeRedis.hello)
            case "SSUBSCRIBE": .text(">3\r\n+ssubscribe\r\n+a\r\n:1\r\n")
            case "ECHO": .text(">3\r\n+sunsubscribe\r\n+a\r\n:0\r\n+x\r\n")
            default: .text("+OK\r\n")
            }
        }
        let bus = try RedisCluster(url: fake.url, configuration: .test { $0.usesShardedChannels = true })
        let (_, subscription) = bus.texts(of: "a")
        _ = try await bus.command("ECHO", "x")
        try await eventually("a second subscription") {
            fake.commands.all.filter { $0 == ["SSUBSCRIBE", "a"] }.count == 2
        }
        subscription.cancel()
    }

    @Test func manyAreRefused() async throws {
        let redis = try await RedisServer(["--maxclients", "1"])
        let first = try RedisCluster(redis)
        try await first.settle()
        let second = try RedisCluster(redis)
        let events = second.events()
        try await events.wait("a refusal") { $0.error?.message.contains("max number of clients") == true }
        await first.close()
        try await events.wait("the connection", until: \.isConnected)
    }

    @Test func nobodyThereIsSaid() async throws {
        let port = try await RedisServer.freePort()
        await #expect(throws: RedisError.self) { try await MartletEmitter(url: "redis://127.0.0.1:\(port)") }
        await #expect(throws: RedisError.self) { try await MartletEmitter(url: "unix:///nowhere/at/all") }
    }
}
