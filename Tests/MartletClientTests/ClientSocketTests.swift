// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Martlet
import MartletClient
import MartletEngine
import MartletTestSupport
import NIOCore
import Testing

@testable import MartletEvents

/// The events of a server and its clients.
enum Chat {
    struct Message: Codable, Sendable, Equatable {
        var text: String
        var data: ByteBuffer?
    }

    static let say = Event<Message>("say")
    static let said = Event<Message>("said")
    static let add = Event<Int, Int>("add")
    static let count = Event<Int>("count")
}

struct ClientSocketTests {
    @Test(arguments: [TransportName.websocket, .sse, .polling], [true, false])
    func eventsGoBothWays(transport: TransportName, isLossless: Bool) async throws {
        try await SocketServer.run { io in
            io.on(Chat.say) { socket, message in socket.emit(Chat.said, message) }
        } _: { server in
            try await server.client {
                $0.transports = [transport]
                $0.isLossless = isLossless
            } _: { client in
                let socket = client.socket()
                let heard = Box<Chat.Message>()
                socket.on(Chat.said) { heard.add($0) }
                // The first waits for the connection.
                let messages = [
                    Chat.Message(text: "early"), Chat.Message(text: "ü", data: ByteBuffer(bytes: [0, 1, 2])),
                ]
                socket.emit(Chat.say, messages[0])
                try await socket.connect()
                socket.emit(Chat.say, messages[1])
                try await eventually("both messages") { heard.values.count == 2 }
                #expect(heard.values == messages)
            }
        }
    }

