// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEngine
import MartletEvents
import MartletTestSupport
import MartletTesting
import NIOCore
import Testing

struct ConnectionTests {
    @Test func connectIsAnsweredBeforeTheConnectionHandlerEmits() async throws {
        let io = SocketIOServer()
        io.onConnection { $0.emit("auth", $0.handshake.auth) }
        let client = try await io.testClient()
        #expect(client.received.count == 2)
        #expect(client.events == ["auth({})"])
        guard case .connected(let id) = client.received[0].kind else { throw TestClientError.closed }
        #expect(id.count == 24)
    }

    @Test func theHandlerSeesTheAuthenticationData() async throws {
        let io = SocketIOServer()
        let admin = io.of("/admin")
        admin.onConnection { $0.emit("auth", $0.handshake.auth) }
        let client = try await io.testClient(namespace: "/admin", auth: ["token": "x"])
        #expect(client.events == [#"auth({"token":"x"})"#])
        #expect(client.received.allSatisfy { $0.namespace == "/admin" })
    }

    @Test func theHandshakeTellsOfTheRequest() async throws {
        let io = SocketIOServer()
        io.onConnection { socket in
            #expect(socket.handshake.query["EIO"] == "4")
            #expect(socket.handshake.url.hasPrefix("/socket.io/?"))
            #expect(socket.handshake.time > .seconds(1_700_000_000))
            #expect(!socket.handshake.secure)
            #expect(socket.handshake.address == nil)
            #expect(socket.transport == .sse)
            #expect(socket.handshake.headers.isEmpty)
        }
        _ = try await io.testClient(transport: .sse)
    }

