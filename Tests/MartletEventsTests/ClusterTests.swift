// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEngine
import MartletEvents
import MartletTestSupport
import MartletTesting
import NIOConcurrencyHelpers
import NIOCore
import NIOEmbedded
import Testing

/// Which servers are in a cluster, and what becomes of questions when some are not there any more.
struct ClusterTests {
    /// A quarter of the time after which a silent server counts as dead.
    private static let interval = ClusterConfiguration().nodeTimeout / 4

    @Test func serversGetToKnowEachOther() async throws {
        let fixture = try await Fixture()
        #expect(fixture.nodes.map(\.nodeCount) == [2, 2, 2])
        let late = SocketIOServer()
        let status = late.cluster(fixture.bus, clock: fixture.clock)
        #expect(status.nodeCount == 3)
        #expect(fixture.nodes.map(\.nodeCount) == [3, 3, 3])
        #expect(await late.everyone.count() == 3)
        await late.shutDown()
        #expect(fixture.nodes.map(\.nodeCount) == [2, 2, 2])
    }

    /// A heartbeat is enough, whatever else was lost.
    @Test func whoWasNotHeardAtFirstIsHeardLater() async throws {
        let bus = InProcessBus()
        let clock = ManualClock()
        let links = [bus.connection(), bus.connection()]
        links[1].isCut = true
        let nodes = links.map { SocketIOServer().cluster($0, clock: clock) }
        #expect(nodes.map(\.nodeCount) == [0, 0])
        links[1].isCut = false
        try await clock.advance(by: Self.interval, waiting: 2)
        try await eventually { nodes.map(\.nodeCount) == [1, 1] }
    }

    @Test func clustersWithOtherPrefixesAreOthers() async throws {
        let bus = InProcessBus()
        var configuration = ClusterConfiguration()
        let (one, other) = (SocketIOServer(), SocketIOServer())
        one.cluster(bus, configuration: configuration)
        configuration.channelPrefix = "other"
        other.cluster(bus, configuration: configuration)
        let client = try await one.testClient()
        other.emit("x")
        one.emit("end")
        _ = try await client.next("end")
        #expect(client.events == ["end()"])
        #expect(await other.everyone.count() == 0)
    }

    @Test func namespacesMayComeLater() async throws {
        let fixture = try await Fixture()
        let first = fixture.servers[0].of("/late")
        // No other server has it, so none is waited for.
        #expect(await first.socketCount() == 0)
        let second = fixture.servers[1].of("/late")
        try await fixture.clients[1].join("/late")
        first.emit("hello")
        #expect(await first.socketCount() == 1)
        #expect(try await first.fetchSockets().count == 1)
        #expect(await second.socketCount() == 1)
        #expect(try await fixture.clients[1].next("hello").namespace == "/late")
        #expect(fixture.nodes.allSatisfy { $0.questionCount == 0 })
    }