    @Test func answersComeBackBothWays() async throws {
        let answers = Box<Int>()
        try await SocketServer.run { io in
            io.on(Chat.add) { (_: Socket, left: Int, right: Int) in left + right }
            io.on("fail") { (_: Socket) throws in throw EventError(message: "no", code: "forbidden") }
            io.onConnection { socket in
                Task { answers.add(try await socket.emitWithAck(Chat.add, 3, 4, as: Int.self)) }
            }
        } _: { server in
            try await server.client { client in
                let socket = client.socket()
                socket.on(Chat.add) { (left: Int, right: Int) async -> Int in left * right }
                try await socket.connect()
                #expect(try await socket.emitWithAck(Chat.add, 1, 2, as: Int.self) == 3)
                let error = await #expect(throws: EventError.self) {
                    try await socket.emitWithAck("fail", as: Int.self)
                }
                #expect(error?.message == "no" && error?.code == "forbidden")
                await #expect(throws: AcknowledgementError.self) {
                    try await socket.emitWithAck(Chat.add, 1, 2, as: String.self)
                }
                try await eventually("the client's answer") { answers.values == [12] }
            }
        }
    }

    @Test func answersThatDoNotComeEndTheWait() async throws {
        let gate = Gate()
        defer { gate.open() }
        try await SocketServer.run { io in
            io.on("never") { (_: Socket) async in await gate.pass() }
        } _: { server in
            try await server.client { client in
                let socket = client.socket()
                // Not connected: the event waits, and is forgotten.
                await #expect(throws: AcknowledgementError.timedOut) {
                    try await socket.emitWithAck("never", timeout: .milliseconds(10), as: Int?.self)
                }
                try await socket.connect()
                await #expect(throws: AcknowledgementError.timedOut) {
                    try await socket.emitWithAck("never", timeout: .milliseconds(10), as: Int?.self)
                }
                let waiting = Task { try await socket.emitWithAck("never", as: Int?.self) }
                waiting.cancel()
                await #expect(throws: AcknowledgementError.cancelled) { try await waiting.value }
                let left = Task { try await socket.emitWithAck("never", as: Int?.self) }
                await client.close()
                await #expect(throws: AcknowledgementError.disconnected) { try await left.value }
            }
        }
    }

    @Test func namespacesShareAConnection() async throws {
        let sessions = Box<String>()
        try await SocketServer.run { io in
            for name in ["/", "/news"] {
                io.of(name).on("where") { (socket: Socket) in socket.namespace.name }
            }
            io.of("/secret").use { socket in
                let auth = try? socket.handshake.auth.decode(as: [String: String].self)
                guard auth?["token"] == "right" else {
                    throw ConnectionRefused(message: "not you", data: ["code": 7])
                }
                sessions.add(socket.id)
            }
        } _: { server in
            try await server.client { client in
                try await client.socket().connect()
                try await client.socket("/news").connect()
                #expect(try await client.socket().emitWithAck("where", as: String.self) == "/")
                #expect(try await client.socket("news").emitWithAck("where", as: String.self) == "/news")
                try await client.socket("/secret", auth: { ["token": "right"] }).connect()
                #expect(sessions.values.count == 1)
            }
            try await server.client { client in
                do {
                    try await client.socket("/secret", auth: { ["token": "wrong"] }).connect()
                    Issue.record("the server has not refused")
                } catch let refusal as ConnectionRefused {
                    #expect(refusal.message == "not you")
                    #expect((refusal.data as? SocketArgument)?.description == #"{"code":7}"#)
                }
                await #expect(throws: ConnectionRefused.self) { try await client.socket("/none").connect() }
            }
        }
    }

    @Test func statesTellOfTheConnection() async throws {
        try await SocketServer.run { io in
            io.on("out") { (socket: Socket) in socket.disconnect() }
        } _: { server in
            try await server.client { client in
                let socket = client.socket()
                var states = socket.states.makeAsyncIterator()
                func next() async -> String { await states.next().map(Self.describe) ?? "end" }
                #expect(await next() == "disconnected")
                try await socket.connect()
                #expect(await next() == "connecting")
                #expect(await next() == "connected")
                socket.emit("out")
                #expect(await next() == "disconnected io server disconnect")
                try await socket.connect()
                #expect(await next() == "connecting")
                #expect(await next() == "connected")
                socket.disconnect()
                #expect(await next() == "disconnected io client disconnect")
            }
        }
    }

    private static func describe(_ state: ConnectionState) -> String {
        switch state {
        case .connecting: "connecting"
        case .connected: "connected"
        case .refused(let refusal): "refused \(refusal.message)"
        case .disconnected(let reason): reason.map { "disconnected \($0)" } ?? "disconnected"
        }
    }

    @Test(arguments: [true, false])
    func aLostConnectionIsOpenedAgain(isRecovering: Bool) async throws {
        try await SocketServer.run { io in
            io.on(Chat.count) { (socket: Socket, number: Int) in socket.emit(Chat.count, number) }
            // Ends the engine's session, as a network does.
            io.on("lose") { (socket: Socket) in socket.connection.session.close(.transportError) }
        } configure: {
            $0.connectionStateRecovery = isRecovering ? ConnectionStateRecovery() : nil
        } _: { server in
            try await server.client {
                $0.isLossless = false
            } _: { client in
                let socket = client.socket()
                let heard = Box<Int>()
                let recovered = Box<Bool>()
                socket.on(Chat.count) { heard.add($0) }
                let watching = Task {
                    for await case .connected(_, let isRecovered) in socket.states { recovered.add(isRecovered) }
                }
                try await socket.connect()
                socket.emit(Chat.count, 1)
                try await eventually("the first") { heard.values == [1] }
                socket.emit("lose")
                try await eventually("another connection") { recovered.values.count == 2 }
                socket.emit(Chat.count, 2)
                try await eventually("the second") { heard.values == [1, 2] }
                #expect(recovered.values == [false, isRecovering])
                watching.cancel()
            }
        }
    }

    @Test func sequencesGiveEventsInOrder() async throws {
        try await SocketServer.run { io in
            io.onConnection { socket in for number in 0..<100 { socket.emit(Chat.count, number) } }
        } _: { server in
            try await server.client { client in
                let socket = client.socket()
                let numbers = socket.events(Chat.count, limit: 2)
                try await socket.connect()
                var heard: [Int] = []
                for await number in numbers {
                    heard.append(number)
                    if heard.count == 100 { break }
                }
                #expect(heard == Array(0..<100))
            }
        }
    }

    @Test func aSessionMovesToOtherTransports() async throws {
        try await SocketServer.run { io in
            io.on(Chat.count) { (_: Socket, number: Int) in number }
        } _: { server in
            try await server.client { client in
                await #expect(throws: TransportUnavailable.self) { try await client.switchTransport(to: .sse) }
                let socket = client.socket()
                try await socket.connect()
                for (number, transport) in [TransportName.sse, .polling, .websocket].enumerated() {
                    try await client.switchTransport(to: transport)
                    #expect(try await socket.emitWithAck(Chat.count, number, as: Int.self) == number)
                }
            }
        }
    }

    @Test func whatCannotBeSentIsReported() async throws {
        var configuration = SocketIOClientConfiguration()
        configuration.maxUnsentBytes = 100
        let client = try SocketIOClient("http://127.0.0.1:1", configuration: configuration)
        let errors = Box<String>()
        client.onError { errors.add("\($0)") }
        client.socket().emit("connect")
        client.socket().emit("number", Double.nan)
        try await eventually("two errors") { errors.values.count == 2 }
        // 60 bytes each: the second finds no room, and a volatile one is not kept at all.
        client.socket().volatile.emit("text", String(repeating: "a", count: 50))
        for _ in 0..<2 { client.socket().emit("text", String(repeating: "a", count: 50)) }
        try await eventually("a third") { errors.values.count == 3 }
        let full = "'text' was not sent: the send buffer is full"
        #expect(errors.values.last == full)
        // Who asks is told, and nobody else.
        await #expect(throws: AcknowledgementError.failed(full)) {
            try await client.socket().emitWithAck("text", String(repeating: "a", count: 50), as: Int.self)
        }
        #expect(errors.values.count == 3)
        await client.close()
    }

    @Test func aWaitForAConnectionEnds() async throws {
        #expect(throws: ConnectionFailed.self) { try SocketIOClient("ftp://example.com") }
        var configuration = SocketIOClientConfiguration()
        configuration.maxReconnectionAttempts = 0
        // Nobody listens on this port.
        let client = try SocketIOClient("http://127.0.0.1:1", configuration: configuration)
        await #expect(throws: ConnectionFailed.self) { try await client.socket().connect() }
        let waiting = Task { try await client.socket().connect() }
        waiting.cancel()
        await #expect(throws: (any Error).self) { try await waiting.value }
        await client.close()
        await #expect(throws: ConnectionFailed.self) { try await client.socket().connect() }
    }
}
