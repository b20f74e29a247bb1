// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Martlet
import MartletMessagePack
import MartletTesting
import NIOCore
import Testing

/// The right-hand sides of MigratingFromSocketIO.md.
struct MigratingSamples {
    private struct Forbidden: Error {}

    private func check(_ request: HandshakeRequest) async throws {}
    private func check(_ socket: Socket) async throws {
        guard socket.handshake.query["key"] == nil else { throw ConnectionRefused(message: "no", data: ["code": 1]) }
    }

    @Test func settings() async throws {
        @Sendable func check(_ request: HandshakeRequest) async throws {}
        @Sendable func log(_ text: String) { print(text) }
        var configuration = SocketIOConfiguration()
        configuration.pingInterval = .seconds(10)
        configuration.maxPayload = 1_000_000
        configuration.cors = CORSConfiguration(allowedOrigins: .only(["https://a.example"]))
        configuration.perMessageDeflate = PerMessageDeflate()
        configuration.connectionStateRecovery = ConnectionStateRecovery()
        configuration.cookie = try SessionCookie()
        configuration.allowRequest = { request in try await check(request) }
        configuration.onConnectionError = { failure in log(failure.message) }
        #expect(configuration.httpMiddleware.isEmpty)
        #expect(configuration.initialHeaders == nil)
        configuration.parser = .messagePack
        let io = SocketIOServer(configuration: configuration)
        let bus = InProcessBus()
        io.cluster(bus)
        _ = io.channelHandler()
        #expect(await io.statistics().sessions == 0)
        await io.shutDown()
    }

    /// Compiled, not called: it would serve until the process ends.
    private func serve(_ io: SocketIOServer) async throws {
        try await io.run(port: 3000)
    }

    @Test func joining() async throws {
        let io = SocketIOServer()
        @Sendable func greet(_ socket: Socket) { socket.emit("hello") }
        @Sendable func check(_ socket: Socket) async throws {
            if socket.namespace.name != "/" {
                throw ConnectionRefused(message: "no", data: ["code": 1])
            }
        }
        io.onConnection { socket in greet(socket) }
        io.use { socket in try await check(socket) }
        _ = io.of("/admin")
        _ = io.of(matching: /\/dynamic-\d+/)
        _ = io.of { name, auth in name.hasPrefix("/tenant/") }
        io.onNewNamespace { namespace in print(namespace.name) }
        let client = try await io.testClient()
        for namespace in ["/admin", "/dynamic-1", "/tenant/a"] { try await client.join(namespace) }
        _ = try await client.next("hello")
    }

    @Test func hearing() async throws {
        let io = SocketIOServer()
        @Sendable func allow(_ event: String) throws { if event == "forbidden" { throw Forbidden() } }
        io.onError { failure in print(failure) }
        io.onConnection { socket in
            let token = socket.on("say") { (text: String) in print(text) }
            socket.on("sum") { (a: Int, b: Int) in a + b }
            socket.once("hello") { print("once") }
            socket.off(token)
            socket.off("say")
            socket.onAny { event, arguments in print(event, arguments) }
            socket.prependAny { event, arguments in print(event, arguments) }
            socket.offAny()
            socket.onAnyOutgoing { event, arguments in print(event, arguments) }
            socket.use { event, arguments in try allow(event) }
            socket.onDisconnecting { reason in print(reason, socket.rooms) }
            socket.onDisconnect { reason in print(reason, reason.details ?? "") }
        }
        let client = try await io.testClient()
        #expect(try await client.emitWithAck("sum", 1, 2).description == "3")
        #expect(
            try await client.emitWithAck("forbidden").description
                == #"{"error":{"name":"EventError","message":"Internal error","code":"internal_error"}}"#)
    }

    @Test func sending() async throws {
        let io = SocketIOServer()
        let client = try await io.testClient()
        let socket = try #require(await io.sockets().first)
        let answers = Task {
            for _ in 0..<4 { try await client.acknowledge(client.next("ask"), with: 7) }
        }
        socket.emit("said", "hi", 1)
        socket.send("hi")
        #expect(try await socket.emitWithAck("ask", as: Int.self) == 7)
        #expect(try await socket.emitWithAck("ask", timeout: .seconds(5), as: Int.self) == 7)
        socket.emit("ask", timeout: .seconds(5)) { (result: Result<Int, AcknowledgementError>) in print(result) }
        socket.volatile.emit("position", 1)
        socket.compress(false).emit("blob")
        io.emit("news")
        io.to("a").to("b").except("c").emit("news")
        io.local.emit("news")
        let all = try await io.emitWithAck("ask", timeout: .seconds(5), as: Int.self).collected()
        #expect(all.replies.values.map { $0 } == [7])
        socket.broadcast.emit("news")
        socket.to("a").emit("news")
        socket.broadcast.local.emit("news")
        try await answers.value
        #expect(client.received.filter { $0.isEvent("news") }.count == 2)
    }

    @Test func theWholeServer() async throws {
        let io = SocketIOServer()
        io.of("/").onRoomEvent { event in print(event) }
        let client = try await io.testClient()
        let socket = try #require(await io.sockets().first)
        socket.join("a")
        socket.data["name"] = "Ada"
        let remote = try await io.fetchSockets()
        #expect(remote.map(\.id) == [socket.id])
        io.in("a").socketsJoin("b")
        await client.run()
        #expect(socket.rooms == [socket.id, "a", "b"])
        io.in("a").socketsLeave("b")
        #expect(await io.socketCount(in: "a") == 1)
        socket.leave("a")
        io.in("a").disconnectSockets(closingConnection: true)
        io.serverSideEmit("hello", 1)
        io.onServerSideEvent("hello") { (n: Int) in print(n) }
        _ = try await io.serverSideEmitWithAck("ask", as: Int.self)
        await client.run()
        #expect(socket.isConnected)
    }

    @Test func oneSocket() async throws {
        let io = SocketIOServer()
        io.onConnection { socket in
            socket.onTransportChange { transport in print(transport) }
            socket.on("disconnect me") { socket.disconnect() }
        }
        let client = try await io.testClient(auth: ["token": "t"])
        let socket = try #require(await io.sockets().first)
        #expect(try socket.handshake.auth.decode(as: [String: String].self) == ["token": "t"])
        #expect(socket.handshake.query["EIO"] == "4")
        #expect(socket.handshake.address == nil)
        #expect(!socket.recovered)
        #expect(socket.namespace.name == "/")
        #expect(socket.transport == .websocket)
        socket.disconnect(closingConnection: true)
        await client.run()
        #expect(!socket.isConnected)
    }
}
