// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEvents
import MartletTestSupport
import MartletTesting
import NIOConcurrencyHelpers
import Testing

/// What the reference server's own tests ask for and no other test has: see `Tests/Conformance/REFERENCE.md`.
struct ReferenceBehaviourTests {
    // MARK: Namespaces

    @Test func theSlashBeforeANameMayBeMissing() async throws {
        let io = SocketIOServer()
        let notes = Notes()
        io.of("").onConnection { socket in notes.add("connected \(socket.namespace.name)") }
        io.of("abc").onConnection { socket in notes.add("connected \(socket.namespace.name)") }
        let client = try await io.testClient()
        try await client.join("/abc")
        #expect(notes.all == ["connected /", "connected /abc"])
    }

    @Test func aLostConnectionEndsTheSocketsOfAllItsNamespaces() async throws {
        let io = SocketIOServer()
        let notes = Notes()
        for name in ["/chat", "/news"] {
            io.of(name).onConnection { socket in
                socket.onDisconnect { reason in notes.add("\(name) \(reason)") }
            }
        }
        let client = try await io.testConnection()
        try await client.join("/chat")
        try await client.join("/news")
        try await client.drop()
        #expect(notes.all.sorted() == ["/chat transport close", "/news transport close"])
    }

    @Test func aRoomOfAChildIsAddressedInTheChild() async throws {
        let io = SocketIOServer()
        io.of(matching: /\/dynamic-\d+/).onConnection { socket in
            socket.join("room")
            socket.namespace.to("room").emit("hello", socket.namespace.name)
        }
        let client = try await io.testConnection()
        try await client.join("/dynamic-1")
        try await client.join("/dynamic-2")
        await client.run()
        #expect(client.events == [#"hello("/dynamic-1")"#, #"hello("/dynamic-2")"#])
    }

    @Test func aRefusalLeavesAChildThatOthersAreIn() async throws {
        let io = SocketIOServer()
        let parent = io.of(matching: /\/.+/)
        parent.use { socket in
            let auth = try? socket.handshake.auth.decode(as: [String: String].self)
            if auth?["token"] == nil { throw ConnectionRefused(message: "no") }
        }
        let member = try await io.testClient(namespace: "/a", auth: ["token": "t"])
        await #expect(throws: TestClientError.self) { try await io.testClient(namespace: "/a") }
        #expect(parent.children.map(\.name) == ["/a"])
        try await member.leave("/a")
        #expect(parent.children.isEmpty)
    }

    // MARK: Middleware

    @Test func middlewareIsThatOfItsNamespace() async throws {
        let io = SocketIOServer()
        let notes = Notes()
        io.use { _ in notes.add("main") }
        for number in 1...3 {
            io.of("/chat").use { _ in
                await Task.yield()
                notes.add("chat \(number)")
            }
        }
        let client = try await io.testConnection()
        try await client.join("/chat")
        #expect(notes.all == ["chat 1", "chat 2", "chat 3"])
    }

    @Test func aSocketIsConnectedOnceMiddlewareHasPassed() async throws {
        let io = SocketIOServer()
        let notes = Notes()
        io.use { socket in
            let count = await io.socketCount()
            notes.add("middleware \(socket.isConnected) \(count)")
        }
        io.onConnection { socket in notes.add("connection \(socket.isConnected)") }
        let client = try await io.testClient()
        #expect(notes.all == ["middleware false 0", "connection true"])
        #expect(await io.socketCount() == 1)
        try await client.drop()
    }

    @Test func roomsThatMiddlewareJoinsAreThoseOfAnAdmittedSocketOnly() async throws {
        let io = SocketIOServer()
        let events = NIOLockedValueBox<[RoomEvent]>([])
        io.onRoomEvent { event in events.withLockedValue { $0.append(event) } }
        io.use { socket in
            socket.join("room")
            let auth = try? socket.handshake.auth.decode(as: [String: String].self)
            if auth?["token"] == nil { throw ConnectionRefused(message: "no") }
        }
        let client = try await io.testConnection()
        await #expect(throws: TestClientError.self) { try await client.join() }
        #expect(await io.socketCount(in: "room") == 0)
        #expect(events.withLockedValue { $0.last } == .deleted(room: "room"))
        try await client.join(auth: ["token": "t"])
        #expect(await io.socketCount(in: "room") == 1)
        io.to("room").emit("hello")
        await client.run()
        #expect(client.events == ["hello()"])
    }

    // MARK: Rooms

