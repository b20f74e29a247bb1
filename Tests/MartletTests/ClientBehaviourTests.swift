// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Martlet
import MartletClient
import MartletTestSupport
import NIOCore
import Testing

/// The behaviour suite once more, with `MartletClient` in the place of a raw client.
struct ClientBehaviourTests {
    static let transports = BehaviourTests.transports
    private static let tick = Event<Int>("tick")

    @Test(arguments: transports, TestHost.allCases)
    func aClientConnectsWithItsAuthenticationData(transport: TransportName, host: TestHost) async throws {
        try await withClient(transport, host, .testing()) { client in
            let socket = client.socket { ["token": "x"] }
            let greeting = socket.events(Event<[String: String]>("auth"))
            try await socket.connect()
            #expect(await greeting.first { _ in true } == ["token": "x"])
        }
    }

    @Test(arguments: transports, TestHost.allCases)
    func aRefusedClientHearsWhyAndMayGoOn(transport: TransportName, host: TestHost) async throws {
        try await withClient(transport, host, .testing()) { client in
            let refusal = await #expect(throws: ConnectionRefused.self) {
                try await client.socket("/guarded").connect()
            }
            #expect(refusal?.message == "Not authorized")
            #expect((refusal?.data as? SocketArgument)?.description == #"{"code":7}"#)
            let unknown = await #expect(throws: ConnectionRefused.self) {
                try await client.socket("/nowhere").connect()
            }
            #expect(unknown?.message == "Invalid namespace")
            try await client.socket().connect()
        }
    }

    @Test(arguments: transports, TestHost.allCases)
    func eventsGoBothWays(transport: TransportName, host: TestHost) async throws {
        try await withClient(transport, host, .testing()) { client in
            let socket = client.socket()
            let echoes = socket.events(Event<SocketArguments>("echo"))
            try await socket.connect()
            var iterator = echoes.makeAsyncIterator()
            socket.emit("echo", 1, "2", ["3": [true]])
            #expect(await iterator.next()?.description == #"1,"2",{"3":[true]}"#)
            let text = "é😀\n\u{0} / \""
            socket.emit("echo", text)
            #expect(try await iterator.next()?.elements.first?.decode(as: String.self) == text)
            socket.emit("echo", Int?.none, 1.5, [Int]())
            #expect(await iterator.next()?.description == "null,1.5,[]")
        }
    }

    @Test(arguments: transports, TestHost.allCases)
    func acknowledgementsGoBothWays(transport: TransportName, host: TestHost) async throws {
        try await withClient(transport, host, .testing()) { client in
            let socket = client.socket()
            let heard = Notes()
            socket.on(Event<String>("answer")) { heard.add("answer \($0)") }
            socket.on(Event<String>("failed")) { heard.add("failed \($0)") }
            let answering = socket.on(Event<Int>("question")) { number -> String in "forty-\(number)" }
            try await socket.connect()
            let answer: SocketArguments = try await socket.emitWithAck("ack", 1, "a")
            #expect(answer.description == #"1,"a""#)
            socket.emit("ask", 60_000)
            try await eventually("the answer") { heard.all == ["answer forty-1"] }
            // Nobody answers: both sides hear of it.
            socket.off(answering)
            socket.emit("ask", 50)
            await #expect(throws: AcknowledgementError.timedOut) {
                try await socket.emitWithAck("no handler", timeout: .milliseconds(50), as: Int.self)
            }
            try await eventually("the failure") { heard.all.last == "failed \(AcknowledgementError.timedOut)" }
        }
    }

    @Test(arguments: transports, TestHost.allCases)
    func binaryGoesBothWays(transport: TransportName, host: TestHost) async throws {
        try await withClient(transport, host, .testing()) { client in
            let socket = client.socket()
            let echoes = socket.events(Event<ByteBuffer, String, [UInt8]>("echo"))
            try await socket.connect()
            let all = ByteBuffer(bytes: 0...255)
            socket.emit("echo", all, "x", ByteBuffer(bytes: [1, 2]))
            let echo = await echoes.first { _ in true }
            #expect(echo?.0 == all && echo?.1 == "x" && echo?.2 == [1, 2])
            #expect(
                try await socket.emitWithAck("ack", ByteBuffer(bytes: [0]), as: ByteBuffer.self) == .init(bytes: [0]))
        }
    }

    @Test(arguments: transports, TestHost.allCases)
    func namespacesShareAConnection(transport: TransportName, host: TestHost) async throws {
        let notes = Notes()
        let io = SocketIOServer.testing(notes)
        try await withClient(transport, host, io) { client in
            let (here, there) = (client.socket(), client.socket("/custom") { ["a": 1] })
            try await here.connect()
            try await there.connect()
            #expect(await io.statistics().sessions == 1)
            #expect(try await there.emitWithAck("ack", "there", as: String.self) == "there")
            #expect(try await here.emitWithAck("ack", "here", as: String.self) == "here")
            there.disconnect()
            try await eventually("the namespace to be left") {
                notes.all == ["disconnected: client namespace disconnect"]
            }
            #expect(try await here.emitWithAck("ack", "still here", as: String.self) == "still here")
        }
    }

    @Test(arguments: transports, TestHost.allCases)
    func bothSidesDisconnect(transport: TransportName, host: TestHost) async throws {
        let notes = Notes()
        try await withClient(transport, host, .testing(notes)) { client in
            let socket = client.socket()
            var states = socket.states.makeAsyncIterator()
            func end() async -> DisconnectReason? {
                while let state = await states.next() {
                    if case .disconnected(let reason?) = state { return reason }
                }
                return nil
            }
            try await socket.connect()
            socket.emit("leave")
            #expect(await end() == .ioServerDisconnect)
            try await socket.connect()
            socket.disconnect()
            #expect(await end() == .ioClientDisconnect)
            try await socket.connect()
            try await eventually("both ends") { notes.all.count == 2 }
            #expect(
                notes.all == ["disconnected: server namespace disconnect", "disconnected: client namespace disconnect"])
            // The connection goes, too, and the client comes back by itself.
            socket.emit("hang up")
            #expect(await end() != nil)
        }
    }

    @Test(arguments: transports, TestHost.allCases)
    func broadcastsReachTheRoomOnEveryLoop(transport: TransportName, host: TestHost) async throws {
        let io = SocketIOServer.testing()
        try await withServer(host, io) { port in
            let heard = (0..<6).map { _ in Notes() }
            var clients: [SocketIOClient] = []
            for notes in heard {
                let client = try makeClient(transport, port)
                let socket = client.socket()
                socket.on(Event<String>("said")) { notes.add("said \($0)") }
                socket.on(Event<[String: String]>("all")) { notes.add("all \($0)") }
                try await socket.connect()
                clients.append(client)
            }
            for client in clients.dropLast() {
                #expect(try await client.socket().emitWithAck("join", "lobby", as: String.self) == "lobby")
            }
            #expect(await io.in("lobby").count() == 5)
            clients[0].socket().emit("to", "lobby", "hello")
            for notes in heard[1..<5] { try await eventually("the room") { notes.all == ["said hello"] } }
            clients[5].socket().emit("all", ["to": "everyone"])
            for notes in heard { try await eventually("all") { notes.all.last == #"all ["to": "everyone"]"# } }
            #expect(heard.map(\.all.count) == [1, 2, 2, 2, 2, 1])
            for client in clients { await client.close() }
        }
    }

    @Test(arguments: transports, TestHost.allCases)
    func tenThousandEventsKeepTheirOrder(transport: TransportName, host: TestHost) async throws {
        try await withClient(transport, host, .testing()) { client in
            let socket = client.socket()
            let ticks = socket.events(Self.tick)
            try await socket.connect()
            socket.emit("count", 10_000)
            var last = 0
            for await number in ticks {
                guard number == last + 1 else {
                    Issue.record("\(number) after \(last)")
                    break
                }
                last = number
                if last == 10_000 { break }
            }
            #expect(last == 10_000)
        }
    }

    @Test(arguments: transports, TestHost.allCases)
    func eventsFromAClientKeepTheirOrder(transport: TransportName, host: TestHost) async throws {
        let notes = Notes()
        try await withClient(transport, host, .testing(notes)) { client in
            let socket = client.socket()
            for number in 0..<500 { socket.emit("note", "\(number)") }
            try await socket.connect()
            for number in 500..<1000 { socket.emit("note", "\(number)") }
            try await eventually("all events") { notes.all.count == 1000 }
            #expect(notes.all == (0..<1000).map(String.init))
        }
    }

    @Test(arguments: transports, TestHost.allCases)
    func volatileEventsAreSentOnAConnectionThatKeepsUp(transport: TransportName, host: TestHost) async throws {
        let notes = Notes()
        try await withClient(transport, host, .testing(notes)) { client in
            let socket = client.socket()
            socket.volatile.emit("note", "too early")
            try await socket.connect()
            for number in 0..<100 { socket.volatile.emit("note", "\(number)") }
            try await eventually("all events") { notes.all.count == 100 }
            #expect(notes.all == (0..<100).map(String.init))
        }
    }

    @Test(arguments: transports, TestHost.allCases)
    func aLostConnectionComesBack(transport: TransportName, host: TestHost) async throws {
        let notes = Notes()
        try await withServer(host, .testing(notes)) { port in
            try await CuttingProxy.run(to: port) { proxy in
                for isLossless in [true, false] {
                    let client = try makeClient(transport, proxy.port) { $0.isLossless = isLossless }
                    let socket = client.socket()
                    try await socket.connect()
                    for number in 1...3 {
                        proxy.cut()
                        #expect(try await Self.answer(to: number, of: socket, isLossless: isLossless) == number)
                    }
                    await client.close()
                }
            }
        }
    }

    /// Asks until the answer comes: only a lossless session promises that it does. Attempts to connect again wait for
    /// seconds, as connections get lost one after the other.
    private static func answer(to number: Int, of socket: ClientSocket, isLossless: Bool) async throws -> Int {
        while true {
            do {
                return try await socket.emitWithAck("ack", number, timeout: .seconds(60), as: Int.self)
            } catch AcknowledgementError.disconnected where !isLossless {
                continue
            }
        }
    }
}

/// A client of a server on this port of the loopback.
private func makeClient(
    _ transport: TransportName, _ port: Int, configure: (inout SocketIOClientConfiguration) -> Void = { _ in }
) throws -> SocketIOClient {
    var configuration = SocketIOClientConfiguration()
    configuration.transports = [transport]
    configuration.reconnectionDelay = .milliseconds(20)
    configure(&configuration)
    return try SocketIOClient("http://127.0.0.1:\(port)", configuration: configuration)
}

/// Lends a client of a server.
private func withClient(
    _ transport: TransportName, _ host: TestHost, _ io: SocketIOServer, _ body: (SocketIOClient) async throws -> Void
) async throws {
    try await withServer(host, io) { port in
        let client = try makeClient(transport, port)
        do {
            try await body(client)
        } catch {
            await client.close()
            throw error
        }
        await client.close()
    }
}
