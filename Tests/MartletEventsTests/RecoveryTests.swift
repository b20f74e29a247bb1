// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import EngineIOWire
import MartletEngine
import MartletEvents
import MartletTestSupport
import MartletTesting
import NIOConcurrencyHelpers
import NIOCore
import NIOEmbedded
import Testing

struct RecoveryTests {
    /// What Socket.IO's client keeps of a connection to come back with.
    private struct Claim: Encodable {
        let pid: String
        let offset: String?

        /// - Parameter count: after how many events the client lost its connection; `nil` for all.
        init(_ client: TestClient, received count: Int? = nil) throws {
            var pid: String?
            var offset: String?
            var events = 0
            for packet in client.received {
                if let id = packet.recoveryID { pid = id }
                guard case .event = packet.kind else { continue }
                if let count, events == count { break }
                events += 1
                if packet.acknowledgementID == nil, let last = packet.arguments.elements.last {
                    if let text = try? last.decode(as: String.self) { offset = text }
                }
            }
            self.pid = try #require(pid)
            self.offset = offset
        }
    }

    private func server(
        _ notes: Notes = Notes(),
        _ change: (inout ConnectionStateRecovery) -> Void = { _ in }
    ) -> SocketIOServer {
        var configuration = SocketIOConfiguration()
        var recovery = ConnectionStateRecovery()
        change(&recovery)
        configuration.connectionStateRecovery = recovery
        let io = SocketIOServer(configuration: configuration)
        io.use { socket in notes.add("middleware \(socket.recovered)") }
        io.onConnection { socket in
            notes.add("connection \(socket.recovered)")
            if !socket.recovered {
                socket.join("room")
                socket.data["name"] = "Ada"
            }
            socket.on("state") { () -> String in
                let rooms = socket.rooms.subtracting([socket.id]).sorted()
                return "\(rooms) \(socket.data["name", as: String.self] ?? "nobody")"
            }
        }
        return io
    }

    /// The events without the offset at their end.
    private func events(_ client: TestClient) -> [String] {
        client.received.compactMap { packet in
            guard case .event(let name) = packet.kind else { return nil }
            let arguments = packet.arguments.elements.dropLast().map(\.description)
            return "\(name)(\(arguments.joined(separator: ",")))"
        }
    }

    private func id(_ client: TestClient) throws -> String {
        for packet in client.received { if case .connected(let id) = packet.kind { return id } }
        throw TestClientError.closed
    }

    @Test func aClientThatComesBackFindsAllAsItWas() async throws {
        let notes = Notes()
        let io = self.server(notes)
        let client = try await io.testClient()
        io.emit("seen", 1)
        await client.run()
        let claim = try Claim(client)
        try await client.drop()
        io.to("room").emit("missed", 2, ByteBuffer(bytes: [7]))
        io.to(try self.id(client)).emit("mine", 3)
        io.to("elsewhere").emit("others", 4)
        io.except("room").emit("others", 5)
        io.socketsJoin("later")
        let again = try await io.testClient(auth: claim)
        #expect(self.events(again) == [#"missed(2,{"_placeholder":true,"num":0})"#, "mine(3)"])
        // What was missed comes before the answer.
        guard case .connected? = again.received.last?.kind else { throw TestClientError.closed }
        #expect(try self.id(again) == self.id(client))
        #expect(again.received.last?.recoveryID == claim.pid)
        #expect(try await again.emitWithAck("state").description == #""[\"later\", \"room\"] Ada""#)
        #expect(notes.all == ["middleware false", "connection false", "connection true"])
        io.to("room").emit("live")
        await again.run()
        #expect(self.events(again).last == "live()")
    }

    /// Socket.IO issue 5538.
    @Test func aClientThatHasReceivedNothingYetIsRestored() async throws {
        let io = self.server()
        let client = try await io.testClient()
        try await client.drop()
        io.emit("missed", 1)
        let again = try await io.testClient(auth: try Claim(client))
        #expect(self.events(again) == ["missed(1)"])
        #expect(try self.id(again) == self.id(client))
    }

    @Test func eventsThatWereSentButNotReceivedAreMissed() async throws {
        let io = self.server()
        let client = try await io.testClient()
        let socket = try #require(await io.sockets().first)
        for n in 1...3 { socket.emit("n", n) }
        io.emit("n", 4)
        await client.run()
        let claim = try Claim(client, received: 2)
        try await client.drop()
        io.emit("n", 5)
        let again = try await io.testClient(auth: claim)
        #expect(self.events(again) == ["n(3)", "n(4)", "n(5)"])
    }

    /// Socket.IO issue 4880.
    @Test func aStateIsGivenBackOnce() async throws {
        let notes = Notes()
        let io = self.server(notes)
        let client = try await io.testClient()
        try await client.drop()
        let claim = try Claim(client)
        let first = try await io.testClient(auth: claim)
        let id = try self.id(first)
        try await first.leave()
        let second = try await io.testClient(auth: claim)
        #expect(try self.id(second) != id)
        #expect(notes.all.suffix(2) == ["middleware false", "connection false"])
    }

