// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEvents
import MartletTesting
import Testing

/// Handlers that are set once for all sockets.
struct EventSourceTests {
    static let added = Event<Int, Int>("added")

    @Test func aHandlerOfTheServerHearsEverySocket() async throws {
        let io = SocketIOServer()
        io.on("hello") { (socket: Socket, name: String) in socket.emit("hello", name) }
        let first = try await io.testClient()
        let second = try await io.testClient()
        try await first.emit("hello", "a")
        try await second.emit("hello", "b")
        #expect(first.events == [#"hello("a")"#])
        #expect(second.events == [#"hello("b")"#])
    }

    @Test func itsReturnValueIsTheAcknowledgement() async throws {
        let io = SocketIOServer()
        io.on("sync") { (_: Socket, number: Int) -> Int in number + 1 }
        io.on("async") { (_: Socket, number: Int) async throws -> Int in
            await Task.yield()
            guard number > 0 else { throw EventError(message: "too small") }
            return number * 2
        }
        io.on("void") { (_: Socket) async in await Task.yield() }
        io.on(Self.added) { (_: Socket, a: Int, b: Int) -> Int in a + b }
        let client = try await io.testClient()
        #expect(try await client.emitWithAck("sync", 1).description == "2")
        #expect(try await client.emitWithAck("async", 2).description == "4")
        #expect(
            try await client.emitWithAck("async", 0).description
                == #"{"error":{"name":"EventError","message":"too small"}}"#)
        #expect(try await client.emitWithAck("void").isEmpty)
        #expect(try await client.emitWithAck("added", 1, 2).description == "3")
    }

    @Test func itRunsBeforeTheSocketsOwn() async throws {
        let io = SocketIOServer()
        io.on("event") { (socket: Socket) in socket.emit("first") }
        io.onConnection { socket in
            socket.once("event") { socket.emit("once") }
            socket.on("event") { socket.emit("second") }
        }
        let client = try await io.testClient()
        try await client.emit("event")
        try await client.emit("event")
        #expect(client.events == ["first()", "once()", "second()", "first()", "second()"])
    }

    @Test func socketsKeepTheHandlersThatTheyJoinedWith() async throws {
        let io = SocketIOServer()
        let early = try await io.testClient()
        io.on("event") { (socket: Socket) in socket.emit("heard") }
        let late = try await io.testClient()
        try await early.emit("event")
        try await late.emit("event")
        #expect(early.events.isEmpty)
        #expect(late.events == ["heard()"])
    }

    @Test func anotherNamespacesHandlersAreItsOwn() async throws {
        let io = SocketIOServer()
        io.of("/other").on("event") { (socket: Socket) in socket.emit("other") }
        let client = try await io.testClient()
        try await client.emit("event")
        #expect(client.events.isEmpty)
    }
}
