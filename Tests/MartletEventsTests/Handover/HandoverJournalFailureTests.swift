// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEngine
import MartletTestSupport
import NIOCore
import Testing

@testable import MartletEvents

/// A journal that is slow, or in which somebody else has written.
struct HandoverJournalFailureTests {
    typealias Servers = HandoverTests.Servers

    private func servers() -> Servers { Servers(2, hasJournal: true, HandoverJournalTests.setUp) }

    /// The old server's entries do not come into the journal in time.
    @Test func aSessionStaysWhereTheJournalIsSlow() async throws {
        let servers = self.servers()
        let client = try await servers.client()
        _ = try await client.join()
        servers.sides[0].holdEntries()
        await servers.handOver(from: 0)
        #expect(await servers.sessions(at: 0) == 1)
        #expect(await servers.sessions(at: 1) == 0)
        client.send(#"21["state"]"#)
        try await client.wait { $0.answers == [#"1("0 [\"room\"] bob")"#] }
        servers.sides[0].releaseEntries()
        await servers.handOver(from: 0)
        #expect(await servers.sessions(at: 1) == 1)
    }

    /// Whoever can write into the journal may write anything.
    @Test func noEntryDoesHarm() async throws {
        let servers = self.servers()
        let client = try await servers.client()
        _ = try await client.join()
        let (node, other) = (servers.clusters[0].id, servers.clusters[1].id)
        let channel = ClusterConfiguration().handoverChannel(of: node)
        let operations: [ClusterOperation] = [
            .fence(handover: "\(node)-1", node: other), .fence(handover: "\(node)-1", node: node),
            .fence(handover: "", node: ""), .count(BroadcastTarget(), question: 1),
        ]
        for operation in operations {
            let message = try ClusterMessage(from: "stranger", operation).written()
            for channel in [channel, "/", "", "x"] { servers.journal.append(message, to: channel) }
        }
        servers.journal.append(ByteBuffer(string: "x"), to: channel)
        servers.journal.append(ByteBuffer(), to: channel)
        await servers.handOver(from: 0)
        #expect(await servers.sessions(at: 1) == 1)
        client.send(#"21["state"]"#)
        try await client.wait { $0.answerCount == 1 }
        #expect(client.answers == [#"1("1 [\"room\"] bob")"#])
    }

    /// A place that the journal never comes to is not waited for any longer than a handover takes.
    @Test func nobodyWaitsForever() async throws {
        let servers = self.servers()
        let (core, side) = (servers.all[1].core, servers.sides[1])
        let shard = core.shard(of: try #require(servers.all[1].engine.allShards.first))
        let arrival = HandoverArrival(name: "x", node: "y", core: core, shard: shard, namespaces: [])
        let far = JournalOffset(milliseconds: .max, number: .max)
        arrival.adopt { await side.reach(far) }
        try await eventually("it waits") { side.waitCount == 1 }
        arrival.adopt { await side.reach(far) }
        arrival.end()
        try await eventually("it waits no more") { side.waitCount == 0 }
        arrival.adopt { await side.reach(far) }
        #expect(side.waitCount == 0)
    }
}