    /// A namespace that clients bring into being is in the cluster while it is there.
    @Test func namespacesMayComeAndGo() async throws {
        let name = "/room-1"
        let fixture = try await Fixture { io, _ in
            io.of(matching: /\/room-\d/).onConnection { socket in
                socket.on("say") { socket.namespace.emit("hello") }
                socket.on("count") { () async -> Int in await socket.namespace.everyone.count() }
            }
        }
        for _ in 0..<3 {
            for client in fixture.clients.prefix(2) { try await client.join(name) }
            #expect(fixture.bus.subscriptionCount == 14)
            try await fixture.clients[0].emit("say", namespace: name)
            for client in fixture.clients.prefix(2) { #expect(try await client.next("hello").namespace == name) }
            #expect(try await fixture.clients[0].emitWithAck("count", namespace: name).description == "2")
            try await fixture.clients[1].leave(name)
            #expect(try await fixture.clients[0].emitWithAck("count", namespace: name).description == "1")
            try await fixture.clients[0].leave(name)
            #expect(fixture.bus.subscriptionCount == 12)
        }
        #expect(fixture.nodes.allSatisfy { $0.questionCount == 0 })
    }

    @Test func whoIsCutOffMissesBroadcastsAndCountsAsDead() async throws {
        let fixture = try await Fixture()
        fixture.links[2].isCut = true
        fixture.io.emit("missed")
        for _ in 0..<3 { try await fixture.clock.advance(by: Self.interval, waiting: 3) }
        try await fixture.clock.advance(by: Self.interval, waiting: 3)
        try await eventually { fixture.nodes.map(\.nodeCount) == [1, 1, 0] }
        #expect(await fixture.io.everyone.count() == 2)
        fixture.links[2].isCut = false
        try await fixture.clock.advance(by: Self.interval, waiting: 3)
        try await eventually { fixture.nodes.map(\.nodeCount) == [2, 2, 2] }
        #expect(await fixture.io.everyone.count() == 3)
        #expect(try await fixture.events() == [["missed()"], ["missed()"], []])
    }

    // MARK: Questions without all answers

    @Test func whatTheOthersHaveIsNotLostWhenOneDoesNotAnswer() async throws {
        let reported = Notes()
        let fixture = try await Fixture { io, _ in io.onError { reported.add("\($0)") } }
        fixture.links[2].isCut = true
        let answers = fixture.answersToFirst()
        let sockets = Task { try await fixture.io.fetchSockets() }
        try await answers.wait(for: 1)
        try await fixture.clock.advance(by: .seconds(5), waiting: 4)
        do {
            _ = try await sockets.value
            Issue.record("One server did not answer.")
        } catch let error as IncompleteAnswer<[RemoteSocket]> {
            #expect(Set(error.value.map(\.id)) == Set(fixture.ids.prefix(2)))
            #expect(error.nodesAsked == 3)
            #expect(error.nodesAnswered == 2)
            #expect("\(error)" == "2 of 3 servers of the cluster answered")
        }
        let count = Task { await fixture.io.everyone.count() }
        try await answers.wait(for: 2)
        try await fixture.clock.advance(by: .seconds(5), waiting: 4)
        #expect(await count.value == 2)
        #expect(reported.all == ["2 of 3 servers of the cluster answered"])
        #expect(fixture.nodes[0].questionCount == 0)
    }

    @Test func aQuestionEndsWhenTheServerDies() async throws {
        var configuration = ClusterConfiguration()
        configuration.responseTimeout = .seconds(3600)
        let bus = InProcessBus()
        let clock = ManualClock()
        let links = [bus.connection(), bus.connection()]
        let servers = [SocketIOServer(), SocketIOServer()]
        for (server, link) in zip(servers, links) { server.cluster(link, configuration: configuration, clock: clock) }
        links[1].isCut = true
        let sockets = Task { try await servers[0].fetchSockets() }
        for _ in 0..<4 { try await clock.advance(by: Self.interval, waiting: 3) }
        await #expect(throws: IncompleteAnswer<[RemoteSocket]>.self) { _ = try await sockets.value }
        #expect(await servers[0].everyone.count() == 0)
    }

    /// A server that shuts down has no sockets any more, so nothing is missing.
    @Test func aQuestionEndsWhenTheServerShutsDown() async throws {
        let fixture = try await Fixture()
        fixture.links[2].isCut = true
        let answers = fixture.answersToFirst()
        let sockets = Task { try await fixture.io.fetchSockets() }
        try await answers.wait(for: 1)
        fixture.links[2].isCut = false
        await fixture.servers[2].shutDown()
        #expect(Set(try await sockets.value.map(\.id)) == Set(fixture.ids.prefix(2)))
    }

    @Test func aQuestionEndsWhenItsTaskIsCancelled() async throws {
        let fixture = try await Fixture()
        fixture.links[2].isCut = true
        let sockets = Task { try await fixture.io.fetchSockets() }
        try await eventually { fixture.nodes[0].questionCount == 1 }
        sockets.cancel()
        await #expect(throws: IncompleteAnswer<[RemoteSocket]>.self) { _ = try await sockets.value }
        #expect(fixture.nodes[0].questionCount == 0)
    }

    @Test func theAnswersOfAServerThatDiesAreMissing() async throws {
        let fixture = try await Fixture()
        // They have told whom they ask, and die then.
        let answers = try await fixture.io.emitWithAck("ask", timeout: .seconds(3600), as: Int.self)
        #expect(answers.socketCount == 3)
        for link in fixture.links.dropFirst() { link.isCut = true }
        for _ in 0..<4 { try await fixture.clock.advance(by: Self.interval, waiting: 4) }
        try await fixture.clients[0].acknowledge(fixture.clients[0].next("ask"), with: 1)
        let (replies, failures) = await answers.collected()
        #expect(replies == [fixture.ids[0]: 1])
        #expect(failures == [fixture.ids[1]: .disconnected, fixture.ids[2]: .disconnected])
        #expect(fixture.nodes[0].questionCount == 0)
    }

    @Test func whoDoesNotSayWhomItAsksIsNotWaitedFor() async throws {
        let fixture = try await Fixture()
        fixture.links[2].isCut = true
        let toFirst = fixture.answersToFirst()
        let asked = Task { try await fixture.io.emitWithAck("ask", timeout: .seconds(1), as: Int.self) }
        // The second server has named its socket, and said that this is all.
        try await toFirst.wait(for: 2)
        try await fixture.clock.advance(by: .seconds(1), waiting: 4)
        let answers = try await asked.value
        #expect(answers.socketCount == 2)
        #expect(answers.missingNodes == 1)
        // The second server is gone before it says that the time is over.
        fixture.links[1].isCut = true
        try await fixture.clients[0].acknowledge(fixture.clients[0].next("ask"), with: 1)
        try await fixture.clock.advance(by: .seconds(5), waiting: 4)
        let (replies, failures) = await answers.collected()
        #expect(replies == [fixture.ids[0]: 1])
        #expect(failures == [fixture.ids[1]: .timedOut])
        #expect(fixture.nodes[0].questionCount == 0)
    }

    // MARK: The end

    @Test func disconnectHandlersStillReachTheOthers() async throws {
        let fixture = try await Fixture { io, _ in
            io.onConnection { socket in socket.onDisconnect { _ in io.emit("gone", socket.id) } }
        }
        await fixture.servers[2].shutDown()
        _ = try await fixture.clients[0].next("gone")
        _ = try await fixture.clients[1].next("gone")
    }

    @Test func nothingIsLeftOfAServerThatHasShutDown() async throws {
        weak var bus: InProcessBus?
        weak var server: SocketIOServer?
        do {
            let fixture = try await Fixture()
            bus = fixture.bus
            server = fixture.servers[0]
            let before = fixture.bus.subscriptionCount
            // Membership, answers, handovers and the namespace, for each server.
            #expect(before == 12)
            fixture.links[1].isCut = true
            let open = Task { try? await fixture.io.fetchSockets() }
            try await eventually { fixture.nodes[0].questionCount == 1 }
            fixture.links[1].isCut = false
            await fixture.servers[0].shutDown()
            _ = await open.value
            #expect(fixture.bus.subscriptionCount == 8)
            #expect(fixture.nodes.dropFirst().map(\.nodeCount) == [1, 1])
            #expect(fixture.nodes[0].questionCount == 0)
            // It serves on by itself.
            fixture.io.emit("alone")
            #expect(await fixture.io.everyone.count() == 0)
            for server in fixture.servers.dropFirst() { await server.shutDown() }
            #expect(fixture.bus.subscriptionCount == 0)
            try await fixture.clock.advance(by: .zero, waiting: 0)
        }
        try await eventually("all to be released") { [weak bus, weak server] in bus == nil && server == nil }
    }

    /// A room has a channel on the servers where it has members, as long as it has some.
    @Test func aRoomsEventsReachOnlyServersWithMembers() async throws {
        let fixture = try await Fixture(.clusterWithRoomChannels, rooms: [[], ["a"], []])
        #expect(fixture.bus.subscriptionCount == 13)
        let namespace = MessageCounter(fixture.bus, channel: "martlet/")
        let room = MessageCounter(fixture.bus, channel: "martlet#1/#a")
        fixture.io.to("a").emit("said", 1)
        fixture.io.to("a").except("b").emit("said", 2)
        fixture.io.in("a").socketsJoin("b")
        #expect(room.value == 3)
        #expect(namespace.value == 0)
        fixture.io.to("a").to("b").emit("said", 3)
        fixture.io.to(fixture.ids[1]).emit("said", 4)
        fixture.io.to("a").kept.emit("said", 5)
        fixture.io.to("b").emit("said", 6)
        #expect(namespace.value == 4, "other servers may not have subscribed to the channel of b yet")
        let events = try await fixture.events()[1]
        #expect(events.map { $0.prefix(6) } == ["said(1", "said(2", "said(3", "said(4", "said(5", "said(6"])
        #expect(fixture.bus.subscriptionCount == 16, "b is a room now, and two count")
        try await fixture.clients[1].drop()
        #expect(fixture.bus.subscriptionCount == 14)
    }

    @Test func roomsThatWereThereBeforeTheClusterHaveChannels() async throws {
        let io = SocketIOServer()
        io.onConnection { $0.join("a", "b") }
        let client = try await io.testClient()
        let bus = InProcessBus()
        var configuration = ClusterConfiguration()
        configuration.channels = .rooms
        io.cluster(bus, configuration: configuration)
        await client.run()
        #expect(bus.subscriptionCount == 6)
        let other = SocketIOServer()
        other.cluster(bus, configuration: configuration)
        other.to("a").emit("said")
        _ = try await client.next("said")
        await io.shutDown()
        await other.shutDown()
        #expect(bus.subscriptionCount == 0)
    }

    @Test func aSecondClusterIsAnError() async throws {
        let io = SocketIOServer()
        let notes = Notes()
        io.onError { notes.add("\($0)") }
        let (first, second) = (InProcessBus(), InProcessBus())
        io.cluster(first)
        io.cluster(second)
        #expect(notes.all == ["the server is in a cluster already, and stays there"])
        #expect(first.subscriptionCount > 0)
        #expect(second.subscriptionCount == 0)
        await io.shutDown()
    }
}
