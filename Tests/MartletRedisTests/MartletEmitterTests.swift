// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEvents
import MartletTesting
import NIOCore
import Testing

@testable import MartletRedis

/// Events for clients from a process that serves none.
struct MartletEmitterTests {
    /// Two servers on a redis-server, with a client each.
    private struct Fixture {
        let redis: RedisServer
        let servers = [SocketIOServer(), SocketIOServer()]
        var nodes: [ClusterStatus] = []
        var clients: [TestClient] = []

        init(_ configuration: ClusterConfiguration = ClusterConfiguration()) async throws {
            self.redis = try await RedisServer()
            for (index, server) in self.servers.enumerated() {
                let bus = try RedisCluster(self.redis)
                server.onConnection { $0.join("all", "room \(index)") }
                server.of("/admin").onConnection { $0.join("all") }
                self.nodes.append(server.cluster(bus, configuration: configuration, clock: ContinuousClock()))
                try await bus.settle()
                self.clients.append(try await server.testClient())
            }
        }

        func emitter(_ configuration: ClusterConfiguration = ClusterConfiguration()) async throws -> MartletEmitter {
            try await MartletEmitter(url: self.redis.url, configuration: .test(), cluster: configuration)
        }

        func events(until end: String) async throws -> [[String]] {
            for client in self.clients { _ = try await client.next(end) }
            return self.clients.map { $0.events.filter { $0 != "\(end)()" } }
        }

        func end() async {
            for server in self.servers { await server.shutDown() }
        }
    }

    @Test func eventsReachClientsOfAllServers() async throws {
        let fixture = try await Fixture()
        let io = try await fixture.emitter()
        io.emit("everybody", 1, "two")
        io.to("room 0").emit("first")
        io.to(["room 0", "room 1"]).except("room 0").emit("second")
        io.in("all").volatile.compress(false).emit("volatile")
        io.send("message")
        io.emit("bytes", ByteBuffer(string: "abc"))
        io.of("admin").emit("other namespace")
        io.emit("end")
        let events = try await fixture.events(until: "end")
        let rest = ["volatile()", "message(\"message\")"]
        #expect(
            events.map { $0.dropLast() } == [
                ["everybody(1,\"two\")", "first()"] + rest, ["everybody(1,\"two\")", "second()"] + rest,
            ])
        #expect(events.allSatisfy { $0.last?.hasPrefix("bytes(") == true })
        // It is no node, before and after.
        #expect(fixture.nodes.map(\.nodeCount) == [1, 1])
        #expect(try await fixture.servers[0].fetchSockets().count == 2)
        await fixture.end()
    }

    @Test func socketsAreMovedAndDisconnected() async throws {
        let fixture = try await Fixture()
        let io = try await fixture.emitter()
        io.to("room 0").socketsJoin("new", "newer")
        io.to("room 1").socketsJoin(["new"])
        io.socketsLeave("newer")
        io.to("new").emit("new")
        io.to("newer").emit("newer")
        io.emit("end")
        #expect(try await fixture.events(until: "end") == [["new()"], ["new()"]])
        io.to("room 0").disconnectSockets()
        io.emit("still there")
        _ = try await fixture.clients[0].next { $0.kind == .disconnected }
        _ = try await fixture.clients[1].next("still there")
        await fixture.end()
    }

    @Test func serversAreTold() async throws {
        let fixture = try await Fixture()
        let told = Inbox<String>()
        for (index, server) in fixture.servers.enumerated() {
            server.onServerSideEvent("reload") { (what: String) in told.append("\(index) \(what)") }
            server.of("/admin").onServerSideEvent("reload") { (what: String) in told.append("admin \(index) \(what)") }
        }
        let io = try await fixture.emitter()
        io.serverSideEmit("reload", "prices")
        io.of("/admin").serverSideEmit("reload", "users")
        #expect(
            Set(try await told.wait(for: 4)) == ["0 prices", "1 prices", "admin 0 users", "admin 1 users"])
        await fixture.end()
    }

    @Test func namespacesAndUsersAreAddressed() async throws {
        let fixture = try await Fixture()
        let io = try await fixture.emitter()
        let admin = try await fixture.servers[1].testConnection()
        _ = try await admin.join("/admin")
        fixture.servers[1].of("/admin").everyone.socketsJoin("here")
        io.of("/admin").to("all").emit("hello")
        _ = try await admin.next("hello")
        fixture.servers[0].onConnection { $0.join(user: "17") }
        let user = try await fixture.servers[0].testClient()
        io.to(user: "17").emit("mail")
        io.except(user: "17").emit("others")
        io.emit("end")
        _ = try await user.next("end")
        #expect(user.events == ["mail()", "end()"])
        await fixture.end()
    }

    @Test func clustersAreToldApart() async throws {
        var configuration = ClusterConfiguration()
        configuration.channelPrefix = "other"
        let fixture = try await Fixture(configuration)
        let wrong = try await fixture.emitter()
        wrong.emit("wrong")
        try await wrong.flush()
        let io = try await fixture.emitter(configuration)
        io.emit("end")
        #expect(try await fixture.events(until: "end") == [[], []])
        await fixture.end()
    }

    @Test func whatIsFlushedIsThere() async throws {
        let redis = try await RedisServer()
        let observer = try RedisCluster(redis)
        let (messages, subscription) = observer.texts(of: "martlet/")
        try await observer.settle()
        var io: MartletEmitter? = try await MartletEmitter(url: redis.url)
        for number in 0..<100 { io?.emit("number", number) }
        try await io?.flush()
        let calls = try await observer.command("INFO", "commandstats").string
        #expect(calls?.contains("cmdstat_publish:calls=100,") == true)
        io = nil
        #expect(try await messages.wait(for: 100).count == 100)
        subscription.cancel()
    }

    @Test func flushSaysWhatWasLost() async throws {
        let redis = try await RedisServer()
        let io = try await MartletEmitter(url: redis.url, configuration: .test())
        let events = Inbox<RedisEvent>()
        io.onEvent { events.append($0) }
        redis.kill()
        try await events.wait("the loss") { $0.error != nil }
        io.emit("waits")
        let error = await #expect(throws: RedisError.self) { try await io.flush(timeout: .milliseconds(50)) }
        #expect(error?.code == .timedOut)
        try await redis.start()
        try await io.flush()
        #expect(await io.isClosedAfterClosing())
    }

    @Test func errorsAreReported() async throws {
        struct Unencodable: Encodable {
            func encode(to encoder: any Encoder) throws { throw RedisError(.closed) }
        }
        let redis = try await RedisServer()
        let io = try await MartletEmitter(url: redis.url, configuration: .test())
        let failures = Inbox<String?>()
        io.onError { failures.append($0.event) }
        io.emit("bad", Unencodable())
        io.emit("connect")
        #expect(failures.all == ["bad", "connect"])
    }
}

extension MartletEmitter {
    fileprivate func isClosedAfterClosing() async -> Bool {
        await self.close()
        do {
            try await self.flush()
            return false
        } catch {
            return (error as? RedisError)?.code == .closed
        }
    }
}
