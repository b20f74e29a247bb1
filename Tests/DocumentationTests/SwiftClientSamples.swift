// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Logging
import Martlet
import MartletClient
import NIOSSL
import Testing

enum Chat {
    struct Message: Codable, Sendable { var author: String, text: String }

    static let say = Event<Message>("say")
    static let said = Event<Message>("said")
}

/// The samples of SwiftClient.md, and what they say they do.
@MainActor @Suite(.timeLimit(.minutes(1)))
final class SwiftClientSamples {
    private var shown = AsyncStream.makeStream(of: String.self)
    private let io = SocketIOServer()

    private func show(_ text: String) { self.shown.continuation.yield(text) }
    private func show(_ message: Chat.Message) { self.show(message.text) }

    /// Waits until all of these were shown, in this order.
    private func waits(for texts: [String]) async {
        var rest = texts[...]
        for await text in self.shown.stream where text == rest.first {
            rest.removeFirst()
            if rest.isEmpty { break }
        }
    }

    /// Serves on a port of its own as long as `body` runs.
    private func serve(_ body: (_ port: Int) async throws -> Void) async throws {
        let (ports, listening) = AsyncStream.makeStream(of: Int.self)
        var configuration = MartletServer.Configuration(port: 0, threads: 1)
        configuration.shutdownTimeout = .milliseconds(200)
        let server = MartletServer(
            [.socketIO(self.io)], configuration: configuration, onListening: { listening.yield($0.port ?? 0) })
        let running = Task { try await server.run() }
        do {
            for await port in ports {
                try await body(port)
                break
            }
        } catch {
            Issue.record(error)
        }
        running.cancel()
        try await running.value
    }

    @Test func eventsBothWays() async throws {
        io.on(Chat.say) { (socket: Socket, message: Chat.Message) -> Int in
            socket.emit(Chat.said, message)
            return 7
        }
        try await self.serve { port in
            let client = try SocketIOClient("http://127.0.0.1:\(port)")
            let socket = client.socket()
            socket.on(Chat.said) { @MainActor message async in self.show(message) }
            try await socket.connect()
            #expect(
                try await socket.emitWithAck(Chat.say, Chat.Message(author: "Ada", text: "Hello"), as: Int.self) == 7)
            await self.waits(for: ["Hello"])
            let loop = Task {
                for await message in socket.events(Chat.said) { show(message) }
            }
            socket.emit(Chat.say, Chat.Message(author: "Ada", text: "again"))
            await self.waits(for: ["again"])
            loop.cancel()
            await client.close()
            await loop.value
        }
    }

    @Test func states() async throws {
        try await self.serve { port in
            let client = try SocketIOClient("http://127.0.0.1:\(port)")
            let socket = client.socket()
            let watching = Task { await self.watch(client, socket) }
            await self.waits(for: ["Not connected: not yet"])
            try await socket.connect()
            socket.disconnect()
            await self.waits(for: ["Connecting…", "Connected", "Not connected: io client disconnect"])
            await client.close()
            await watching.value
        }
    }

    private func watch(_ client: SocketIOClient, _ socket: ClientSocket) async {
        client.onError { error in print(error) }
        for await state in socket.states {
            switch state {
            case .connecting: show("Connecting…")
            case .connected: show("Connected")
            case .disconnected(let reason): show("Not connected: \(reason?.rawValue ?? "not yet")")
            case .refused(let refusal): show(refusal.message)
            }
        }
    }

    private struct Store {
        func token() async throws -> String { "secret" }
    }

    @Test func credentials() async throws {
        io.of("/account").use { socket in
            let auth = try socket.handshake.auth.decode(as: [String: String].self)
            throw ConnectionRefused(message: "no \(auth["token"] ?? "token")")
        }
        try await self.serve { port in
            let client = try SocketIOClient("http://127.0.0.1:\(port)")
            let store = Store()
            let socket = client.socket("/account") { ["token": try await store.token()] }
            do {
                try await socket.connect()
            } catch let refusal as ConnectionRefused {
                show(refusal.message)
            }
            await self.waits(for: ["no secret"])
            await client.close()
        }
    }

    /// Compiled, not called: it wants a server that is not here.
    private func firstSample() async throws {
        let client = try SocketIOClient("https://example.com")
        let socket = client.socket()
        socket.on(Chat.said) { message in print(message.author, message.text) }
        try await socket.connect()
        let position = try await socket.emitWithAck(Chat.say, Chat.Message(author: "Ada", text: "Hello"), as: Int.self)
        print(position)
    }

    @Test func settings() async throws {
        var configuration = SocketIOClientConfiguration()
        configuration.transports = [.websocket, .polling]
        configuration.headers = [("User-Agent", "Chat/1.0")]
        configuration.maxReconnectionAttempts = 10
        configuration.tls = .makeClientConfiguration()
        configuration.tls?.additionalTrustRoots = [.file("/etc/ssl/our-authority.pem")]
        configuration.tls?.certificateVerification = .none
        configuration.timeout = .seconds(5)
        configuration.path = "/live/"
        configuration.transports = [.websocket]
        configuration.transports = [.polling]
        configuration.maxReconnectionAttempts = 0
        configuration.reconnectionDelay = .seconds(1)
        configuration.maxReconnectionDelay = .seconds(5)
        configuration.reconnectionJitter = 0.5
        configuration.logger.logLevel = .debug
        let client = try SocketIOClient("https://example.com", configuration: configuration)
        await client.close()
        await (try SocketIOClient("https://example.com?room=a")).close()
    }

    @Test func fromAnotherClient() async throws {
        io.on("add") { (_: Socket, a: Int, b: Int) in a + b }
        io.onConnection { socket in
            let answer = try await socket.emitWithAck("ask", "?", as: String.self)
            socket.emit("said", Chat.Message(author: "server", text: answer))
        }
        try await self.serve { port in
            let client = try SocketIOClient("http://127.0.0.1:\(port)")
            client.onError { error in print(error) }
            let socket = client.socket()
            let handler = socket.on("said") { (message: Chat.Message) in print(message) }
            socket.once("said") { (message: Chat.Message) in print(message) }
            socket.on("ask") { (question: String) in "Got it" }
            socket.onAny { event, arguments in print(event) }
            let said = socket.events(Chat.said)
            try await socket.connect()
            for await message in said {
                #expect(message.text == "Got it")
                break
            }
            #expect(try await socket.emitWithAck("add", 1, 2, timeout: .seconds(5), as: Int.self) == 3)
            socket.emit("say", "Ada", "Hello")
            socket.off("said")
            socket.off(handler)
            _ = client.socket("/chat")
            socket.disconnect()
            await client.close()
        }
    }
}
