// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEngine
import MartletTestSupport
import MartletTesting
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import SocketIOWire
import Testing

@testable import MartletEvents

/// A server that ends hands its sessions to others, and nobody notices.
struct HandoverTests {
    /// Some servers with event loops of their own on one bus.
    final class Servers: Sendable {
        let bus = InProcessBus()
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let all: [SocketIOServer]
        let clusters: [ClusterAdapter]
        let links: [InProcessBus]
        /// Of servers with a journal.
        let journal = MemoryJournal()
        let sides: [JournalSide]
        let notes = Notes()

        init(
            _ count: Int,
            configuration: ClusterConfiguration = ClusterConfiguration(),
            hasJournal: Bool = false,
            clock: any Clock<Duration> = HastyClock(),
            time: TestUnixTime? = nil,
            _ setUp: (_ server: SocketIOServer, _ index: Int, _ notes: Notes) -> Void = { _, _, _ in },
            bus wrap: (InProcessBus, Int) -> any ClusterBus = { bus, _ in bus }
        ) {
            var configuration = configuration
            // The clock of most of these tests is in a hurry.
            configuration.nodeTimeout = .seconds(100_000)
            configuration.handover?.isUnconditional = true
            var all: [SocketIOServer] = []
            var clusters: [ClusterAdapter] = []
            var links: [InProcessBus] = []
            var sides: [JournalSide] = []
            var settings = SocketIOConfiguration()
            if let time { settings.unixTime = { time.now } }
            if hasJournal { settings.connectionStateRecovery = ConnectionStateRecovery() }
            for index in 0..<count {
                let server = SocketIOServer(configuration: settings)
                setUp(server, index, self.notes)
                let link = self.bus.connection()
                var bus = wrap(link, index)
                if hasJournal {
                    let side = self.journal.makeSide()
                    sides.append(side)
                    bus = JournalledBus(bus: bus, journal: side)
                }
                let adapter = ClusterAdapter(
                    bus: bus, configuration: configuration, clock: clock,
                    logger: ThrottledLogger())
                server.core.enter(adapter)
                for loop in self.group.makeIterator() { _ = server.engine.shard(on: loop) }
                all.append(server)
                clusters.append(adapter)
                links.append(link)
            }
            self.all = all
            self.clusters = clusters
            self.links = links
            self.sides = sides
        }

        deinit { self.group.shutdownGracefully { _ in } }

        func client(_ server: Int = 0) async throws -> LosslessClient {
            try await LosslessClient(server, of: self.all, on: self.group.next())
        }

        /// As a server that ends does, which then takes sessions again.
        func handOver(from index: Int, _ handlerTimeout: Duration = .seconds(3)) async {
            var settings = ClusterConfiguration.Handover()
            settings.handlerTimeout = handlerTimeout
            await HandoverRun(cluster: self.clusters[index], core: self.all[index].core, settings: settings).run()
        }

        /// Waits until the event loops have done what they were given, so that a slow machine is not buried in it.
        func settle() async {
            for shard in self.all.flatMap(\.core.shards) { await shard.onLoop {} }
        }

        /// Waits until the first server's session of a client has received this many messages.
        func received(_ count: Int, from client: LosslessClient) async throws {
            let (all, id) = (self.all, client.withState { $0.id })
            guard let id, let shard = all[0].engine.shard(of: id) else { return }
            try await eventually("\(count) messages") { await shard.onLoop(of: id) ?? count >= count }
        }

        func sessions(at index: Int) async -> Int {
            var count = 0
            for shard in self.all[index].core.shards {
                count += await shard.onLoop { shard.engineShard.allSessions.count }
            }
            return count
        }
    }

    /// Handlers that note what they see.
    private static func noting(_ server: SocketIOServer, _ index: Int, _ notes: Notes) {
        server.onConnection { socket in
            notes.add("\(index) \(socket.isRestored ? "restored" : "connected")")
            if !socket.isRestored {
                socket.join("room")
                socket.data["name"] = "bob"
                socket.data["point"] = [1, 2]
                socket.data["here only"] = Gate()
            }
            socket.on("say") { (text: String) in
                socket.to("room").emit("said", text)
                return "\(index) \(text)"
            }
            socket.on("who") { () -> String in
                let name = socket.data["name", as: String.self] ?? "nobody"
                let point = socket.data["point", as: [Int].self] ?? []
                let count = socket.data["here only"] == nil ? 0 : 1
                return "\(name) \(point) \(count) \(socket.rooms.count) \(socket.isConnected)"
            }
            socket.on("upload") { (bytes: ByteBuffer) in "\(index) got \(bytes.readableBytes)" }
            socket.onDisconnect { (reason: DisconnectReason) in notes.add("\(index) lost \(reason)") }
        }
    }

