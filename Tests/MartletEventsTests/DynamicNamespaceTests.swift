// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEvents
import MartletTestSupport
import MartletTesting
import NIOConcurrencyHelpers
import NIOEmbedded
import Testing

struct DynamicNamespaceTests {
    @Test func aPatternTakesWholeNames() async throws {
        let io = SocketIOServer()
        io.of(matching: /\/room-\d+/).onConnection { socket in socket.emit("hello", socket.namespace.name) }
        let client = try await io.testConnection()
        try await client.join("/room-7")
        #expect(client.events == [#"hello("/room-7")"#])
        for name in ["/room-", "/room-7x", "/a/room-7", "/room-7?a"] {
            await #expect(throws: TestClientError.refused(#"{"message":"Invalid namespace"}"#)) {
                try await client.join(name)
            }
        }
    }

    @Test func aFunctionTakesNamesAndAuthentication() async throws {
        let io = SocketIOServer()
        _ = io.of { name, auth in
            name.hasPrefix("/user/") && (try? auth.decode(as: [String: String].self))?["token"] != nil
        }
        let client = try await io.testConnection()
        try await client.join("/user/1", auth: ["token": "t"])
        await #expect(throws: TestClientError.self) { try await client.join("/user/2") }
    }

    @Test func theFirstParentTakesANameAndStaticNamespacesComeFirst() async throws {
        let io = SocketIOServer()
        let notes = Notes()
        io.of(matching: /\/a.*/).onConnection { notes.add("first \($0.namespace.name)") }
        io.of(matching: /\/.*/).onConnection { notes.add("second \($0.namespace.name)") }
        io.of("/a-static").onConnection { notes.add("static \($0.namespace.name)") }
        let client = try await io.testConnection()
        for name in ["/a", "/b", "/a-static"] { try await client.join(name) }
        #expect(notes.all == ["first /a", "second /b", "static /a-static"])
    }

    @Test func childrenInheritMiddlewareAndHandlers() async throws {
        let io = SocketIOServer()
        let notes = Notes()
        let parent = io.of(matching: /\/.+/)
        parent.use { socket in
            if socket.namespace.name == "/closed" { throw ConnectionRefused(message: "closed", data: ["code": 7]) }
            notes.add("parent's middleware")
        }
        parent.use { _, event, _ in notes.add("parent's \(event) middleware") }
        parent.onConnection { _ in notes.add("parent's connection") }
        parent.on("say") { (_: Socket, text: String) in notes.add("parent's \(text)") }
        io.onNewNamespace { child in
            notes.add("new \(child)")
            child.use { _ in notes.add("child's middleware") }
            child.onConnection { _ in notes.add("child's connection") }
            child.on("say") { (_: Socket, text: String) in notes.add("child's \(text)") }
        }
        let client = try await io.testConnection()
        try await client.join("/a")
        try await client.emit("say", "x", namespace: "/a")
        #expect(
            notes.all == [
                "new /a", "parent's middleware", "child's middleware", "parent's connection", "child's connection",
                "parent's say middleware", "parent's x", "child's x",
            ]
        )
        await #expect(throws: TestClientError.refused(#"{"message":"closed","data":{"code":7}}"#)) {
            try await client.join("/closed")
        }
        // A child whose only socket was refused goes too.
        #expect(parent.children.map(\.name) == ["/a"])
    }

    @Test func aChildGoesWithItsLastSocketAndComesAnew() async throws {
        let io = SocketIOServer()
        let notes = Notes()
        let parent = io.of(matching: /\/.+/)
        io.onNewNamespace { notes.add("new \($0)") }
        let loops = [NIOAsyncTestingEventLoop(), NIOAsyncTestingEventLoop()]
        let first = try await io.testClient(namespace: "/a", on: loops[0])
        let second = try await io.testClient(namespace: "/a", on: loops[1])
        try await first.leave("/a")
        #expect(parent.children.map(\.name) == ["/a"])
        try await second.drop()
        #expect(parent.children.isEmpty)
        try await first.join("/a")
        #expect(notes.all == ["new /a", "new /a"])
        #expect(parent.children.map(\.name) == ["/a"])
        // A child that the application asks for by its name stays.
        _ = io.of("/a")
        try await first.leave("/a")
        try await first.join("/a")
        #expect(notes.all == ["new /a", "new /a"])
    }

    @Test func aParentReachesTheSocketsOfAllChildren() async throws {
        let io = SocketIOServer()
        let parent = io.of(matching: /\/.+/)
        let clients = [
            try await io.testClient(namespace: "/a"), try await io.testClient(namespace: "/b"),
            try await io.testClient(),
        ]
        parent.emit("all", 1)
        for client in clients { await client.run() }
        #expect(clients.map(\.events) == [["all(1)"], ["all(1)"], []])
    }

    /// Sockets on several event loops that ask for one new name at the same time all pass the middleware that is set
    /// when the namespace comes into being.
    @Test func noSocketSlipsPastTheMiddlewareOfANewNamespace() async throws {
        let io = SocketIOServer()
        _ = io.of(matching: /\/.+/)
        let made = NIOLockedValueBox(0)
        io.onNewNamespace { child in
            made.withLockedValue { $0 += 1 }
            child.use { socket in socket.data["passed"] = true }
            child.on("passed") { (socket: Socket) in socket.data["passed", as: Bool.self] ?? false }
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for n in 0..<50 {
                        let client = try await io.testClient(namespace: "/\(n)")
                        #expect(try await client.emitWithAck("passed", namespace: "/\(n)").description == "true")
                        try await client.drop()
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(made.withLockedValue { $0 } >= 50)
        #expect(try await io.testClient(namespace: "/0").received.count == 1)
    }
}
