// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Martlet
import MartletTestSupport
import NIOCore
import Testing
import WebSocketWire

/// What the application sees of a session that has lost its connection.
struct ReachabilityTests {
    private func io(_ notes: Notes) -> SocketIOServer {
        let io = SocketIOServer()
        io.onConnection { socket in
            socket.onReachabilityChange { isReachable in
                notes.add("\(isReachable ? "back" : "away") \(socket.isReachable)")
            }
            socket.onDisconnect { _ in notes.add("left \(socket.isReachable)") }
        }
        return io
    }

    @Test(arguments: BehaviourTests.transports)
    func aLosslessSessionIsAwayUntilItsClientIsBack(_ transport: TransportName) async throws {
        let notes = Notes()
        let io = self.io(notes)
        try await withServer(.standalone, io) { port in
            let client = try await LosslessClient(on: port)
            #expect(try await client.post("40", "&seq=1", on: port).body == "ok")
            let attach = client.target(transport, "&attach=1&ack=0")
            let connection = try await TestConnection.connect(to: port)
            let isWebSocket = transport == .websocket
            try await connection.write(
                isWebSocket ? TestWebSocket.handshake(attach) : TestConnection.request("GET", attach))
            _ = try await connection.openingAnswer()
            let socket = try #require(await io.sockets().first)
            #expect(socket.isReachable)
            // A client on polling is missed when the request breaks that waits for events.
            if transport == .polling {
                try await connection.write(TestConnection.request("GET", client.target(.polling, "&ack=1")))
            }
            await connection.close()
            try await eventually("the loss") { notes.all == ["away false"] }
            for price in 1...3 { socket.latest(of: "a").emit("price", price) }

            let target = client.target(.websocket, "&attach=2&ack=1")
            let back = try await TestWebSocket.connect(to: port, target)
            try await eventually("the return") { notes.all == ["away false", "back true"] }
            // The open packet of the attach, then the last price.
            _ = try await back.next()
            #expect(try await back.next() == .text(ByteBuffer(string: #"42["price",3]"#)))
            io.everyone.disconnectSockets(closingConnection: true)
            try await eventually("the end") { notes.all == ["away false", "back true", "left false"] }
            await back.connection.close()
        }
    }

    @Test func aPlainSessionLeavesAtOnce() async throws {
        let notes = Notes()
        let io = self.io(notes)
        try await withServer(.standalone, io) { port in
            let session = try await TestSession.open(.websocket, on: port)
            try await session.send("40")
            _ = try await session.nextMessage()
            await session.close()
            try await eventually("the end") { notes.all == ["left false"] }
        }
    }
}
