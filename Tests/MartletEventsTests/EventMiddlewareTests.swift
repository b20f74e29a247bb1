// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEvents
import MartletTestSupport
import MartletTesting
import Testing

struct EventMiddlewareTests {
    @Test func middlewareOfNamespaceAndSocketRunsBeforeHandlers() async throws {
        let io = SocketIOServer()
        let notes = Notes()
        io.use { socket, event, arguments in notes.add("all \(event)(\(arguments)) \(socket.isConnected)") }
        io.onConnection { socket in
            socket.on("a") { (n: Int) in notes.add("handler \(n)") }
            socket.use { event, _ in notes.add("own \(event)") }
            socket.onAny { event, _ in notes.add("any \(event)") }
        }
        let client = try await io.testClient()
        try await client.emit("a", 1)
        try await client.emit("unhandled")
        #expect(
            notes.all == [
                "any a", "all a(1) true", "own a", "handler 1", "any unhandled", "all unhandled() true",
                "own unhandled",
            ]
        )
    }

    @Test(arguments: [false, true])
    func whatThrowsStopsTheEventAndAnswersIt(suspends: Bool) async throws {
        let io = SocketIOServer()
        let notes = Notes()
        io.onError { notes.add("error \($0.event ?? "") \($0.error is EventError)") }
        if suspends {
            io.use { _, event, _ async throws in
                await suspendForAnotherThread()
                if event == "forbidden" { throw EventError(message: "no", data: [1]) }
            }
        } else {
            io.use { _, event, _ in if event == "forbidden" { throw EventError(message: "no", data: [1]) } }
        }
        io.onConnection { socket in
            socket.use { event, _ in notes.add("own \(event)") }
            socket.on("forbidden") { notes.add("never") }
            socket.on("allowed") { "yes" }
        }
        let client = try await io.testClient()
        #expect(
            try await client.emitWithAck("forbidden").description
                == #"{"error":{"name":"EventError","message":"no","data":[1]}}"#)
        #expect(try await client.emitWithAck("allowed").description == #""yes""#)
        #expect(notes.all == ["error forbidden true", "own allowed"])
    }

    @Test func eventsStayInOrderBehindSuspendedMiddleware() async throws {
        let io = SocketIOServer()
        let notes = Notes()
        let gate = Gate()
        io.onConnection { socket in
            socket.use { event, _ async in if event == "slow" { await gate.pass() } }
            socket.on("slow") { notes.add("slow") }
            socket.on("fast") { (n: Int) in notes.add("fast \(n)") }
        }
        let client = try await io.testClient()
        try await client.emit("slow")
        try await client.emit("fast", 1)
        try await client.emit("fast", 2)
        #expect(notes.all == [])
        gate.open()
        try await client.wait { notes.all.count == 3 }
        #expect(notes.all == ["slow", "fast 1", "fast 2"])
    }

    @Test func middlewareThatDisconnectsEndsTheEvent() async throws {
        let io = SocketIOServer()
        let notes = Notes()
        io.onConnection { socket in
            socket.use { _, _ in socket.disconnect() }
            socket.use { _, _ in notes.add("second") }
            socket.on("a") { notes.add("handler") }
        }
        let client = try await io.testClient()
        try await client.emit("a")
        #expect(notes.all == [])
        #expect(client.received.last?.kind == .disconnected)
    }
}