    @Test func nobodyNotices() async throws {
        let servers = Servers(2, Self.noting)
        let (client, other) = (try await servers.client(0), try await servers.client(1))
        let id = try await client.join()
        _ = try await other.join()
        client.send(#"21["who"]"#)
        try await client.wait { $0.answerCount == 1 }
        await servers.all[0].shutDown()
        #expect(await servers.sessions(at: 0) == 0)
        #expect(await servers.sessions(at: 1) == 2)

        client.send(#"22["who"]"#)
        client.send(#"23["say","hello"]"#)
        servers.all[1].to(id).emit("direct")
        servers.all[1].emit("all")
        try await client.wait { $0.answerCount == 3 && $0.eventCount == 2 }
        #expect(client.answers == [#"1("bob [1, 2] 1 2 true")"#, #"2("bob [1, 2] 0 2 true")"#, #"3("1 hello")"#])
        #expect(client.events == ["direct()", "all()"])
        try await other.wait { $0.eventCount == 2 }
        #expect(Set(other.events) == [#"said("hello")"#, "all()"])
        #expect(client.attachCount == 1)
        #expect(client.faults == [])
        #expect(servers.notes.all == ["0 connected", "1 connected", "1 restored"])
        #expect(servers.clusters[1].order.recordCount == 0)
        #expect(servers.clusters[1].handovers.arrivalCount == 0)
    }

    @Test func aServerThatIsAloneEndsAsBefore() async throws {
        let servers = Servers(1, Self.noting)
        let client = try await servers.client()
        _ = try await client.join()
        await servers.all[0].shutDown()
        try await client.wait { $0.isEnded }
        #expect(servers.notes.all == ["0 connected", "0 lost server shutting down"])
    }

    @Test func handingOverCanBeSwitchedOff() async throws {
        var configuration = ClusterConfiguration()
        configuration.handover = nil
        let servers = Servers(2, configuration: configuration, Self.noting)
        let client = try await servers.client()
        _ = try await client.join()
        await servers.all[0].shutDown()
        try await client.wait { $0.isEnded }
        #expect(servers.notes.all == ["0 connected", "0 lost server shutting down"])
    }

    @Test func aSocketMayStay() async throws {
        let servers = Servers(2) { server, index, notes in
            Self.noting(server, index, notes)
            server.onConnection { $0.stayHere() }
        }
        let client = try await servers.client()
        _ = try await client.join()
        await servers.all[0].shutDown()
        try await client.wait { $0.isEnded }
        #expect(servers.notes.all == ["0 connected", "0 lost server shutting down"])
    }

    @Test func aSessionNeedsItsNamespaces() async throws {
        let servers = Servers(2) { server, index, notes in
            Self.noting(server, index, notes)
            if index == 0 { server.of("/only-here").onConnection { _ in } }
        }
        let (client, other) = (try await servers.client(), try await servers.client())
        _ = try await client.join()
        _ = try await client.join("/only-here")
        _ = try await other.join()
        await servers.all[0].shutDown()
        try await client.wait { $0.isEnded }
        #expect(!other.isEnded)
        #expect(await servers.sessions(at: 1) == 1)
    }

    @Test func severalNamespacesMoveTogether() async throws {
        let servers = Servers(2) { server, index, notes in
            for name in ["/", "/a", "/b"] {
                server.of(name).onConnection { socket in
                    notes.add("\(index) \(name) \(socket.isRestored)")
                    socket.on("where") { "\(index) \(name)" }
                }
            }
        }
        let client = try await servers.client()
        for name in ["/", "/a", "/b"] { _ = try await client.join(name) }
        await servers.all[0].shutDown()
        client.send(#"2/a,1["where"]"#)
        client.send(#"2/b,2["where"]"#)
        servers.all[1].of("/a").emit("x")
        try await client.wait { $0.answerCount == 2 && $0.eventCount == 1 }
        #expect(client.answers == [#"1("1 /a")"#, #"2("1 /b")"#])
        #expect(client.packets.last { $0.eventName != nil }?.namespace == "/a")
    }

    /// Of an event with attachments some messages came to the old server, the rest come to the new one.
    @Test func anEventMayBeHalfThere() async throws {
        let servers = Servers(2, Self.noting)
        let client = try await servers.client()
        _ = try await client.join()
        client.send(#"51-7["upload",{"_placeholder":true,"num":0}]"#)
        // Its number says when it has come.
        try await servers.received(2, from: client)
        await servers.all[0].shutDown()
        client.send([1, 2, 3])
        client.send(#"28["who"]"#)
        try await client.wait { $0.answerCount == 2 }
        #expect(client.answers == [#"7("1 got 3")"#, #"8("bob [1, 2] 0 2 true")"#])
        #expect(client.faults == [])
    }

    // MARK: Answers

    @Test func theClientsAnswerReachesWhoAsked() async throws {
        let servers = Servers(2, Self.noting)
        let client = try await servers.client()
        let id = try await client.join()
        let socket = try #require(await servers.all[0].core.adapter.sockets(.init(), in: servers.all[0].of("/")).first)
        let reply = Task { try await socket.emitWithAck("question", as: Int.self) }
        try await client.wait { $0.events == ["question()"] }
        await servers.handOver(from: 0)
        #expect(await servers.sessions(at: 1) == 1)
        client.send("30[42]")
        #expect(try await reply.value == 42)
        // New questions have other numbers, wherever they are asked.
        let second = Task { try await socket.emitWithAck("again", as: Int.self) }
        try await client.wait { $0.eventCount == 2 }
        #expect(client.packets.last?.ackID == 1)
        client.send("31[43]")
        #expect(try await second.value == 43)
        #expect(socket.id == id)
        #expect(!socket.isConnected)
    }

    @Test func whoAskedIsToldOfTheEnd() async throws {
        let servers = Servers(2, Self.noting)
        let client = try await servers.client()
        _ = try await client.join()
        let socket = try #require(await servers.all[0].core.adapter.sockets(.init(), in: servers.all[0].of("/")).first)
        let reply = Task { try await socket.emitWithAck("question", as: Int.self) }
        try await client.wait { $0.events == ["question()"] }
        await servers.all[0].shutDown()
        await #expect(throws: AcknowledgementError.disconnected) { try await reply.value }
    }

    /// A handler that is not done when its socket leaves answers and sends all the same.
    @Test func handlersMayFinishOnTheOldServer() async throws {
        let (begun, gate) = (Gate(), Gate())
        var configuration = ClusterConfiguration()
        configuration.handover?.handlerTimeout = .milliseconds(20)
        let servers = Servers(2, configuration: configuration) { server, index, _ in
            server.onConnection { socket in
                socket.on("slow") { () async -> String in
                    begun.open()
                    if index == 0 { await gate.pass() }
                    socket.emit("from", index)
                    socket.join("late")
                    return "\(index) done"
                }
                socket.on("next") { "\(index) next" }
            }
        }
        let client = try await servers.client()
        _ = try await client.join()
        client.send(#"21["slow"]"#)
        client.send(#"22["next"]"#)
        await begun.pass()
        try await servers.received(3, from: client)
        await servers.handOver(from: 0, .milliseconds(20))
        #expect(await servers.sessions(at: 1) == 1)
        // The event that had to wait went along.
        try await client.wait { $0.answerCount == 1 }
        #expect(client.answers == [#"2("1 next")"#])
        gate.open()
        try await client.wait { $0.answerCount == 2 && $0.eventCount == 1 }
        #expect(client.answers.last == #"1("0 done")"#)
        #expect(client.events == ["from(0)"])
        servers.all[1].to("late").emit("late")
        try await client.wait { $0.events.last == "late()" }
    }

    // MARK: Under load

    /// Sessions go from server to server while all servers send.
    @Test(arguments: [2, 3])
    func everyEventArrivesOnceAndInOrder(count: Int) async throws {
        let servers = Servers(count) { server, index, _ in
            server.onConnection { socket in
                if !socket.isRestored { socket.join("room") }
                socket.on("echo") { (number: Int) in number }
            }
        }
        var clients: [LosslessClient] = []
        for index in 0..<100 {
            let client = try await servers.client(index % count)
            _ = try await client.join()
            clients.append(client)
        }
        let total = 60
        let asked = 100
        await withTaskGroup(of: Void.self) { group in
            for (index, server) in servers.all.enumerated() {
                for kind in 0..<2 {
                    group.addTask {
                        for number in 0..<total {
                            if kind == 0 {
                                server.emit("all\(index)", number)
                            } else {
                                server.to("room").emit("room\(index)", number)
                            }
                            if number % 5 == 4 { await servers.settle() }
                        }
                    }
                }
            }
            group.addTask { [clients] in
                for number in 0..<asked {
                    for client in clients { client.send(#"2\#(number)["echo",\#(number)]"#) }
                    await servers.settle()
                }
            }
            group.addTask {
                for round in 0..<(3 * count) { await servers.handOver(from: round % count) }
            }
        }
        let expected = (0..<count).flatMap { index in ["all\(index)", "room\(index)"] }
        for client in clients {
            try await client.wait("all") { $0.eventCount >= expected.count * total && $0.answerCount >= asked }
            var numbers: [String: [String]] = [:]
            for event in client.events {
                let name = String(event.prefix { $0 != "(" })
                numbers[name, default: []].append(event)
            }
            for name in expected { #expect(numbers[name] == (0..<total).map { "\(name)(\($0))" }) }
            #expect(client.answers == (0..<asked).map { "\($0)(\($0))" })
            #expect(client.faults == [])
        }
        #expect(clients.reduce(0) { $0 + $1.attachCount } > 100 * count)
    }
}

extension EngineShard {
    /// How many messages a session has received.
    fileprivate func onLoop(of id: SessionID) async -> Int? {
        await withCheckedContinuation { continuation in
            self.eventLoop.execute { continuation.resume(returning: self.session(id)?.receivedCount) }
        }
    }
}

/// A clock whose time passes five times as fast.
struct HastyClock: Clock {
    typealias Instant = ContinuousClock.Instant

    var now: Instant { ContinuousClock.now }
    var minimumResolution: Duration { .nanoseconds(1) }

    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        let now = ContinuousClock.now
        try await ContinuousClock().sleep(until: now + (deadline - now) / 5)
    }
}
