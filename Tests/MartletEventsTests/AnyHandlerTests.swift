// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEngine
import MartletEvents
import MartletTestSupport
import MartletTesting
import NIOCore
import Testing

struct AnyHandlerTests {
    private func client(_ setUp: @escaping @Sendable (Socket) -> Void) async throws -> (SocketIOServer, TestClient) {
        let io = SocketIOServer()
        io.onConnection(setUp)
        return (io, try await io.testClient())
    }

    @Test func aHandlerIsRemovedByItsToken() async throws {
        let notes = Notes()
        let (_, client) = try await self.client { socket in
            let first = socket.on("a") { notes.add("first") }
            socket.on("a") { notes.add("second") }
            let once = socket.once("a") { notes.add("once") }
            let any = socket.onAny { event, _ in notes.add("any \(event)") }
            socket.on("remove") { for token in [first, once, any] { socket.off(token) } }
        }
        try await client.emit("remove")
        try await client.emit("a")
        #expect(notes.all == ["any remove", "second"])
    }

    @Test func handlersOfTheEndAreRemovedToo() async throws {
        let notes = Notes()
        let (_, client) = try await self.client { socket in
            socket.off(socket.onDisconnect { _ in notes.add("disconnect") })
            socket.off(socket.onDisconnect { _ async in notes.add("disconnect") })
            socket.off(socket.onDisconnecting { _ in notes.add("disconnecting") })
            socket.onDisconnect { _ in notes.add("stays") }
        }
        try await client.drop()
        #expect(notes.all == ["stays"])
    }

    @Test func anyHandlersRunInOrderPrependedOnesFirst() async throws {
        let notes = Notes()
        let (_, client) = try await self.client { socket in
            socket.on("a") { notes.add("handler") }
            socket.onAny { event, arguments in notes.add("any \(event)(\(arguments))") }
            socket.prependAny { event, _ in notes.add("before \(event)") }
            socket.on("quiet") { socket.offAny() }
        }
        try await client.emit("a", 1)
        try await client.emit("quiet")
        try await client.emit("a")
        #expect(notes.all == ["before a", "any a(1)", "handler", "before quiet", "any quiet()", "handler"])
    }

    @Test func outgoingEventsAreHeardHoweverTheyAreSent() async throws {
        let notes = Notes()
        let (io, client) = try await self.client { socket in
            socket.onAnyOutgoing { event, arguments in notes.add("\(event)(\(arguments))") }
            socket.prependAnyOutgoing { event, _ in notes.add("before \(event)") }
            socket.on("go") { () async in
                socket.emit("one", 1, "x")
                socket.volatile.emit("two", [ByteBuffer(bytes: [1])])
                socket.send("three")
            }
            socket.on("quiet") { socket.offAnyOutgoing() }
        }
        try await client.emit("go")
        io.emit("all", ByteBuffer(bytes: [1, 2]), ["k": 1])
        await client.run()
        let socket = try #require(await io.sockets().first)
        async let answer = socket.emitWithAck("ask", true, as: Int.self)
        try await client.acknowledge(client.next("ask"), with: 5)
        #expect(try await answer == 5)
        try await client.emit("quiet")
        io.emit("unheard")
        await client.run()
        #expect(
            notes.all.filter { !$0.hasPrefix("before") } == [
                #"one(1,"x")"#, #"two([{"_placeholder":true,"num":0}])"#, #"message("three")"#,
                #"all({"_placeholder":true,"num":0},{"k":1})"#, "ask(true)",
            ]
        )
        #expect(
            notes.all.filter { $0.hasPrefix("before") } == [
                "before one", "before two", "before message", "before all", "before ask",
            ]
        )
        #expect(client.events.last == "unheard()")
    }
}
