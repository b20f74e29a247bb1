// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Logging
import Martlet
import MartletTestSupport
import NIOConcurrencyHelpers
import NIOCore
import ServiceLifecycle
import Testing
import WebSocketWire

/// A graceful shutdown, seen by clients, by handlers, and by a load balancer.
struct DrainTests {
    /// A server that can be asked to go down, then be hurried.
    private struct Running: Sendable {
        let port: Int
        let group: ServiceGroup
        let task: Task<Void, any Error>

        init(_ io: SocketIOServer, configure: (inout MartletServer.Configuration) -> Void = { _ in }) async throws {
            var configuration = MartletServer.Configuration(port: 0, threads: 2)
            configure(&configuration)
            let (addresses, listening) = AsyncStream.makeStream(of: Int.self)
            let server = MartletServer(
                [.socketIO(io), .health()],
                configuration: configuration,
                onListening: { listening.yield($0.port ?? 0) }
            )
            let group = ServiceGroup(services: [server], logger: Logger(label: "test"))
            self.group = group
            self.task = Task { try await group.run() }
            guard let port = await addresses.first(where: { _ in true }) else { throw TestFailure.ended }
            self.port = port
        }

        func shutDown() async { await self.group.triggerGracefulShutdown() }
        func end() async throws { try await self.task.value }
    }

    private func io(
        _ gate: Gate,
        _ notes: Notes = Notes(),
        configure: (inout SocketIOConfiguration) -> Void = { _ in }
    ) -> SocketIOServer {
        let io = SocketIOServer.testing(notes, configure: configure)
        io.onConnection { socket in
            socket.on("work") { (name: String) async -> String in
                notes.add("begins \(name)")
                await gate.pass()
                notes.add("ends \(name)")
                return name
            }
        }
        return io
    }

    @Test(arguments: BehaviourTests.transports)
    func handlersThatRunFinishAndAreAnswered(_ transport: TransportName) async throws {
        let (gate, notes) = (Gate(), Notes())
        let running = try await Running(self.io(gate, notes))
        let session = try await TestSession.joined(transport, on: running.port)
        try await session.send(#"420["work","one"]"#, #"421["work","two"]"#)
        try await eventually("the handler runs") { notes.all.contains("begins one") }
        let reading = Task {
            let answers = [try await session.nextMessage(), try await session.nextMessage()]
            return (answers, try await session.waitForEnd())
        }
        await running.shutDown()
        gate.open()
        let (answers, _) = try await reading.value
        #expect(answers == [#"430["one"]"#, #"431["two"]"#])
        try await running.end()
        #expect(
            notes.all == [
                "begins one", "ends one", "begins two", "ends two", "disconnected: server shutting down",
            ])
        await session.close()
    }

