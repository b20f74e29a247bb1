// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEngine
import MartletEvents
import MartletTestSupport
import MartletTesting
import NIOCore
import NIOEmbedded
import Testing

struct DisconnectTests {
    private func server(_ notes: Notes) -> SocketIOServer {
        let io = SocketIOServer()
        io.onConnection { socket in
            socket.join("room")
            socket.onDisconnecting { reason in
                notes.add("disconnecting \(reason) \(socket.rooms.contains("room")) \(socket.isConnected)")
            }
            socket.onDisconnect { reason in
                notes.add("disconnect \(reason) \(socket.rooms.isEmpty) \(!socket.isConnected)")
            }
            socket.on("disconnect-me") { socket.disconnect() }
            socket.on("close-me") { socket.disconnect(closingConnection: true) }
            socket.on("a") { notes.add("a") }
        }
        return io
    }

    private func expected(_ reason: String) -> [String] {
        ["disconnecting \(reason) true true", "disconnect \(reason) true true"]
    }

    @Test func aClientThatLeavesKeepsItsConnection() async throws {
        let notes = Notes()
        let client = try await self.server(notes).testClient()
        try await client.leave()
        #expect(notes.all == self.expected("client namespace disconnect"))
        #expect(client.received.count == 1)
        #expect(try await !client.isClosed())
        try await client.join()
    }

    @Test(arguments: [
        ("9", "parse error: unknown packet type"),
        (#"2/nowhere,["a"]"#, "forced server close: a packet for a namespace that was not joined"),
    ])
    func theReasonOfTheEndHasDetails(sent: String, expected: String) async throws {
        let notes = Notes()
        let io = SocketIOServer()
        io.onConnection { socket in
            socket.onDisconnect { notes.add("\($0): \($0.details ?? "")") }
        }
        let client = try await io.testClient()
        try await client.send(text: sent)
        #expect(notes.all == [expected])
        #expect(DisconnectReason.parseError.with(details: "a") == .parseError)
    }

    @Test func theServerTellsWhomItDisconnects() async throws {
        let notes = Notes()
        let client = try await self.server(notes).testClient()
        try await client.emit("disconnect-me")
        #expect(notes.all == self.expected("server namespace disconnect"))
        #expect(client.received.last?.kind == .disconnected)
        #expect(try await !client.isClosed())
    }

    @Test func theServerMayCloseTheConnection() async throws {
        let notes = Notes()
        let io = self.server(notes)
        _ = io.of("/other")
        let client = try await io.testClient()
        try await client.join("/other")
        try await client.emit("close-me")
        #expect(notes.all == self.expected("server namespace disconnect"))
        #expect(client.received.suffix(2).map(\.kind) == [.disconnected, .disconnected])
        #expect(try await client.isClosed())
    }

    @Test func aLostConnectionIsAReason() async throws {
        let notes = Notes()
        let client = try await self.server(notes).testClient()
        try await client.drop()
        #expect(notes.all == self.expected("transport close"))
    }

    @Test func shuttingDownIsAReason() async throws {
        let notes = Notes()
        let io = self.server(notes)
        let client = try await io.testClient()
        await io.shutDown()
        #expect(notes.all == self.expected("server shutting down"))
        #expect(try await client.isClosed())
    }

    @Test func eventsThatWaitAreDropped() async throws {
        let notes = Notes()
        let gate = Gate()
        let io = self.server(notes)
        io.onConnection { socket in
            socket.on("wait") { () async in
                await gate.pass()
                notes.add("passed \(socket.isConnected)")
            }
        }
        let client = try await io.testClient()
        try await client.emit("wait")
        try await client.emit("a")
        try await client.drop()
        gate.open()
        try await client.wait { notes.all.count == 3 }
        await client.eventLoop.run()
        #expect(notes.all == self.expected("transport close") + ["passed false"])
    }

    @Test func anEventAfterADisconnectInTheSameHandlerGoesNowhere() async throws {
        let io = SocketIOServer()
        io.onConnection { socket in
            socket.on("a") {
                socket.disconnect()
                socket.emit("never")
                socket.join("room")
            }
        }
        let client = try await io.testClient()
        try await client.emit("a")
        #expect(client.events.isEmpty)
        #expect(await io.socketCount(in: "room") == 0)
    }

    @Test func aSocketMayBeDisconnectedInItsConnectionHandler() async throws {
        let io = SocketIOServer()
        let notes = Notes()
        io.onConnection { socket in
            socket.onDisconnect { notes.add($0.rawValue) }
            socket.disconnect()
        }
        let client = try await io.testClient()
        #expect(client.received.map(\.kind).last == .disconnected)
        #expect(notes.all == ["server namespace disconnect"])
    }

    @Test func whatHandlersCaptureIsLetGo() async throws {
        final class Token: Sendable {}
        let io = SocketIOServer()
        weak var weakToken: Token?
        do {
            let token = Token()
            weakToken = token
            io.onConnection { [weak weakToken] socket in
                let token = weakToken
                socket.on("a") { withExtendedLifetime((token, socket)) {} }
                socket.onDisconnect { _ in withExtendedLifetime((token, socket)) {} }
                socket.onAny { _, _ in withExtendedLifetime((token, socket)) {} }
            }
            let client = try await io.testClient()
            try await client.drop()
            withExtendedLifetime(token) {}
        }
        #expect(weakToken == nil)
    }

    @Test func aSocketThatIsGoneIsFreed() async throws {
        let io = SocketIOServer()
        io.onConnection { socket in
            socket.join("room")
            socket.data["me"] = "x"
            socket.on("a") { () async in socket.emit("b") }
            socket.onDisconnect { _ in socket.leave("room") }
        }
        let loop = NIOAsyncTestingEventLoop()
        weak var weakSocket: Socket?
        do {
            let client = try await io.testClient(on: loop)
            try await client.emit("a")
            weakSocket = await io.sockets().first
            #expect(weakSocket != nil)
            try await client.drop()
        }
        // The connect timeout's entry goes with its deadline.
        await loop.advanceTime(by: .seconds(60))
        #expect(weakSocket == nil)
    }
}
