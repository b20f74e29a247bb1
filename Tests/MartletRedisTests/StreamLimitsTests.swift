// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEvents
import MartletTestSupport
import MartletTesting
import NIOCore
import Testing

@testable import MartletRedis

/// What is not recovered on a stream: always a new session, and no error.
struct StreamLimitsTests {
    /// A client of one server comes back to another one.
    private func comesBack(
        recovery: (inout ConnectionStateRecovery) -> Void = { _ in },
        settings: (inout RedisRecovery) -> Void = { _ in },
        meanwhile: (RedisServer, StreamServer, inout StreamClaim) async throws -> Void
    ) async throws -> (isRestored: Bool, events: [String]) {
        let redis = try await RedisServer()
        let a = try await StreamServer(redis, recovery: recovery, settings: settings)
        let b = try await StreamServer(redis, recovery: recovery, settings: settings)
        let client = try await a.io.testClient()
        a.io.emit("seen")
        _ = try await client.next("seen")
        var claim = try StreamClaim(client)
        try await client.drop()
        try await meanwhile(redis, b, &claim)
        try await b.settle()
        let again = try await b.io.testClient(auth: claim)
        let isRestored = try again.id() == client.id()
        #expect(b.notes.all.last == "connection \(isRestored)")
        await a.end()
        await b.end()
        return (isRestored, again.plainEvents)
    }

    /// Pull request 47: what was missed is read in pages, and not without an end.
    @Test(arguments: [(100, true), (129, false)])
    func entriesAreCounted(count: Int, isRestored: Bool) async throws {
        let result = try await self.comesBack(
            settings: { $0.maxRead = 128 },
            meanwhile: { _, server, _ in
                for number in 0..<count { server.io.to("nobody").emit("others", number) }
                server.io.emit("missed")
            })
        #expect(result.isRestored == isRestored)
        #expect(result.events == (isRestored ? ["missed()"] : []))
    }

    /// Pull request 47.
    @Test(arguments: [(9, true), (20, false)])
    func bytesAreCounted(count: Int, isRestored: Bool) async throws {
        let result = try await self.comesBack(
            recovery: { $0.buffer = 12_000 },
            meanwhile: { _, server, _ in
                for _ in 0..<count { server.io.emit("missed", String(repeating: "x", count: 1000)) }
                for _ in 0..<20 { server.io.to("nobody").emit("others", String(repeating: "x", count: 1000)) }
            })
        #expect(result.isRestored == isRestored)
        #expect(result.events.count == (isRestored ? count : 0))
    }

    /// Socket.IO's adapter sends volatile events again.
    @Test func volatileEventsAreNotSentAgain() async throws {
        let result = try await self.comesBack { _, server, _ in
            server.io.volatile.emit("lost")
            server.io.emit("missed")
            server.io.volatile.emit("lost")
        }
        #expect(result.isRestored)
        #expect(result.events == ["missed()"])
    }

    @Test func aTrimmedOffsetIsOver() async throws {
        let result = try await self.comesBack { _, server, _ in
            server.io.emit("missed")
            server.io.emit("missed")
            try await server.settle()
            _ = try await server.bus.command("XTRIM", "martlet", "MAXLEN", "1")
        }
        #expect(!result.isRestored)
        #expect(result.events == [])
    }

    @Test func theStreamIsTrimmed() async throws {
        let result = try await self.comesBack(
            settings: { $0.maxLength = 100 },
            meanwhile: { _, server, _ in
                for _ in 0..<1000 { server.io.to("nobody").emit("others") }
                try await server.settle()
                // Redis trims whole blocks of 100 entries.
                let length = try #require(try await server.bus.command("XLEN", "martlet").integer)
                #expect(100...200 ~= length)
            })
        #expect(!result.isRestored)
    }

    @Test(arguments: ["", "0-0", "1-1", "x", "-", "1", "01-1", "18446744073709551616-0", "99999999999999-0", "abc-def"])
    func anOffsetThatNoServerHasGivenIsNone(_ offset: String) async throws {
        let result = try await self.comesBack { _, _, claim in claim.offset = offset }
        #expect(!result.isRestored)
        #expect(result.events == [])
    }

    /// A client cannot ask for what was sent before it came.
    @Test func anOffsetFromBeforeTheConnectionIsNone() async throws {
        let redis = try await RedisServer()
        let server = try await StreamServer(redis)
        let other = try await server.io.testClient()
        server.io.to("room").emit("secret", 1)
        _ = try await other.next("secret")
        server.io.to("room").emit("secret", 2)
        _ = try await other.next("secret")
        let client = try await server.io.testClient()
        var claim = try StreamClaim(client)
        try await client.drop()
        claim.offset = try StreamClaim(other, received: 1).offset
        let again = try await server.io.testClient(auth: claim)
        #expect(again.plainEvents == [])
        #expect(try again.id() != client.id())
        await server.end()
    }

    @Test func aNameThatNoServerHasMadeIsNone() async throws {
        for pid in [
            "", "x", "AAAAAAAAAAAAAAAAAAAAAAAA",
            String(repeating: "A", count: 24) + "." + String(repeating: "A", count: 24),
        ] {
            let result = try await self.comesBack { _, _, claim in claim.pid = pid }
            #expect(!result.isRestored)
        }
    }

    @Test func aRecordOfAnotherKindIsNone() async throws {
        let result = try await self.comesBack { _, server, claim in
            try await server.settle()
            let key = RedisCommand.Argument.string("martlet:session:/:\(claim.pid)")
            _ = try await server.bus.command("DEL", key)
            _ = try await server.bus.command("SET", key, "x")
        }
        #expect(!result.isRestored)
    }

    @Test func entriesThatNoServerHasWrittenAreIgnored() async throws {
        let result = try await self.comesBack { _, server, _ in
            _ = try await server.bus.command("XADD", "martlet", "*", "a", "b")
            _ = try await server.bus.command("XADD", "martlet", "*", "c", "/", "m", "x")
            server.io.emit("missed")
        }
        #expect(result.isRestored)
        #expect(result.events == ["missed()"])
    }

    @Test func aRecoveryWithoutAStreamIsRefused() {
        for change: @Sendable (inout RedisRecovery) -> Void in [
            { $0.stream = "" }, { $0.maxLength = 0 }, { $0.maxRead = 0 },
        ] {
            var configuration = RedisConfiguration()
            var recovery = RedisRecovery()
            change(&recovery)
            configuration.recovery = recovery
            #expect(throws: RedisError.self) {
                try RedisCluster(url: "redis://localhost:1", configuration: configuration)
            }
        }
    }
}
