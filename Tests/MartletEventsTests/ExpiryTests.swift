// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEngine
import MartletTestSupport
import MartletTesting
import NIOConcurrencyHelpers
import Testing

@testable import MartletEvents

/// The time since 1970, as a test sets it.
final class TestUnixTime: Sendable {
    private let value = NIOLockedValueBox(Duration.seconds(1_000_000))

    var now: Duration {
        get { self.value.withLockedValue { $0 } }
        set { self.value.withLockedValue { $0 = newValue } }
    }
}

/// Credentials that end while their client is connected.
struct ExpiryTests {
    private let time = TestUnixTime()
    private let notes = Notes()

    private func server(_ change: (inout SocketIOConfiguration) -> Void = { _ in }) -> SocketIOServer {
        var configuration = SocketIOConfiguration()
        configuration.pingInterval = .seconds(1_000_000)
        let time = self.time
        configuration.unixTime = { time.now }
        change(&configuration)
        let io = SocketIOServer(configuration: configuration)
        let notes = self.notes
        io.onConnection { socket in
            notes.add("connected")
            socket.on("expires") { (seconds: Int) in socket.expires(at: .seconds(seconds)) }
            socket.on("remains") { (seconds: Int) in socket.expires(after: .seconds(seconds)) }
            socket.on("stays") { socket.expires(at: nil) }
            socket.onDisconnect { (reason: DisconnectReason) in notes.add("\(reason)") }
        }
        return io
    }

    private let told: [TestPacket.Kind] = [.event("credentials_expired"), .disconnected]

    @Test func theClientIsToldAndLeaves() async throws {
        let io = self.server()
        _ = io.of("/other")
        let client = try await io.testClient()
        try await client.join("/other")
        try await client.emit("expires", 1_000_060)
        await client.advanceTime(by: .seconds(59))
        #expect(client.received.count == 2)
        await client.advanceTime(by: .seconds(1))
        #expect(client.received.suffix(2).map(\.kind) == self.told)
        #expect(client.received.suffix(2).map(\.namespace) == ["/", "/"])
        #expect(self.notes.all == ["connected", "credentials expired"])
        // It keeps its connection and its other namespaces, and may come back.
        #expect(try await !client.isClosed())
        try await client.join()
        await client.advanceTime(by: .seconds(100))
        #expect(self.notes.all == ["connected", "credentials expired", "connected"])
    }

    @Test func whatIsRenewedGoesOn() async throws {
        let client = try await self.server().testClient()
        try await client.emit("remains", 60)
        await client.advanceTime(by: .seconds(50))
        try await client.emit("remains", 60)
        await client.advanceTime(by: .seconds(50))
        #expect(client.received.count == 1)
        try await client.emit("stays")
        await client.advanceTime(by: .seconds(100_000))
        #expect(client.received.count == 1)
        try await client.emit("remains", 1)
        await client.advanceTime(by: .seconds(1))
        #expect(client.received.suffix(2).map(\.kind) == self.told)
        #expect(self.notes.all == ["connected", "credentials expired"])
    }

    @Test(arguments: [1_000_000, 999_999, 0, -1])
    func whatIsOverEndsAtOnce(time: Int) async throws {
        let client = try await self.server().testClient()
        try await client.emit("expires", time)
        #expect(client.received.suffix(2).map(\.kind) == self.told)
        #expect(self.notes.all == ["connected", "credentials expired"])
    }

    @Test func aTimeThatIsTooFarAwayNeverComes() async throws {
        let client = try await self.server().testClient()
        for seconds in [Int.max, 1 << 40] {
            try await client.emit("expires", seconds)
            try await client.emit("remains", seconds)
        }
        await client.advanceTime(by: .seconds(100_000))
        #expect(client.received.count == 1)
        #expect(self.notes.all == ["connected"])
    }

    @Test func middlewareMaySetIt() async throws {
        let io = self.server()
        io.use { socket in
            let seconds = try socket.handshake.auth.decode(as: [String: Int].self)["exp"] ?? 0
            socket.expires(at: .seconds(seconds))
        }
        await #expect(throws: TestClientError.refused(#"{"message":"Credentials expired"}"#)) {
            try await io.testClient(auth: ["exp": 1_000_000])
        }
        #expect(self.notes.all == [])
        let client = try await io.testClient(auth: ["exp": 1_000_010])
        await client.advanceTime(by: .seconds(10))
        #expect(client.received.suffix(2).map(\.kind) == self.told)
        #expect(self.notes.all == ["connected", "credentials expired"])
    }

    @Test func aSocketThatHasLeftLeavesNoTimer() async throws {
        let io = self.server()
        let client = try await io.testClient()
        try await client.emit("remains", 60)
        let timers = try await client.onLoop { $0.session?.shard.timers.count ?? 0 }
        try await client.leave()
        #expect(try await client.onLoop { $0.session?.shard.timers.count ?? 0 } == timers - 1)
        await client.advanceTime(by: .seconds(60))
        #expect(self.notes.all == ["connected", "client namespace disconnect"])
    }

    // MARK: Recovery

    private struct Claim: Encodable {
        let pid: String
        let offset: String?
    }

    private func claim(_ client: TestClient) throws -> Claim {
        Claim(pid: try #require(client.received.compactMap(\.recoveryID).first), offset: nil)
    }

    @Test func itIsRecoveredWithItsSocket() async throws {
        let io = self.server { $0.connectionStateRecovery = ConnectionStateRecovery() }
        io.onConnection { [notes] socket in notes.add("recovered \(socket.recovered)") }
        let client = try await io.testClient()
        try await client.emit("remains", 60)
        try await client.drop()
        self.time.now += .seconds(50)
        let again = try await io.testClient(auth: try self.claim(client))
        #expect(self.notes.all.suffix(2) == ["connected", "recovered true"])
        await again.advanceTime(by: .seconds(10))
        // An event of the server itself is no part of what can be recovered.
        #expect(again.received.suffix(2).map(\.kind) == self.told)
        let third = try await io.testClient(auth: try self.claim(again))
        #expect(self.notes.all.last == "recovered false")
        #expect(third.received.compactMap(\.recoveryID) != again.received.compactMap(\.recoveryID))
    }

    @Test func whatHasExpiredIsNotRecovered() async throws {
        let io = self.server { $0.connectionStateRecovery = ConnectionStateRecovery() }
        io.onConnection { [notes] socket in notes.add("recovered \(socket.recovered)") }
        let client = try await io.testClient()
        try await client.emit("remains", 60)
        try await client.drop()
        self.time.now += .seconds(60)
        _ = try await io.testClient(auth: try self.claim(client))
        #expect(self.notes.all.last == "recovered false")
    }
}
