// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEngine
import MartletTestSupport
import MartletTesting
import NIOConcurrencyHelpers
import NIOCore
import Testing

@testable import MartletEvents

struct SessionDirectoryTests {
    /// A node with the sessions that a test gives it.
    private final class Node: Sendable {
        let server = SocketIOServer()
        let directory: SessionDirectory
        let link: InProcessBus
        let tag = NodeTag()
        let sessions = NIOLockedValueBox<Set<SessionID>>([])

        init(
            _ bus: InProcessBus,
            port: Int,
            clock: any Clock<Duration> = ContinuousClock(),
            _ configuration: SessionDirectory.Configuration = SessionDirectory.Configuration()
        ) throws {
            self.link = bus.connection()
            self.server.cluster(self.link, clock: clock)
            guard let adapter = self.server.core.clusterAdapter,
                let location = NodeLocation(address: "10.0.0.1:\(port)", tag: self.tag)
            else { throw NothingHappened(what: "a cluster") }
            let sessions = self.sessions
            self.directory = SessionDirectory(adapter, tag: self.tag, configuration: configuration) { ids in
                ids.filter { id in sessions.withLockedValue { $0.contains(id) } }
            }
            self.directory.begin(location)
        }

        func find(_ id: SessionID) async -> Whereabouts {
            await withCheckedContinuation { continuation in
                self.directory.find(id) { continuation.resume(returning: $0) }
            }
        }

        func isHere(_ whereabouts: Whereabouts) -> Bool {
            if case .on(let node, let location) = whereabouts {
                node == self.directory.nodeID && location.tag == self.tag
            } else {
                false
            }
        }
    }

    @Test func anIdNamesItsNode() async throws {
        let bus = InProcessBus()
        let (first, second) = (try Node(bus, port: 1), try Node(bus, port: 2))
        let id = SessionID(shard: 0, node: second.tag)
        #expect(SessionID(id.description) == id)
        #expect(second.isHere(await first.find(id)))
        // Its own node would know.
        #expect(await second.find(id) == .nowhere)
        // Ids without a tag are of servers that forward nothing.
        #expect(await first.find(SessionID(shard: 0)) == .nowhere)
    }

    @Test func aNodeThatComesLaterKnowsTheOthers() async throws {
        let bus = InProcessBus()
        let first = try Node(bus, port: 1)
        let second = try Node(bus, port: 2)
        #expect(first.isHere(await second.find(SessionID(shard: 0, node: first.tag))))
        #expect(second.isHere(await first.find(SessionID(shard: 0, node: second.tag))))
    }

    @Test func theSessionsOfANodeThatIsGoneAreLookedForAtAllOthers() async throws {
        let bus = InProcessBus()
        let (first, second, third) = (try Node(bus, port: 1), try Node(bus, port: 2), try Node(bus, port: 3))
        let ids = (0..<1000).map { _ in SessionID(shard: 0, node: NodeTag()) }
        second.sessions.withLockedValue { $0 = [ids[1]] }
        third.sessions.withLockedValue { $0 = [ids[2], ids[999]] }
        let found = await withTaskGroup(of: (SessionID, Whereabouts).self) { group in
            for id in ids { group.addTask { (id, await first.find(id)) } }
            return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
        #expect(found.values.filter { $0 == .nowhere }.count == 997)
        for (id, node) in [(ids[1], second), (ids[2], third), (ids[999], third)] {
            #expect(found[id].map(node.isHere) == true)
            // The answer is remembered.
            #expect(first.directory.newNode(of: id) == node.directory.nodeID)
        }
    }

    @Test func whereNobodyAnswersNothingIsClear() async throws {
        let bus = InProcessBus()
        let clock = ManualClock()
        let first = try Node(bus, port: 1, clock: clock)
        let second = try Node(bus, port: 2, clock: clock)
        second.link.isCut = true
        // Not `async let`, which would be waited for, for ever, if one of the next steps failed.
        let whereabouts = Task { await first.find(SessionID(shard: 0, node: NodeTag())) }
        // Both wait for their next heartbeat, the question for the next one and for its end.
        try await clock.advance(by: .milliseconds(20), waiting: 4)
        try await clock.advance(by: .milliseconds(480), waiting: 3)
        #expect(await whereabouts.value == .unclear)
        #expect(first.directory.soughtCount == 0)
    }

    @Test func tooManyAreNotLookedFor() async throws {
        let bus = InProcessBus()
        var configuration = SessionDirectory.Configuration()
        configuration.maxSought = 2
        let clock = ManualClock()
        let first = try Node(bus, port: 1, clock: clock, configuration)
        let second = try Node(bus, port: 2, clock: clock)
        second.link.isCut = true
        let notes = Notes()
        for _ in 0..<3 { first.directory.find(SessionID(shard: 0, node: NodeTag())) { notes.add("\($0)") } }
        #expect(notes.all == ["unclear"])
        #expect(first.directory.soughtCount == 2)
    }

    @Test func aNodeThatHasJustBegunDoesNotThinkThatItIsAlone() async throws {
        var configuration = SessionDirectory.Configuration()
        configuration.settlingTime = .hours(1)
        let first = try Node(InProcessBus(), port: 1, configuration)
        #expect(await first.find(SessionID(shard: 0, node: NodeTag())) == .unclear)
        configuration.settlingTime = .zero
        let second = try Node(InProcessBus(), port: 1, configuration)
        #expect(await second.find(SessionID(shard: 0, node: NodeTag())) == .nowhere)
    }

    @Test func movedSessionsAreKnownToAll() async throws {
        let bus = InProcessBus()
        let (first, second, third) = (try Node(bus, port: 1), try Node(bus, port: 2), try Node(bus, port: 3))
        let ids = (0..<600).map { _ in SessionID(shard: 0, node: first.tag) }
        first.directory.publishMoved(ids, to: third.directory.nodeID)
        for id in ids {
            #expect(third.isHere(await second.find(id)))
            #expect(third.isHere(await first.find(id)))
        }
        // Where it should be, it has ended.
        #expect(await third.find(ids[0]) == .nowhere)
        // When that node has gone, too, the others are asked.
        second.sessions.withLockedValue { $0 = [ids[0]] }
        await third.server.shutDown()
        #expect(second.isHere(await first.find(ids[0])))
        // Nobody has that one.
        #expect(await first.find(ids[1]) == .nowhere)
    }

    @Test(arguments: ["10.0.0.3:3000", "[2001:db8::3]:80", "host.example:65535"])
    func locationsKeepTheirForm(address: String) throws {
        let location = try #require(NodeLocation(address: address, tag: NodeTag()))
        #expect(location.address == address)
        let message = try ClusterMessage(
            from: "node", ClusterMembership.heartbeat(namespaces: ["/"], location: location))
        guard case .heartbeat(_, let read) = try ClusterMessage<ClusterMembership>(reading: message.written()).body
        else {
            throw NothingHappened(what: "a heartbeat")
        }
        #expect(read == location)
    }
}
