// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import CAllocationCounter
import MartletEvents
import MartletTesting
import NIOCore
import NIOEmbedded

/// Clients that come, do everything that takes memory, and go, while others stay. In the end the process has as much
/// memory in use as halfway.
struct Soak {
    private let io = SocketIOServer()
    private let recovering: SocketIOServer
    private let presence: Presence<String>
    private let eventLoops = [NIOAsyncTestingEventLoop(), NIOAsyncTestingEventLoop()]

    init() {
        var configuration = SocketIOConfiguration()
        configuration.connectionStateRecovery = ConnectionStateRecovery()
        configuration.connectionStateRecovery?.maxDisconnectionDuration = .seconds(10)
        self.recovering = SocketIOServer(configuration: configuration)
        let presence = Presence<String>(in: self.io, leaveDelay: .seconds(1))
        self.presence = presence
        for io in [self.io, self.recovering] {
            io.onConnection { socket in
                socket.join("lobby", "room \(socket.id.prefix(1))")
                socket.data["name"] = "Ada"
                socket.on("say") { (text: String) in socket.to("lobby").emit("said", text) }
                socket.on("ask") { (n: Int) async -> Int in n }
                socket.onDisconnect { _ in socket.data["name"] = nil }
            }
        }
        self.io.on("enter") { (socket: Socket) in presence.enter("lobby", as: socket.id, "info", with: socket) }
        self.io.of(matching: /\/child-\d+/).on("say") { (socket: Socket, text: String) in socket.emit("said", text) }
    }

    /// - Parameter cycles: how many clients come and go.
    /// - Returns: the bytes in use after half of the cycles, and in the end.
    func run(cycles: Int) async throws -> (before: Int, after: Int) {
        _ = self.io.of("/residents")
        var residents: [TestClient] = []
        for number in 0..<2000 {
            residents.append(try await self.io.testClient(namespace: "/residents", on: self.eventLoops[number % 2]))
        }
        defer { withExtendedLifetime(residents) {} }
        var before = 0
        for cycle in 0..<cycles {
            if cycle == cycles / 2 { before = try await self.bytesInUse() }
            try await self.cycle(cycle)
        }
        return (before, try await self.bytesInUse())
    }

    private func bytesInUse() async throws -> Int {
        // Whoever is away is given up, whatever waits is over.
        for eventLoop in self.eventLoops { await eventLoop.advanceTime(by: .seconds(120)) }
        guard await self.io.sockets().isEmpty, await self.recovering.sockets().isEmpty else {
            throw Unexpected("sockets are left")
        }
        return Int(bytes_in_use())
    }

    private func cycle(_ number: Int) async throws {
        let eventLoop = self.eventLoops[number % 2]
        let client = try await self.io.testClient(on: eventLoop)
        try await client.emit("say", "hello")
        _ = try await client.emitWithAck("ask", number)
        switch number % 8 {
        case 0: try await self.askAndVanish(client)
        case 1: try await self.cancelSequences()
        case 2: try await client.join("/child-\(number)")
        case 3: try await self.comeBack(on: eventLoop)
        case 4: try await client.emit("enter")
        case 5: self.io.to("lobby").kept.emit("said", "kept")
        default: try await client.leave()
        }
        try await client.drop()
        for eventLoop in self.eventLoops { await eventLoop.advanceTime(by: .milliseconds(500)) }
    }

    /// One of two who are asked answers; the other vanishes.
    private func askAndVanish(_ client: TestClient) async throws {
        let other = try await self.io.testClient(on: client.eventLoop)
        let answers = try await self.io.to("lobby").emitWithAck("ask", as: Int.self)
        try await client.acknowledge(client.next("ask"), with: 1)
        try await other.drop()
        let (replies, failures) = await answers.collected()
        guard replies.count == 1, failures.count == 1 else { throw Unexpected("\(replies), \(failures)") }
    }

    private func cancelSequences() async throws {
        for socket in await self.io.sockets() {
            let events = socket.events("say", as: String.self)
            let task = Task { for await _ in events {} }
            task.cancel()
            await task.value
            _ = socket.events("say", as: String.self)
        }
        _ = self.io.connections
        for eventLoop in self.eventLoops { await eventLoop.run() }
    }

    private func comeBack(on eventLoop: NIOAsyncTestingEventLoop) async throws {
        let client = try await self.recovering.testClient(on: eventLoop)
        guard let id = client.received.first?.recoveryID else { throw Unexpected("no recovery") }
        try await client.drop()
        self.recovering.to("lobby").emit("said", "missed")
        let again = try await self.recovering.testClient(auth: ["pid": id], on: eventLoop)
        guard again.received.first?.isEvent("said") == true else { throw Unexpected("\(again.received)") }
        try await again.drop()
    }
}
