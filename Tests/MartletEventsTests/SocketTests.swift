// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEngine
import MartletEvents
import MartletTesting
import NIOCore
import NIOEmbedded
import Testing

struct SocketTests {
    @Test func dataCanBeReadAndChangedFromAnywhere() async throws {
        let io = SocketIOServer()
        io.onConnection { $0.data["user"] = "anna" }
        let client = try await io.testClient()
        let socket = await io.sockets()[0]
        #expect(socket.data["user", as: String.self] == "anna")
        #expect(socket.data["user", as: Int.self] == nil)
        #expect(socket.data["none"] == nil)
        await withTaskGroup(of: Void.self) { group in
            for n in 0..<100 { group.addTask { socket.data[String(n)] = n } }
        }
        #expect((0..<100).allSatisfy { socket.data[String($0), as: Int.self] == $0 })
        socket.data["user"] = nil
        #expect(socket.data["user"] == nil)
        withExtendedLifetime(client) {}
    }

    @Test func stateCanBeReadFromAnywhere() async throws {
        let io = SocketIOServer()
        io.onConnection { $0.join("a", "b") }
        let client = try await io.testClient()
        let socket = await io.sockets()[0]
        #expect(socket.rooms == [socket.id, "a", "b"])
        #expect(socket.isConnected)
        #expect(socket.transport == .websocket)
        #expect(socket.namespace.name == "/")
        socket.leave("a")
        await client.eventLoop.run()
        #expect(socket.rooms == [socket.id, "b"])
        try await client.drop()
        #expect(!socket.isConnected)
        #expect(socket.rooms.isEmpty)
    }

    @Test func volatileEventsAreDroppedForWhoLagsBehind() async throws {
        let io = SocketIOServer()
        io.onConnection { socket in
            socket.on("go") {
                socket.volatile.emit("v", [1] as [UInt8])
                socket.emit("kept")
            }
        }
        let client = try await io.testClient()
        try await client.emit("go")
        try await client.onLoop { $0.unsentBytes = 2 << 20 }
        try await client.emit("go")
        try await client.onLoop { $0.unsentBytes = 0 }
        try await client.emit("go")
        #expect(client.events.map { $0.prefix(1) } == ["v", "k", "k", "v", "k"])
    }

    @Test func anEventMayBeSentFromWithinAnEncoding() async throws {
        struct Odd: Encodable, Sendable {
            let socket: Socket
            func encode(to encoder: any Encoder) throws {
                self.socket.emit("inner", 1)
                var container = encoder.singleValueContainer()
                try container.encode("odd")
            }
        }
        let io = SocketIOServer()
        io.onConnection { socket in socket.emit("outer", Odd(socket: socket)) }
        let client = try await io.testClient()
        #expect(client.events == ["inner(1)", #"outer("odd")"#])
    }

    @Test func anEventThatCannotBeEncodedLeavesNothingToTheNext() async throws {
        struct Failing: Encodable, Sendable {
            func encode(to encoder: any Encoder) throws {
                var container = encoder.unkeyedContainer()
                try container.encode([1, 2, 3] as [UInt8])
                throw EventError(message: "no")
            }
        }
        let io = SocketIOServer()
        io.onConnection { socket in
            socket.emit("bad", "before", Failing(), "after")
            socket.emit("good", "first", [1.5])
            socket.emit("bad", Failing())
            socket.emit("nothing")
            socket.emit("bytes", ByteBuffer(bytes: [1]))
            socket.emit("good", "second")
        }
        let client = try await io.testClient()
        #expect(
            client.events.filter { !$0.hasPrefix("bytes") } == [
                #"good("first",[1.5])"#, "nothing()", #"good("second")"#,
            ])
        #expect(client.events.count == 4)
    }
}
