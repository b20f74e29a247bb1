// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Martlet
import MartletEngine
import MartletTestSupport
import NIOCore
import Testing

/// What is asked of a server that has ended.
struct AfterTheEndTests {
    @Test func everyCallReturnsOrThrowsAtOnce() async throws {
        let io = SocketIOServer.testing()
        let room = io.to("room")
        var found: [Socket] = []
        try await withServer(.standalone, io) { port in
            let session = try await TestSession.joined(.websocket, on: port)
            found = await io.sockets()
            await session.close()
        }
        let socket = try #require(found.first)
        #expect(await io.sockets().isEmpty)
        #expect(await io.everyone.count() == 0)
        #expect(try await io.fetchSockets().isEmpty)
        #expect(await io.rooms().isEmpty)
        #expect(await io.socket(id: socket.id) == nil)
        #expect(await room.count() == 0)
        #expect(await io.statistics().sessions == 0)
        io.emit("nobody hears this")
        io.socketsJoin("room")
        let answers = try await io.emitWithAck("question", as: Int.self)
        #expect(answers.socketCount == 0)

        socket.emit("nobody hears this")
        socket.join("room")
        socket.disconnect()
        #expect(socket.rooms.isEmpty && !socket.isConnected)
        #expect(await socket.unsentBytes == 0)
        await #expect(throws: AcknowledgementError.self) { try await socket.emitWithAck("question", as: Int.self) }
        await #expect(throws: SocketDisconnected.self) { try await socket.drained() }
    }

    /// What waited for a thread that has ended would keep them in memory.
    @Test func whatIsKeptOfOtherServersDoesNothingAndIsReleased() async throws {
        let sessions = AsyncStream.makeStream(of: EngineIOSession.self)
        let sockets = AsyncStream.makeStream(of: WebSocket.self)
        var session: EngineIOSession?
        var socket: WebSocket?
        do {
            let engine = EngineIOServer { sessions.continuation.yield($0) }
            let webSockets = WebSocketServer(path: "/ws") { sockets.continuation.yield($0) }
            try await withServer(.standalone, [.engineIO(engine), .webSocket(webSockets)]) { port in
                let client = try await TestSession.open(.websocket, on: port, path: engine.configuration.path)
                let webSocket = try await TestWebSocket.connect(to: port, "/ws")
                session = await sessions.stream.first { _ in true }
                socket = await sockets.stream.first { _ in true }
                await client.close()
                await webSocket.connection.close()
            }
        }
        for _ in 0..<2 {
            session?.send(text: ByteBuffer(string: "nobody hears this"))
            socket?.send(text: ByteBuffer(string: "nobody hears this"))
        }
        session?.close()
        socket?.close()
        weak let keptSession = session
        weak let keptSocket = socket
        session = nil
        socket = nil
        try await eventually("both are gone") { keptSession == nil && keptSocket == nil }
    }

    /// The task goes on when the server's threads have ended.
    @Test func aHandlerThatOutlivesItsServerEnds() async throws {
        let notes = Notes()
        let gate = Gate()
        let io = SocketIOServer.testing { $0.drain.cancellationTime = .milliseconds(50) }
        io.on("work") { (socket: Socket) async in
            notes.add("begins")
            await gate.pass()
            socket.emit("nobody hears this")
            notes.add("ends \(await io.everyone.count())")
        }
        try await withServer(.standalone, io) { port in
            let session = try await TestSession.joined(.websocket, on: port)
            try await session.send(#"42["work"]"#)
            try await eventually("the handler") { notes.all == ["begins"] }
            await session.close()
        }
        gate.open()
        try await eventually("the handler's end") { notes.all == ["begins", "ends 0"] }
    }

    @Test(arguments: [TransportName.polling, .websocket])
    func aServerMayRunAgain(transport: TransportName) async throws {
        let io = SocketIOServer.testing()
        var former: String?
        for _ in 0..<3 {
            try await withServer(.standalone, io) { port in
                if let former { try await self.check(former, isUnknownOn: port) }
                let session = try await TestSession.joined(transport, on: port)
                #expect(await io.everyone.count() == 1)
                #expect(await io.statistics().sessions == 1)
                former = await session.sid
                await session.close()
            }
        }
        #expect(former != nil)
    }

    /// The event loop of a session of an earlier run is no more, and is not asked.
    private func check(_ sid: String, isUnknownOn port: Int) async throws {
        let connection = try await TestConnection.connect(to: port)
        let answer = try await connection.send("GET", "/socket.io/?EIO=4&transport=polling&sid=\(sid)")
        #expect(answer.status == 400)
        await connection.close()
    }
}