    @Test func anUnknownNamespaceIsRefusedAndTheConnectionLives() async throws {
        let io = SocketIOServer()
        let client = try await io.testConnection()
        await #expect(throws: TestClientError.refused(#"{"message":"Invalid namespace"}"#)) {
            try await client.join("/random")
        }
        #expect(try await !client.isClosed())
        try await client.join()
    }

    @Test func aNamespaceMayBeJoinedAnewBeforeItWasAnswered() async throws {
        let io = SocketIOServer()
        let gate = Gate()
        let notes = Notes()
        io.of("/custom").use { socket in
            await gate.pass()
            notes.add("passed \(try socket.handshake.auth.decode(as: [String: String].self)["name"] ?? "")")
        }
        io.of("/custom").onConnection { socket in
            notes.add("connected \((try? socket.handshake.auth.decode(as: [String: String].self)["name"]) ?? "")")
        }
        let client = try await io.testClient()
        try await client.send(text: #"0/custom,{"name":"a"}"#)
        try await client.send(text: #"0/custom,{"name":"b"}"#)
        gate.open()
        try await client.wait { notes.all.count == 3 }
        #expect(Set(notes.all) == ["passed a", "passed b", "connected b"])
        #expect(client.received.filter { $0.namespace == "/custom" }.count == 1)
        #expect(await io.of("/custom").everyone.count() == 1)
        #expect(try await !client.isClosed())
    }

    @Test func joiningAnewWhatIsJoinedLeavesItFirst() async throws {
        let io = SocketIOServer()
        let notes = Notes()
        io.of("/custom").onConnection { socket in
            notes.add("connected")
            socket.onDisconnect { notes.add($0.rawValue) }
        }
        let client = try await io.testClient()
        for _ in 0..<2 { try await client.send(text: "0/custom,") }
        #expect(notes.all == ["connected", "client namespace disconnect", "connected"])
        #expect(await io.of("/custom").everyone.count() == 1)
        #expect(await io.everyone.count() == 1)
        #expect(try await !client.isClosed())
    }

    @Test func aClientThatSaysThatItLeavesBeforeItsAnswerIsAnsweredOnlyWhenItComesBack() async throws {
        let io = SocketIOServer()
        let gate = Gate()
        let notes = Notes()
        io.of("/custom").use { _ in
            await gate.pass()
            notes.add("passed")
        }
        let client = try await io.testClient()
        for packet in ["0/custom,", "1/custom,", "0/custom,"] { try await client.send(text: packet) }
        gate.open()
        try await client.wait { client.received.contains { $0.namespace == "/custom" } && notes.all.count == 2 }
        #expect(client.received.filter { $0.namespace == "/custom" }.count == 1)
        #expect(await io.of("/custom").everyone.count() == 1)
    }

    @Test func aSocketThatTheServerDisconnectsBeforeItsAnswerIsRefused() async throws {
        let io = SocketIOServer()
        io.of("/custom").use { $0.disconnect() }
        let client = try await io.testClient()
        await #expect(throws: TestClientError.refused(#"{"message":"Disconnected"}"#)) {
            try await client.join("/custom")
        }
    }

    @Test func abandonedMiddlewareCountsTowardsTheLimitOfNamespaces() async throws {
        var configuration = SocketIOConfiguration()
        configuration.maxNamespaces = 3
        let io = SocketIOServer(configuration: configuration)
        let gate = Gate()
        let notes = Notes()
        io.of("/custom").use { _ in
            await gate.pass()
            notes.add("passed")
        }
        let client = try await io.testConnection()
        for _ in 0..<3 { try await client.send(text: "0/custom,") }
        #expect(client.received.isEmpty)
        try await client.send(text: "0/custom,")
        #expect(client.received.map(\.kind) == [.refused(#"{"message":"Too many namespaces"}"#)])
        gate.open()
        try await client.wait { notes.all.count == 3 }
        // The last of them may still be on its way out.
        var isJoined = false
        for _ in 0..<1000 where !isJoined { isJoined = (try? await client.join("/custom")) != nil }
        #expect(isJoined)
    }

    @Test(arguments: [
        "2/custom,[\"a\"]", "3/custom,1[]", "1/custom,", "51-/custom,[\"a\",{\"_placeholder\":true,\"num\":0}]",
    ])
    func whatCrossesTheServersDisconnectIsDropped(packet: String) async throws {
        let io = SocketIOServer()
        io.of("/custom").onConnection { $0.disconnect() }
        let client = try await io.testClient()
        try await client.send(text: "0/custom,")
        try await client.send(text: packet)
        if packet.hasPrefix("5") { try await client.send(binary: ByteBuffer(bytes: [1])) }
        #expect(try await !client.isClosed())
        #expect(await io.everyone.count() == 1)
    }

    @Test(arguments: ["1/random,", "2/random,[\"a\"]"])
    func whatCrossesARefusalIsDropped(packet: String) async throws {
        let client = try await SocketIOServer().testClient()
        try await client.send(text: "0/random,")
        try await client.send(text: packet)
        #expect(try await !client.isClosed())
    }

    @Test func ofRefusedNamespacesNoMoreAreRememberedThanMayBeJoined() async throws {
        var configuration = SocketIOConfiguration()
        configuration.maxNamespaces = 3
        let client = try await SocketIOServer(configuration: configuration).testClient()
        for number in 1...4 { try await client.send(text: "0/\(number),") }
        try await client.send(text: "1/3,")
        #expect(try await !client.isClosed())
        try await client.send(text: "1/4,")
        #expect(try await client.isClosed())
    }

    @Test(arguments: ["2[\"a\"]", "3/admin,1[]", "1", "4{\"message\":\"x\"}"])
    func aPacketForANamespaceThatWasNotJoinedEndsTheConnection(packet: String) async throws {
        let io = SocketIOServer()
        _ = io.of("/admin")
        let client = try await io.testConnection()
        try await client.send(text: packet)
        #expect(try await client.closeReason() == .done)
    }

    @Test func aConnectErrorFromAClientEndsTheConnection() async throws {
        let client = try await SocketIOServer().testClient()
        try await client.send(text: "4{\"message\":\"x\"}")
        #expect(try await client.isClosed())
    }

    @Test(arguments: ["abc", "9", "2[", "2{}", "2[true]", "2[\"connect\"]", "51-[]x", "", "5-[\"a\"]"])
    func aMalformedPacketEndsTheConnectionAsAParseError(packet: String) async throws {
        let io = SocketIOServer()
        let notes = Notes()
        io.onConnection { $0.onDisconnect { notes.add($0.rawValue) } }
        let client = try await io.testClient()
        try await client.send(text: packet)
        #expect(try await client.closeReason() == .done)
        #expect(notes.all == ["parse error"])
    }

    @Test func binaryThatNobodyAnnouncedEndsTheConnection() async throws {
        let client = try await SocketIOServer().testClient()
        try await client.send(binary: ByteBuffer(bytes: [1]))
        #expect(try await client.isClosed())
    }

    @Test func moreAttachmentsThanAllowedEndTheConnection() async throws {
        let client = try await SocketIOServer().testClient()
        try await client.send(text: "511-[\"a\"]")
        #expect(try await client.isClosed())
    }

    @Test func anEventWithoutNameIsIgnored() async throws {
        let client = try await SocketIOServer().testClient()
        try await client.send(text: "2")
        #expect(try await !client.isClosed())
    }

    @Test func withoutConnectTheConnectionIsClosedInTime() async throws {
        let client = try await SocketIOServer().testConnection()
        await client.advanceTime(by: .seconds(44))
        #expect(try await !client.isClosed())
        await client.advanceTime(by: .seconds(2))
        #expect(try await client.isClosed())
    }

    @Test func withConnectItIsNot() async throws {
        let client = try await SocketIOServer().testClient()
        for _ in 0..<10 { await client.advanceTime(by: .seconds(10)) }
        #expect(try await !client.isClosed())
    }

    @Test func aClientThatIsSilentIsGivenUp() async throws {
        let io = SocketIOServer()
        let notes = Notes()
        io.onConnection { $0.onDisconnect { notes.add($0.rawValue) } }
        let client = try await io.testClient()
        client.answersPings = false
        await client.advanceTime(by: .seconds(26))
        await client.advanceTime(by: .seconds(21))
        #expect(notes.all == ["ping timeout"])
    }

    @Test func aConnectionMayHaveSoManyNamespacesOnly() async throws {
        var configuration = SocketIOConfiguration()
        configuration.maxNamespaces = 2
        let io = SocketIOServer(configuration: configuration)
        for name in ["/a", "/b", "/c"] { _ = io.of(name) }
        let client = try await io.testConnection()
        try await client.join("/a")
        try await client.join("/b")
        await #expect(throws: TestClientError.refused(#"{"message":"Too many namespaces"}"#)) {
            try await client.join("/c")
        }
        try await client.leave("/a")
        try await client.join("/c")
    }

    @Test func namespacesOfOneConnectionAreApart() async throws {
        let io = SocketIOServer()
        io.onConnection { socket in socket.on("a") { socket.emit("main") } }
        io.of("/b").onConnection { socket in socket.on("a") { socket.emit("other") } }
        let client = try await io.testClient()
        try await client.join("/b")
        try await client.emit("a", namespace: "/b")
        #expect(client.events == ["other()"])
        try await client.leave("/b")
        try await client.emit("a")
        #expect(client.events == ["other()", "main()"])
        #expect(try await !client.isClosed())
    }
}