    /// Socket.IO issue 5282.
    @Test func anOffsetThatIsNotKnownMakesANewSocket() async throws {
        struct Foreign: Encodable {
            let pid: String
            let offset: String
        }
        let io = self.server { $0.buffer = 300 }
        let client = try await io.testClient()
        io.emit("n", 0)
        await client.run()
        let claim = try Claim(client)
        for n in 1...10 { io.emit("n", n) }
        try await client.drop()
        // The buffer has dropped events that the client has not received.
        let second = try await io.testClient(auth: claim)
        #expect(try self.id(second) != self.id(client))
        #expect(self.events(second) == [])
        try await second.drop()
        let third = try await io.testClient(auth: Foreign(pid: try Claim(second).pid, offset: "never given out"))
        #expect(try self.id(third) != self.id(second))
        #expect(try await third.emitWithAck("state").description == #""[\"room\"] Ada""#)
    }

    @Test func aStateExpires() async throws {
        let io = self.server { $0.maxDisconnectionDuration = .seconds(10) }
        let client = try await io.testClient()
        let claim = try Claim(client)
        try await client.drop()
        await client.advanceTime(by: .seconds(9))
        let second = try await io.testClient(auth: claim, on: client.eventLoop)
        #expect(try self.id(second) == self.id(client))
        try await second.drop()
        await client.advanceTime(by: .seconds(11))
        let third = try await io.testClient(auth: claim, on: client.eventLoop)
        #expect(try self.id(third) != self.id(client))
    }

    /// Socket.IO pull request 5539: a volatile event, whose last argument may be a text, and one with binary data do not
    /// confuse a client's offset.
    @Test func volatileAndBinaryEventsInBetween() async throws {
        let io = self.server()
        let client = try await io.testClient()
        let socket = try #require(await io.sockets().first)
        io.emit("n", 1)
        io.volatile.emit("volatile", "text at the end")
        socket.emit("binary", ByteBuffer(bytes: [1]), "text")
        socket.volatile.emit("volatile", "text")
        await client.run()
        let claim = try Claim(client)
        try await client.drop()
        io.volatile.emit("volatile", "to nobody")
        io.emit("binary", "text", ByteBuffer(bytes: [2]))
        io.emit("n", 2)
        let again = try await io.testClient(auth: claim)
        #expect(self.events(again) == [#"binary("text",{"_placeholder":true,"num":0})"#, "n(2)"])
        #expect(again.received.first?.arguments.attachments.map { Array($0.readableBytesView) } == [[2]])
    }

    @Test func questionsHaveNoOffset() async throws {
        let io = self.server()
        let client = try await io.testClient()
        let socket = try #require(await io.sockets().first)
        async let answer = socket.emitWithAck("ask", "text", as: Int.self)
        let question = try await client.next("ask")
        #expect(question.arguments.description == #""text""#)
        try await client.acknowledge(question, with: 1)
        #expect(try await answer == 1)
    }

    @Test func aConnectionThatWasLostWithoutASignIsReplaced() async throws {
        let io = self.server()
        let client = try await io.testClient()
        io.emit("n", 1)
        await client.run()
        let claim = try Claim(client, received: 0)
        let again = try await io.testClient(auth: claim, on: client.eventLoop)
        #expect(self.events(again) == ["n(1)"])
        #expect(try self.id(again) == self.id(client))
        #expect(try await client.isClosed())
        #expect(await io.sockets().count == 1)
    }

    @Test func whoLeavesOrIsSentAwayIsNotRestored() async throws {
        let io = self.server()
        let leaver = try await io.testClient()
        try await leaver.leave()
        #expect(try await self.id(io.testClient(auth: Claim(leaver))) != self.id(leaver))
        let banished = try await io.testClient()
        try await banished.drop()
        io.to("room").disconnectSockets()
        await banished.run()
        #expect(try await self.id(io.testClient(auth: Claim(banished), on: banished.eventLoop)) != self.id(banished))
    }

    @Test func middlewareDecidesAnewWhereItIsAsked() async throws {
        var configuration = SocketIOConfiguration()
        configuration.connectionStateRecovery = ConnectionStateRecovery()
        configuration.connectionStateRecovery?.skipsMiddleware = false
        let io = SocketIOServer(configuration: configuration)
        let gate = Gate()
        let isClosed = NIOLockedValueBox(false)
        io.use { socket in
            if isClosed.withLockedValue({ $0 }) { throw ConnectionRefused(message: "closed") }
            if socket.recovered { await gate.pass() }
        }
        io.onConnection { $0.join("room") }
        let client = try await io.testClient()
        let claim = try Claim(client)
        try await client.drop()
        io.emit("n", 1)
        async let joined = io.testClient(auth: claim, on: client.eventLoop)
        await client.run()
        // While middleware is suspended, the state is kept up.
        io.to("room").emit("n", 2)
        gate.open()
        let again = try await joined
        #expect(self.events(again) == ["n(1)", "n(2)"])
        try await again.drop()
        isClosed.withLockedValue { $0 = true }
        await #expect(throws: TestClientError.self) { try await io.testClient(auth: claim, on: client.eventLoop) }
        isClosed.withLockedValue { $0 = false }
        #expect(try await self.id(io.testClient(auth: claim, on: client.eventLoop)) != self.id(client))
    }

