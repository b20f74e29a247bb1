// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEvents
import MartletTestSupport
import MartletTesting
import Testing

struct MiddlewareTests {
    struct Code: Encodable, Sendable { var code: String }

    private func guarded() -> SocketIOServer {
        let io = SocketIOServer()
        io.use { socket in
            struct Auth: Decodable { var token: String }
            let auth = try? socket.handshake.auth.decode(as: Auth.self)
            guard auth?.token == "secret" else {
                throw ConnectionRefused(message: "Not authorized", data: Code(code: "E_AUTH"))
            }
        }
        return io
    }

    @Test func aRefusalIsToldWithItsData() async throws {
        let refusal = TestClientError.refused(#"{"message":"Not authorized","data":{"code":"E_AUTH"}}"#)
        await #expect(throws: refusal) { try await self.guarded().testClient(auth: ["token": "no"]) }
    }

    @Test func whoIsRefusedMayTryAgainOnTheSameConnection() async throws {
        let client = try await self.guarded().testConnection()
        _ = try? await client.join()
        try await client.join(auth: ["token": "secret"])
        #expect(try await !client.isClosed())
    }

    @Test func anotherErrorTellsNothing() async throws {
        struct Secret: Error {}
        let io = SocketIOServer()
        let notes = Notes()
        io.onError { notes.add("\($0.error) \($0.event ?? "-")") }
        io.use { _ in throw Secret() }
        await #expect(throws: TestClientError.refused(#"{"message":"Internal error"}"#)) {
            try await io.testClient()
        }
        #expect(notes.all == ["Secret() -"])
    }

    @Test func middlewareRunsInOrderAndStopsAtTheFirstRefusal() async throws {
        let io = SocketIOServer()
        let notes = Notes()
        io.use { _ in notes.add("1") }
        io.use { _ in
            await Task.yield()
            notes.add("2")
            throw ConnectionRefused(message: "no")
        }
        io.use { _ in notes.add("3") }
        io.onConnection { _ in notes.add("connected") }
        await #expect(throws: TestClientError.self) { try await io.testClient() }
        #expect(notes.all == ["1", "2"])
    }

    @Test func packetsWaitWhileMiddlewareIsAtWork() async throws {
        let io = SocketIOServer()
        let gate = Gate()
        io.use { _ in await gate.pass() }
        io.onConnection { socket in socket.on("a") { (n: Int) in socket.emit("b", n) } }
        let client = try await io.testConnection()
        try await client.send(text: "0")
        try await client.emit("a", 1)
        try await client.emit("a", 2)
        #expect(client.received.isEmpty)
        gate.open()
        _ = try await client.next("b")
        _ = try await client.next("b")
        #expect(client.events == ["b(1)", "b(2)"])
    }

    @Test func packetsWaitWhileAnAsynchronousConnectionHandlerIsAtWork() async throws {
        let io = SocketIOServer()
        let gate = Gate()
        io.onConnection { socket async in
            socket.emit("hello")
            await gate.pass()
            socket.on("a") { socket.emit("b") }
        }
        let client = try await io.testClient()
        try await client.emit("a")
        #expect(client.events == ["hello()"])
        gate.open()
        _ = try await client.next("b")
    }

    @Test func aClientThatLeavesDuringMiddlewareNeverConnects() async throws {
        let io = SocketIOServer()
        let gate = Gate()
        let notes = Notes()
        io.use { _ in
            await gate.pass()
            notes.add("passed")
        }
        io.onConnection { _ in notes.add("connected") }
        let client = try await io.testConnection()
        try await client.send(text: "0")
        try await client.leave()
        gate.open()
        try await client.wait { !notes.all.isEmpty }
        #expect(notes.all == ["passed"])
        #expect(client.received.isEmpty)
        #expect(await io.socketCount() == 0)
    }

    @Test func aConnectionThatIsLostDuringMiddlewareNeverConnects() async throws {
        let io = SocketIOServer()
        let gate = Gate()
        let notes = Notes()
        io.use { socket in
            socket.join("room")
            await gate.pass()
            notes.add("passed")
        }
        io.onConnection { _ in notes.add("connected") }
        let client = try await io.testConnection()
        try await client.send(text: "0")
        try await client.drop()
        gate.open()
        try await client.wait { !notes.all.isEmpty }
        #expect(notes.all == ["passed"])
        #expect(await io.socketCount(in: "room") == 0)
    }
}
