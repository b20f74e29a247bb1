// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Logging
import Martlet
import MartletTestSupport
import NIOCore
import NIOPosix
import ServiceLifecycle
import Testing
import WebSocketWire

/// Starting, and above all ending.
struct MartletServerTests {
    /// A server in a service group, which can be asked to go down.
    func withRunning(
        _ io: SocketIOServer,
        shutdownTimeout: Duration = .seconds(20),
        configure: (inout MartletServer.Configuration) -> Void = { _ in },
        _ body: (_ port: Int, _ shutDown: @escaping @Sendable () async -> Void) async throws -> Void
    ) async throws -> Duration {
        var configuration = MartletServer.Configuration(port: 0, threads: 2)
        configuration.shutdownTimeout = shutdownTimeout
        configure(&configuration)
        let (addresses, listening) = AsyncStream.makeStream(of: Int.self)
        let server = MartletServer(
            [.socketIO(io)],
            configuration: configuration,
            onListening: { listening.yield($0.port ?? 0) }
        )
        let group = ServiceGroup(services: [server], logger: Logger(label: "test"))
        let running = Task { try await group.run() }
        guard let port = await addresses.first(where: { _ in true }) else { throw TestFailure.ended }
        try await body(port) { await group.triggerGracefulShutdown() }
        let start = ContinuousClock.now
        await group.triggerGracefulShutdown()
        try await running.value
        return ContinuousClock.now - start
    }

    @Test func clientsSeeTheEndAndTheServerReturns() async throws {
        let notes = Notes()
        let took = try await self.withRunning(.testing(notes)) { port, shutDown in
            let webSocket = try await TestSession.joined(.websocket, on: port)
            let stream = try await TestSession.joined(.sse, on: port)
            let polling = try await TestSession.joined(.polling, on: port)
            async let polled = polling.waitForEnd()
            // The GET is on its way once the server has answered what came after it.
            try await webSocket.send(#"42["echo",1]"#)
            _ = try await webSocket.nextMessage()
            await shutDown()
            #expect(try await webSocket.waitForEnd() == false)
            #expect(try await stream.waitForEnd())
            #expect((try? await polled) != nil)
            for session in [webSocket, stream, polling] { await session.close() }
        }
        #expect(notes.all.count == 3)
        #expect(Set(notes.all).isSubset(of: ["disconnected: server shutting down", "disconnected: transport error"]))
        #expect(took < .seconds(10) * TestTime.factor)
    }

    @Test func aWebSocketIsToldThatTheServerRestarts() async throws {
        let notes = Notes()
        _ = try await self.withRunning(.testing(notes)) { port, shutDown in
            let socket = try await TestWebSocket.connect(to: port, "/socket.io/?EIO=4&transport=websocket")
            _ = try await socket.next()
            await shutDown()
            #expect(try await socket.next() == .close(.serviceRestart, reason: ""))
            var close = ByteBuffer()
            close.writeInteger(UInt16(1012))
            try await socket.send(.close, close)
            try await socket.connection.waitForEnd()
        }
    }

    @Test func idleConnectionsDoNotHoldTheServerUp() async throws {
        let took = try await self.withRunning(.testing()) { port, shutDown in
            let used = try await TestConnection.connect(to: port)
            #expect(try await used.send("GET", "/socket.io/?EIO=4&transport=polling").status == 200)
            let other = try await TestConnection.connect(to: port)
            #expect(try await other.send("GET", "/other").status == 404)
            let fresh = try await TestConnection.connect(to: port)
            #expect(try await TestConnection.connect(to: port).send("GET", "/other").status == 404)
            await shutDown()
            for connection in [used, other, fresh] { try await connection.waitForEnd() }
        }
        #expect(took < .seconds(10) * TestTime.factor)
    }

    @Test func aConnectionThatDoesNotEndIsCutOff() async throws {
        _ = try await self.withRunning(.testing(), shutdownTimeout: .milliseconds(200)) { port, shutDown in
            let connection = try await TestConnection.connect(to: port)
            try await connection.write("POST /other HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n")
            #expect(try await TestConnection.connect(to: port).send("GET", "/other").status == 404)
            await shutDown()
            try await connection.waitForEnd()
        }
    }

    @Test func nobodyIsAcceptedAfterwards() async throws {
        var port = 0
        _ = try await self.withRunning(.testing()) { listening, _ in port = listening }
        let closed = port
        await #expect(throws: (any Error).self) { try await TestConnection.connect(to: closed) }
    }

    @Test func anAddressInUseIsAnError() async throws {
        try await withServer(.standalone, .testing()) { port in
            let second = MartletServer([.socketIO(.testing())], configuration: .init(port: port, threads: 1))
            await #expect(throws: (any Error).self) { try await second.run() }
        }
    }

    @Test func theApplicationsEventLoopsGoOn() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        _ = try await self.withRunning(.testing()) {
            $0.eventLoopGroup = group
        } _: { port, _ in
            let session = try await TestSession.joined(.websocket, on: port)
            await session.close()
        }
        #expect(try await group.next().submit { 1 }.get() == 1)
        try await group.shutdownGracefully()
    }

    private struct Failure: Error {}

    private struct BrokenService: Service {
        let broken: AsyncStream<Void>

        func run() async throws {
            for await _ in self.broken { throw Failure() }
        }
    }

    @Test func aServerEndsWithTheServicesBesideIt() async throws {
        let (broken, breaking) = AsyncStream.makeStream(of: Void.self)
        let (ports, listening) = AsyncStream.makeStream(of: Int.self)
        let running = Task {
            try await SocketIOServer.testing().run(
                port: 0,
                services: [BrokenService(broken: broken)],
                onListening: { listening.yield($0.port ?? 0) }
            )
        }
        let port = try #require(await ports.first { _ in true })
        try await TestConnection.connect(to: port).close()
        breaking.yield()
        await #expect(throws: Failure.self) { try await running.value }
        await #expect(throws: (any Error).self) { try await TestConnection.connect(to: port) }
    }

    @Test func aServerSaysWhetherOthersReachIt() throws {
        #expect(
            try SocketAddress(ipAddress: "127.0.0.1", port: 3000).announcement
                == "listening on 127.0.0.1:3000, which only this machine reaches")
        #expect(
            try SocketAddress(ipAddress: "::1", port: 3000).announcement
                == "listening on [::1]:3000, which only this machine reaches")
        #expect(try SocketAddress(ipAddress: "0.0.0.0", port: 80).announcement == "listening on 0.0.0.0:80")
    }

    @Test func theStatisticsCountWhatIsOpen() async throws {
        let io = SocketIOServer.testing()
        try await withServer(.standalone, io) { port in
            var sessions: [TestSession] = []
            for transport in BehaviourTests.transports {
                sessions.append(try await .joined(transport, on: port))
                sessions.append(try await .joined(transport, on: port))
            }
            let statistics = await io.statistics()
            #expect(statistics.sessions == 6)
            #expect(statistics.sessionsByTransport == [.websocket: 2, .sse: 2, .polling: 2])
            #expect(statistics.messagesIn == 6)
            #expect(statistics.messagesOut == 12)
            #expect(statistics.sockets == 6)
            #expect(statistics.socketsByNamespace == ["/": 6])
            #expect(statistics.disconnects == [:])
            for session in sessions.prefix(4) { await session.close() }
            try await eventually("the ends") { await io.statistics().sessions == 2 }
            #expect(await io.statistics().disconnects.values.reduce(0, +) == 4)
            for session in sessions { await session.close() }
        }
    }
}