    @Test func aHandlerThatDoesNotFinishIsWaitedForUntilTheDeadline() async throws {
        let (gate, notes) = (Gate(), Notes())
        let running = try await Running(self.io(gate, notes) { $0.drain.timeout = .milliseconds(300) })
        let session = try await TestSession.joined(.websocket, on: running.port)
        try await session.send(#"420["work","one"]"#)
        try await eventually("the handler runs") { notes.all.contains("begins one") }
        let start = ContinuousClock.now
        await running.shutDown()
        #expect(try await session.waitForEnd() == false)
        #expect(ContinuousClock.now - start >= .milliseconds(300))
        await session.close()
        try await running.end()
        gate.open()
    }

    @Test func whoIsInAHurryCancels() async throws {
        let (gate, notes) = (Gate(), Notes())
        let running = try await Running(self.io(gate, notes) { $0.drain.timeout = .seconds(600) })
        let session = try await TestSession.joined(.websocket, on: running.port)
        try await session.send(#"420["work","one"]"#)
        try await eventually("the handler runs") { notes.all.contains("begins one") }
        await running.shutDown()
        try await eventually("the shutdown has begun") { try await self.health(running.port) == nil }
        running.task.cancel()
        #expect(try await session.waitForEnd() == false)
        await session.close()
        _ = await running.task.result
        gate.open()
    }

    @Test func manySessionsEndOneAfterTheOther() async throws {
        let ends = NIOLockedValueBox<[ContinuousClock.Instant]>([])
        let io = SocketIOServer.testing { $0.engine.drain.sessionsPerSecond = 200 }
        io.onConnection { socket in
            socket.onDisconnect { _ in ends.withLockedValue { $0.append(.now) } }
        }
        let running = try await Running(io)
        var sessions: [TestSession] = []
        for _ in 0..<100 { sessions.append(try await .joined(.websocket, on: running.port)) }
        let start = ContinuousClock.now
        await running.shutDown()
        for session in sessions {
            #expect(try await session.waitForEnd() == false)
            await session.close()
        }
        try await running.end()
        // Half a second, give or take: by chance all of them are in one half of it once in 2^99 runs.
        let times = ends.withLockedValue { $0 }.map { $0 - start }
        #expect(times.count == 100)
        #expect(times.contains { $0 > .milliseconds(250) })
        #expect((times.max() ?? .zero) - (times.min() ?? .zero) > .milliseconds(200))
    }

    @Test func theSpanGrowsWithTheSessionsUpToALimit() {
        var drain = EngineIOConfiguration.Drain()
        #expect(drain.span(of: 0) == .zero)
        #expect(drain.span(of: 19) == .zero)
        #expect(drain.span(of: 20) == .milliseconds(10))
        #expect(drain.span(of: 1000) == .milliseconds(500))
        #expect(drain.span(of: 10_000) == .seconds(5))
        #expect(drain.span(of: 1_000_000) == .seconds(5))
        drain.sessionsPerSecond = 0
        #expect(drain.span(of: 1) == .seconds(1))
    }

    /// The status of `/healthz`; nil when nobody listens.
    private func health(_ port: Int, _ path: String = "/healthz") async throws -> Int? {
        guard let connection = try? await TestConnection.connect(to: port) else { return nil }
        let status = try? await connection.send("GET", path).status
        await connection.close()
        return status
    }

    @Test func theLoadBalancerHearsOfItFirst() async throws {
        let running = try await Running(.testing()) { $0.readinessDelay = .seconds(600) }
        #expect(try await self.health(running.port) == 200)
        #expect(try await self.health(running.port, "/healthz/ready?x") == 200)
        #expect(try await self.health(running.port, "/healthz/live") == 200)
        #expect(try await self.health(running.port, "/healthz/other") == 404)
        await running.shutDown()
        try await eventually("it is not ready") { try await self.health(running.port) == 503 }
        #expect(try await self.health(running.port, "/healthz/live") == 200)
        // All is as before.
        let session = try await TestSession.joined(.polling, on: running.port)
        try await session.send(#"42["echo",1]"#)
        #expect(try await session.nextMessage() == #"42["echo",1]"#)
        await session.close()
        running.task.cancel()
        _ = await running.task.result
    }

    @Test func noSessionIsOpenedWhileTheOthersEnd() async throws {
        let (gate, notes) = (Gate(), Notes())
        let failures = Notes()
        let io = self.io(gate, notes) {
            $0.onConnectionError = { failures.add("\($0.code) \($0.context["name"] ?? "")") }
        }
        let running = try await Running(io)
        let kept = try await TestConnection.connect(to: running.port)
        #expect(try await kept.send("GET", "/healthz").status == 200)
        let session = try await TestSession.joined(.websocket, on: running.port)
        try await session.send(#"420["work","one"]"#)
        try await eventually("the handler runs") { notes.all.contains("begins one") }
        #expect(!io.isShuttingDown)
        await running.shutDown()
        try await eventually("the drain has begun") { io.isShuttingDown }
        let refused = try await kept.send("GET", "/socket.io/?EIO=4&transport=polling")
        #expect(refused.status == 503)
        #expect(refused["retry-after"] == "1")
        #expect(refused.body == #"{"code":4,"message":"The server is shutting down"}"#)
        #expect(failures.all == ["4 SHUTTING_DOWN"])
        gate.open()
        _ = try await session.waitForEnd()
        await session.close()
        await kept.close()
        try await running.end()
    }

    @Test func aPollingClientWithoutAGetIsToldByTheNext() async throws {
        let (gate, notes) = (Gate(), Notes())
        let running = try await Running(self.io(gate, notes))
        // Holds the server up until the other one has asked.
        let busy = try await TestSession.joined(.websocket, on: running.port)
        try await busy.send(#"420["work","one"]"#)
        try await eventually("the handler runs") { notes.all.contains("begins one") }
        let session = try await TestSession.joined(.polling, on: running.port)
        await running.shutDown()
        try await eventually("it is over") { notes.all.contains("disconnected: server shutting down") }
        #expect(try await session.waitForEnd())
        gate.open()
        _ = try await busy.waitForEnd()
        for session in [busy, session] { await session.close() }
        try await running.end()
    }

    /// A server may end one connection, or all of them in turn.
    @Test(arguments: BehaviourTests.transports)
    func aConnectionThatIsEndedTakesOnlyItsSessionAlong(transport: TransportName) async throws {
        let notes = Notes()
        let channels = NIOLockedValueBox<[any Channel]>([])
        let io = SocketIOServer.testing(notes)
        let listener = try await EmbeddedServer.listen(
            // It keeps the event to itself.
            [.socketIO(io)], withPipeliningAssistance: false
        ) { channel in channels.withLockedValue { $0.append(channel) } }
        let port = try #require(listener.localAddress?.port)
        let session = try await TestSession.joined(transport, on: port)
        let count = channels.withLockedValue { $0.count }
        async let isToldSo = session.waitForEnd()
        // On long polling, a GET waits.
        try await eventually("the session can be sent to") {
            for shard in io.engine.allShards {
                let isWritable = try await shard.eventLoop.submit {
                    shard.allSessions.contains { $0.transport.isWritable }
                }.get()
                if isWritable { return true }
            }
            return false
        }
        var others: [TestSession] = []
        for transport in BehaviourTests.transports {
            others.append(try await TestSession.joined(transport, on: port))
        }
        for channel in channels.withLockedValue({ $0.prefix(count) }) {
            channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        }
        #expect(try await isToldSo == (transport != .websocket))
        try await eventually("the end") { notes.all == ["disconnected: server shutting down"] }
        for other in others {
            try await other.send(#"420["ack","still"]"#)
            #expect(try await other.nextMessage() == #"430["still"]"#)
            await other.close()
        }
        await session.close()
        try await listener.close()
    }

    @Test func embeddedServersDrainToo() async throws {
        let (gate, notes) = (Gate(), Notes())
        let io = self.io(gate, notes)
        try await withServer(.embedded, io) { port in
            let session = try await TestSession.joined(.websocket, on: port)
            let polling = try await TestSession.joined(.polling, on: port)
            try await session.send(#"420["work","one"]"#)
            try await eventually("the handler runs") { notes.all.contains("begins one") }
            let shutDown = Task { await io.shutDown() }
            try await eventually("the drain has begun") { io.isShuttingDown }
            gate.open()
            #expect(try await session.nextMessage() == #"430["one"]"#)
            #expect(try await session.waitForEnd() == false)
            await shutDown.value
            // Also after the shutdown.
            #expect(try await polling.waitForEnd())
            for session in [session, polling] { await session.close() }
        }
    }
}