    @Test func aSocketKnowsItsRooms() async throws {
        let io = SocketIOServer()
        let notes = Notes()
        io.onConnection { socket in
            let note: @Sendable () -> Void = { notes.add(socket.rooms.subtracting([socket.id]).sorted().joined()) }
            socket.join("a")
            note()
            socket.join("b", "c")
            note()
            socket.leave("b")
            note()
            socket.leave("unknown")
            note()
            for room in ["a", "c"] { socket.leave(room) }
            note()
        }
        let client = try await io.testClient()
        #expect(notes.all == ["a", "abc", "ac", "ac", ""])
        for room in ["a", "b", "c"] { #expect(await io.socketCount(in: room) == 0) }
        try await client.drop()
    }

    @Test func anOperatorIsNotChangedByWhatIsMadeOfIt() async throws {
        let io = SocketIOServer()
        io.onConnection { socket in
            let auth = try? socket.handshake.auth.decode(as: [String: String].self)
            if let room = auth?["room"] { socket.join(room) }
        }
        let clients = [
            try await io.testClient(auth: ["room": "a"]), try await io.testClient(auth: ["room": "b"]),
            try await io.testClient(),
        ]
        let operation = io.to("a").except("muted")
        operation.to("b").emit("more")
        operation.except("a").emit("less")
        operation.volatile.compress(false).emit("other")
        operation.emit("said", 1)
        for client in clients { await client.run() }
        #expect(clients.map(\.events) == [["more()", "other()", "said(1)"], ["more()"], []])
    }

    // MARK: Events

    @Test func nullIsAValue() async throws {
        let io = SocketIOServer()
        io.onConnection { socket in
            socket.on("message") { (text: String?) in socket.emit("heard", text ?? "nothing") }
        }
        let client = try await io.testClient()
        try await client.send(text: #"2["message",null]"#)
        #expect(client.events == [#"heard("nothing")"#])
    }

    @Test func whatIsPrependedLastIsCalledFirst() async throws {
        let io = SocketIOServer()
        let notes = Notes()
        io.onConnection { socket in
            socket.onAny { _, _ in notes.add("in 3") }
            socket.prependAny { _, _ in notes.add("in 2") }
            socket.prependAny { _, _ in notes.add("in 1") }
            socket.onAnyOutgoing { _, _ in notes.add("out 3") }
            socket.prependAnyOutgoing { _, _ in notes.add("out 2") }
            socket.prependAnyOutgoing { _, _ in notes.add("out 1") }
            socket.on("a") { socket.emit("b") }
        }
        let client = try await io.testClient()
        try await client.emit("a")
        #expect(notes.all == ["in 1", "in 2", "in 3", "out 1", "out 2", "out 3"])
    }

    @Test func aHandlerOfOutgoingEventsIsRemovedByItsToken() async throws {
        let io = SocketIOServer()
        let notes = Notes()
        io.onConnection { socket in
            let token = socket.onAnyOutgoing { event, _ in notes.add("removed \(event)") }
            socket.onAnyOutgoing { event, _ in notes.add("stays \(event)") }
            socket.off(token)
            socket.emit("a")
        }
        let client = try await io.testClient()
        #expect(notes.all == ["stays a"])
        try await client.drop()
    }

    // MARK: Acknowledgements

    @Test func anAnswerMayHaveNoTimeAtAll() async throws {
        let io = SocketIOServer()
        let client = try await io.testClient()
        let socket = try #require(await io.sockets().first)
        let asking = Task { try await socket.emitWithAck("echo", 42, timeout: .zero, as: Int.self) }
        let question = try await client.next("echo")
        await client.advanceTime(by: .seconds(1))
        await #expect(throws: AcknowledgementError.timedOut) { try await asking.value }
        try await client.acknowledge(question, with: 42)
        #expect(try await !client.isClosed())
    }

    @Test func whatWaitsForAnAnswerThatDoesNotComeIsLetGo() async throws {
        final class Token: Sendable {}
        let io = SocketIOServer()
        let client = try await io.testClient()
        let socket = try #require(await io.sockets().first)
        weak var weakToken: Token?
        do {
            let token = Token()
            weakToken = token
            socket.emit("question", 1, timeout: .seconds(5)) { (_: Result<Int, AcknowledgementError>) in
                withExtendedLifetime(token) {}
            }
        }
        _ = try await client.next("question")
        #expect(weakToken != nil)
        await client.advanceTime(by: .seconds(5))
        #expect(weakToken == nil)
    }

    // MARK: Recovery

    @Test func anOffsetThatIsNoTextMakesANewSocket() async throws {
        struct Claim: Encodable {
            let pid: String
            let offset: Int
        }
        var configuration = SocketIOConfiguration()
        configuration.connectionStateRecovery = ConnectionStateRecovery()
        let io = SocketIOServer(configuration: configuration)
        let notes = Notes()
        io.onConnection { socket in
            notes.add("\(socket.recovered) \(socket.rooms.contains("room"))")
            if !socket.recovered { socket.join("room") }
        }
        let client = try await io.testClient()
        let pid = try #require(client.received.first?.recoveryID)
        try await client.drop()
        _ = try await io.testClient(auth: Claim(pid: pid, offset: 123))
        #expect(notes.all == ["false false", "false false"])
        // The state is still there for a client that asks for it as it should.
        _ = try await io.testClient(auth: ["pid": pid])
        #expect(notes.all.last == "true true")
    }
}
