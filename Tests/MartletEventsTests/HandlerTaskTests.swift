// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEngine
import MartletEvents
import MartletTestSupport
import MartletTesting
import NIOConcurrencyHelpers
import Testing

/// The tasks of asynchronous handlers: they end with their socket, in their time, and with the server.
struct HandlerTaskTests {
    /// Waits until it is cancelled, and notes that.
    private static func waitForCancellation(_ notes: Notes, _ name: String = "cancelled") async {
        let (stream, _) = AsyncStream.makeStream(of: Void.self)
        for await _ in stream {}
        notes.add(name)
    }

    private static func neverEnds(_ notes: Notes) -> SocketIOServer {
        let io = SocketIOServer()
        // That a handler was cancelled is no failure.
        io.onError { notes.add("\($0)") }
        io.on("work") { (_: Socket) async throws in
            notes.add("begins")
            await Self.waitForCancellation(notes)
            try Task.checkCancellation()
        }
        return io
    }

    enum End: CaseIterable {
        case byClient, byServer, connectionLost
    }

    @Test(arguments: End.allCases)
    func aHandlerIsCancelledWhenItsSocketLeaves(_ end: End) async throws {
        let notes = Notes()
        let io = Self.neverEnds(notes)
        let client = try await io.testClient()
        try await client.emit("work")
        try await client.wait { notes.all == ["begins"] }
        switch end {
        case .byClient: try await client.leave()
        case .byServer: io.everyone.disconnectSockets()
        case .connectionLost: try await client.drop()
        }
        try await client.wait { notes.all.count > 1 }
        await io.shutDown()
        #expect(notes.all == ["begins", "cancelled"])
    }

    @Test func aHandlerThatDisconnectsItsSocketIsCancelledToo() async throws {
        let notes = Notes()
        let io = SocketIOServer()
        io.on("leave") { (socket: Socket) async in
            socket.disconnect()
            await Self.waitForCancellation(notes)
        }
        let client = try await io.testClient()
        try await client.emit("leave")
        try await client.wait { notes.all == ["cancelled"] }
    }

    @Test func middlewareIsCancelledWhenTheClientLeaves() async throws {
        let notes = Notes()
        let io = SocketIOServer()
        io.of("/guarded").use { _ in
            notes.add("asked")
            await Self.waitForCancellation(notes)
            throw ConnectionRefused(message: "late")
        }
        let client = try await io.testClient()
        try await client.send(text: "0/guarded,")
        try await client.wait { notes.all == ["asked"] }
        try await client.drop()
        try await client.wait { notes.all == ["asked", "cancelled"] }
    }

    @Test func theServerWaitsForItsHandlersAtTheEnd() async throws {
        let notes = Notes()
        let gate = Gate()
        var configuration = SocketIOConfiguration()
        configuration.drain.timeout = .zero
        configuration.drain.cancellationTime = TestTime.limit
        let io = SocketIOServer(configuration: configuration)
        io.on("work") { (_: Socket) async in
            notes.add("begins")
            await Self.waitForCancellation(notes)
            await gate.pass()
            notes.add("ends")
        }
        io.onConnection { socket in
            socket.onDisconnect { _ in
                await gate.pass()
                notes.add("left")
            }
        }
        let client = try await io.testClient()
        try await client.emit("work")
        try await client.wait { notes.all == ["begins"] }
        let end = Task {
            await io.shutDown()
            notes.add("over")
        }
        try await client.wait { notes.all == ["begins", "cancelled"] }
        gate.open()
        try await client.wait { notes.all.count == 5 }
        #expect(Set(notes.all.dropFirst(2).dropLast()) == ["ends", "left"])
        #expect(notes.all.last == "over")
        await end.value
    }

    @Test func aHandlerThatTakesTooLongIsCancelledAndItsClientIsTold() async throws {
        let notes = Notes()
        var configuration = SocketIOConfiguration()
        configuration.handlerTimeout = .milliseconds(50)
        let io = SocketIOServer(configuration: configuration)
        io.onError { notes.add("\($0.error)") }
        io.on("slow") { (_: Socket) async throws -> Int in
            notes.add("begins")
            let (stream, _) = AsyncStream.makeStream(of: Void.self)
            for await _ in stream {}
            try Task.checkCancellation()
            return 1
        }
        io.on("stubborn") { (_: Socket) async -> Int in
            notes.add("begins")
            await Self.waitForCancellation(notes)
            return 2
        }
        io.on("fast") { (_: Socket) async -> Int in 3 }
        let client = try await io.testClient()
        let slow = Task { try await client.emitWithAck("slow").description }
        let fast = Task { try await client.emitWithAck("fast").description }
        try await client.wait { notes.all == ["begins"] }
        await client.advanceTime(by: .milliseconds(50))
        #expect(
            try await slow.value
                == #"{"error":{"name":"EventError","message":"The handler took too long","code":"handler_timeout"}}"#)
        #expect(try await fast.value == "3")
        #expect(notes.all == ["begins", "the handler was cancelled: it took longer than 0.05 seconds"])
        // One that returns all the same has answered.
        let stubborn = Task { try await client.emitWithAck("stubborn").description }
        try await client.wait { notes.all.count == 3 }
        await client.advanceTime(by: .milliseconds(50))
        #expect(try await stubborn.value == "2")
    }

    @Test func severalHandlersOfASocketMayRunAtATime() async throws {
        let notes = Notes()
        let gates = [Gate(), Gate(), Gate()]
        var configuration = SocketIOConfiguration()
        configuration.maxConcurrentHandlers = 2
        let io = SocketIOServer(configuration: configuration)
        io.on("work") { (_: Socket, index: Int) async -> Int in
            notes.add("begins \(index)")
            await gates[index].pass()
            notes.add("ends \(index)")
            return index
        }
        io.on("quick") { (_: Socket) in notes.add("quick") }
        let client = try await io.testClient()
        try await client.emit("work", 0)
        try await client.emit("work", 1)
        try await client.emit("work", 2)
        try await client.emit("quick")
        try await client.wait { notes.all == ["begins 0", "begins 1"] }
        gates[1].open()
        try await client.wait { notes.all.count == 4 }
        #expect(notes.all == ["begins 0", "begins 1", "ends 1", "begins 2"])
        gates[0].open()
        try await client.wait { notes.all.count == 6 }
        #expect(notes.all.dropFirst(4) == ["ends 0", "quick"])
        gates[2].open()
        try await client.wait { notes.all.last == "ends 2" }
    }

    struct Full: Error {}

    @Test(arguments: [true, false])
    func aConnectionHandlerThatThrowsEndsItsSocket(isAsync: Bool) async throws {
        let notes = Notes()
        let io = SocketIOServer()
        io.onError { notes.add("\($0.error)") }
        let full = io.of("/full")
        if isAsync {
            full.onConnection { _ in
                await Task.yield()
                throw Full()
            }
        } else {
            full.onConnection { _ in throw Full() }
        }
        full.onConnection { _ in notes.add("the next handler") }
        full.onDisconnect { _, reason in notes.add("\(reason)") }
        let client = try await io.testClient()
        try await client.join("/full")
        try await client.wait { notes.all.count == 2 }
        #expect(notes.all == ["Full()", "server namespace disconnect"])
        #expect(client.received.last?.description.contains("/full") == true)
    }
}