    @Test func whatAPingWasAnsweredAfterIsNotKept() async throws {
        let io = self.server { $0.buffer = 1_000 }
        let client = try await io.testClient()
        for n in 0..<200 {
            for _ in 0..<5 { io.emit("n", n) }
            await client.advanceTime(by: io.configuration.pingInterval)
        }
        let claim = try Claim(client)
        try await client.drop()
        io.emit("missed")
        let again = try await io.testClient(auth: claim, on: client.eventLoop)
        #expect(self.events(again) == ["missed()"])
    }

    @Test func theFirstAnswerToSeveralPingsSaysNothingOfLaterEvents() async throws {
        let io = self.server()
        let client = try await io.testClient()
        client.answersPings = false
        io.emit("first")
        await client.advanceTime(by: io.configuration.pingInterval)
        io.emit("second")
        // It lives, so it is pinged again.
        try await client.emit("state")
        await client.advanceTime(by: io.configuration.pingTimeout)
        try await client.onLoop { $0.session?.received(.pong(ByteBuffer()), from: $0) }
        let claim = try Claim(client, received: 1)
        try await client.drop()
        let again = try await io.testClient(auth: claim, on: client.eventLoop)
        #expect(self.events(again) == ["second()"])
    }

    @Test func onlySoManyStatesAreKept() async throws {
        let io = self.server { $0.maxAway = 3 }
        let eventLoop = NIOAsyncTestingEventLoop()
        var clients: [TestClient] = []
        for _ in 0..<5 {
            let client = try await io.testClient(on: eventLoop)
            try await client.drop()
            clients.append(client)
        }
        var restored: [Bool] = []
        for client in clients {
            let again = try await io.testClient(auth: try Claim(client), on: eventLoop)
            restored.append(try self.id(again) == self.id(client))
            try await again.leave()
        }
        #expect(restored == [false, false, true, true, true])
    }

    @Test func withoutRecoveryNothingIsAdded() async throws {
        let io = SocketIOServer()
        io.onConnection { $0.emit("a", "text") }
        let client = try await io.testClient(auth: ["pid": "p", "offset": "o"])
        #expect(client.events == [#"a("text")"#])
        #expect(client.received.first?.recoveryID == nil)
    }

    /// Clients lose their connections and come back on other event loops, while tasks broadcast: each client gets each
    /// broadcast once, those of each task in order.
    @Test func nothingIsLostOrRepeatedFromOneEventLoopToAnother() async throws {
        let io = self.server { $0.buffer = 1 << 24 }
        let loops = (0..<3).map { _ in NIOAsyncTestingEventLoop() }
        let isOver = NIOLockedValueBox(false)
        let runners = loops.map { loop in
            Task {
                while !isOver.withLockedValue({ $0 }) {
                    await loop.run()
                    await Task.yield()
                }
            }
        }
        let senders = (0..<4).map { sender in
            Task {
                for n in 0..<150 {
                    io.to("room").emit("n", sender, n)
                    if n % 8 == 0 { await suspendForAnotherThread() }
                }
            }
        }
        let received = try await withThrowingTaskGroup(of: [[Int]].self) { group in
            for index in 0..<6 {
                group.addTask {
                    var client = try await io.testClient(on: loops[index % 3])
                    var numbers: [[Int]] = Array(repeating: [], count: 4)
                    for trip in 1...12 {
                        await suspendForAnotherThread()
                        try await client.drop()
                        try Self.add(client, to: &numbers)
                        client = try await io.testClient(auth: try Claim(client), on: loops[(index + trip) % 3])
                    }
                    for sender in senders { await sender.value }
                    for loop in loops { await loop.run() }
                    try Self.add(client, to: &numbers)
                    return numbers
                }
            }
            var all: [[[Int]]] = []
            for try await numbers in group { all.append(numbers) }
            return all
        }
        isOver.withLockedValue { $0 = true }
        for runner in runners { await runner.value }
        for numbers in received {
            for sent in numbers {
                // From the first one that came after the client had joined.
                #expect(sent == Array((sent.first ?? 150)..<150))
            }
        }
        #expect(received.contains { $0.contains { !$0.isEmpty } })
    }

    private static func add(_ client: TestClient, to numbers: inout [[Int]]) throws {
        for packet in client.received where packet.isEvent("n") {
            let elements = packet.arguments.elements
            let sender: Int = try elements[0].decode()
            numbers[sender].append(try elements[1].decode())
        }
    }
}
