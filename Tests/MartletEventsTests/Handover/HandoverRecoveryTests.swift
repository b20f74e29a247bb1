// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEngine
import MartletTestSupport
import NIOConcurrencyHelpers
import NIOCore
import Testing

@testable import MartletEvents

/// A session that was handed over keeps its place in the cluster's recovery.
struct HandoverRecoveryTests {
    typealias Servers = HandoverTests.Servers

    private static func setUp(_ server: SocketIOServer, _ index: Int, _ notes: Notes) {
        server.onConnection { socket in
            notes.add("\(index) \(socket.isRestored ? "restored" : socket.recovered ? "recovered" : "connected")")
            if !socket.isRestored, !socket.recovered { socket.join("room") }
            socket.on("rooms") { socket.rooms.subtracting([socket.id]).sorted() }
            socket.onDisconnect { (reason: DisconnectReason) in notes.add("\(index) lost \(reason)") }
        }
    }

    /// Sessions go to the second of three servers only.
    private func servers(losing lost: String = "nothing") -> Servers {
        let servers = Servers(3, hasJournal: true, clock: ContinuousClock(), Self.setUp) { bus, _ in
            HandoverFailureTests.LossyBus(bus: bus, lost: lost)
        }
        servers.clusters[2].handovers.beginLeaving()
        return servers
    }

    private func auth(_ pid: String?, _ offset: JournalOffset?) throws -> String {
        let pid = try #require(pid)
        return offset.map { #"{"pid":"\#(pid)","offset":"\#($0)"}"# } ?? #"{"pid":"\#(pid)"}"#
    }

    /// How many sockets of an id there are on all servers.
    private func count(_ id: String, on servers: Servers) async -> Int {
        var count = 0
        for server in servers.all {
            count += await server.core.adapter.sockets(.init(), in: server.of("/")).count { $0.id == id }
        }
        return count
    }

    @Test func aThirdServerGivesTheSessionBack() async throws {
        let servers = self.servers()
        let client = try await servers.client()
        let first = try await client.connect()
        servers.all[1].emit("seen")
        try await client.wait { $0.eventCount == 1 }
        await servers.handOver(from: 0)
        #expect(try servers.journal.sessionRecords().map(\.holder) == [servers.clusters[1].id])
        servers.all[0].to(first.sid).socketsJoin("late")
        servers.all[2].to("late").emit("missed", 1)
        servers.all[0].to("elsewhere").emit("others")
        try await client.wait { $0.eventCount == 2 }

        let again = try await servers.client(2)
        let second = try await again.connect(auth: self.auth(first.pid, client.offsets.first))
        #expect(second.sid == first.sid)
        #expect(second.pid == first.pid)
        servers.all[0].to("late").emit("end")
        try await again.wait { $0.eventCount == 2 }
        #expect(again.plainEvents == ["missed(1)", "end()"])
        again.send(#"21["rooms"]"#)
        try await again.wait { $0.answers == [#"1(["late","room"])"#] }
        #expect(servers.notes.all == ["0 connected", "1 restored", "1 lost transport close", "2 recovered"])
        #expect(await self.count(first.sid, on: servers) == 1)
        #expect(client.isEnded)
    }

    /// What the client has not named in time it cannot ask for, before and after a handover.
    @Test func theSessionBeginsWhereItBegan() async throws {
        let servers = self.servers()
        servers.all[0].emit("before")
        try await eventually("it to be read") { servers.sides[0].position == servers.journal.end }
        let client = try await servers.client()
        let first = try await client.connect()
        await servers.handOver(from: 0)
        servers.all[1].emit("missed")
        try await client.wait { $0.eventCount == 1 }
        let again = try await servers.client(2)
        let second = try await again.connect(auth: self.auth(first.pid, nil))
        #expect(second.sid == first.sid)
        try await again.wait { $0.plainEvents == ["missed()"] }
        let offset = JournalOffset(milliseconds: 1, number: 0)
        let other = try await servers.client(2).connect(auth: self.auth(first.pid, offset))
        #expect(other.sid != first.sid)
    }

    /// The client is back over another connection while its session is frozen, so that two servers are about to have it.
    @Test func aClientMayComeBackDuringAHandover() async throws {
        let servers = self.servers()
        let client = try await servers.client()
        let first = try await client.connect()
        servers.sides[1].isHeld = true
        servers.all[0].emit("seen")
        try await client.wait { $0.eventCount == 1 }
        let handover = Task { await servers.handOver(from: 0) }
        try await eventually("the session to be on its way") { servers.sides[1].waitCount == 1 }
        let again = try await servers.client(2)
        let second = try await again.connect(auth: self.auth(first.pid, client.offsets.last))
        #expect(second.sid == first.sid)
        servers.sides[1].isHeld = false
        await handover.value
        try await eventually("one server to have it") { await servers.sessions(at: 1) == 0 }
        #expect(await self.count(first.sid, on: servers) == 1)
        try await eventually("one record to be left") {
            try servers.journal.sessionRecords().map(\.holder) == [servers.clusters[2].id]
        }
        servers.all[0].to(first.sid).socketsJoin("late")
        servers.all[1].emit("end")
        try await again.wait { $0.plainEvents == ["end()"] }
        let third = try await servers.client(0)
        #expect(try await third.connect(auth: self.auth(first.pid, again.offsets.last)).sid == first.sid)
        third.send(#"21["rooms"]"#)
        try await third.wait { $0.answers == [#"1(["late","room"])"#] }
        #expect(client.isEnded)
    }

    /// The other server has begun to keep the session, and nobody knows.
    @Test func aSessionThatStaysIsKeptHere() async throws {
        let servers = self.servers(losing: "adopted")
        let client = try await servers.client()
        let first = try await client.connect()
        await servers.handOver(from: 0)
        try await eventually("the other server to drop it") { await servers.sessions(at: 1) == 0 }
        servers.all[2].to("room").socketsJoin("late")
        servers.all[1].to("late").emit("seen")
        try await client.wait { $0.plainEvents == ["seen()"] }
        #expect(try servers.journal.sessionRecords().map(\.holder) == [servers.clusters[0].id])
        #expect(await servers.sessions(at: 0) == 1)
        let again = try await servers.client(2)
        #expect(try await again.connect(auth: self.auth(first.pid, client.offsets.last)).sid == first.sid)
        again.send(#"21["rooms"]"#)
        try await again.wait { $0.answers == [#"1(["late","room"])"#] }
        #expect(await self.count(first.sid, on: servers) == 1)
        #expect(servers.notes.all.contains("0 lost transport close"))
    }

    /// A client that has left after a handover does not come back.
    @Test func aClientThatLeavesIsForgotten() async throws {
        let servers = self.servers()
        let client = try await servers.client()
        let first = try await client.connect()
        await servers.handOver(from: 0)
        client.send("1")
        try await eventually("it to be gone") { servers.notes.all.last == "1 lost client namespace disconnect" }
        #expect(try servers.journal.sessionRecords().isEmpty)
        #expect(try await servers.client(2).connect(auth: self.auth(first.pid, nil)).sid != first.sid)
    }
}
