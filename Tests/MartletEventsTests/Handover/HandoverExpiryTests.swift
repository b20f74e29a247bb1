// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEngine
import MartletTestSupport
import NIOConcurrencyHelpers
import NIOCore
import SocketIOWire
import Testing

@testable import MartletEvents

/// Credentials of a session that was handed over, or is recovered elsewhere, end when they would have ended before.
struct HandoverExpiryTests {
    typealias Servers = HandoverTests.Servers

    private let time = TestUnixTime()
    /// The sockets that have connected to the first server.
    private let sockets = NIOLockedValueBox<[Socket]>([])

    private func servers(hasJournal: Bool = false, losing lost: String = "nothing") -> Servers {
        let sockets = self.sockets
        let clock: any Clock<Duration> = hasJournal ? ContinuousClock() : HastyClock()
        return Servers(2, hasJournal: hasJournal, clock: clock, time: self.time) { server, index, notes in
            server.onConnection { socket in
                if index == 0 { sockets.withLockedValue { $0.append(socket) } }
                notes.add("\(index) \(socket.isRestored ? "restored" : socket.recovered ? "recovered" : "connected")")
                socket.on("remains") { (seconds: Int) -> Int in
                    socket.expires(after: .seconds(seconds))
                    return seconds
                }
                socket.onDisconnect { (reason: DisconnectReason) in notes.add("\(index) lost \(reason)") }
            }
        } bus: { bus, _ in
            HandoverFailureTests.LossyBus(bus: bus, lost: lost)
        }
    }

    private func client(of servers: Servers) async throws -> (client: LosslessClient, pid: String?) {
        let client = try await servers.client()
        let pid = try await client.connect().pid
        client.send(#"21["remains",1000]"#)
        try await client.wait { $0.answerCount == 1 }
        return (client, pid)
    }

    @Test func theTimeTravels() async throws {
        let servers = self.servers()
        let client = try await self.client(of: servers).client
        self.time.now += .seconds(1000)
        await servers.handOver(from: 0)
        try await client.wait { $0.packets.last?.type == .disconnect }
        #expect(client.events == ["credentials_expired()"])
        #expect(servers.notes.all == ["0 connected", "1 restored", "1 lost credentials expired"])
    }

    @Test func aTimeThatComesMeanwhileIsNotMissed() async throws {
        let servers = self.servers(losing: "adopted")
        let client = try await self.client(of: servers).client
        self.time.now += .seconds(1000)
        await servers.handOver(from: 0)
        try await client.wait { $0.packets.last?.type == .disconnect }
        #expect(client.events == ["credentials_expired()"])
        try await eventually("the end") { servers.notes.all.contains("0 lost credentials expired") }
    }

    @Test func theOldServersSocketStillSetsIt() async throws {
        let servers = self.servers()
        let client = try await self.client(of: servers).client
        await servers.handOver(from: 0)
        let old = try #require(self.sockets.withLockedValue { $0.first })
        old.expires(at: .zero)
        try await client.wait { $0.packets.last?.type == .disconnect }
        #expect(client.events == ["credentials_expired()"])
        try await eventually("the end") {
            servers.notes.all == ["0 connected", "1 restored", "1 lost credentials expired"]
        }
    }

    @Test(arguments: [true, false])
    func anotherServerRecoversWhatHasNotExpired(hasExpired: Bool) async throws {
        let servers = self.servers(hasJournal: true)
        let (_, pid) = try await self.client(of: servers)
        try await eventually("the record") { try servers.journal.sessionRecords().contains { $0.expiry != nil } }
        if hasExpired { self.time.now += .seconds(1000) }
        let again = try await servers.client(1)
        _ = try await again.connect(auth: #"{"pid":"\#(try #require(pid))"}"#)
        try await eventually("it to be known") { servers.notes.all.contains { $0.hasPrefix("1 ") } }
        #expect(servers.notes.all.contains(hasExpired ? "1 connected" : "1 recovered"))
        guard !hasExpired else { return }
        try await eventually("its record") {
            try servers.journal.sessionRecords().contains {
                $0.holder == servers.clusters[1].id && $0.expiry == .seconds(1_001_000)
            }
        }
    }
}
