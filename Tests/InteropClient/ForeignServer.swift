// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import MartletClient
import NIOCore

/// What an application does with a Socket.IO server, each step checked. The server is that of `foreign_server.py`, or any
/// other with the same events.
struct ForeignServer: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "foreign", abstract: "Goes through what an application does with a server of somebody else.")

    @OptionGroup var server: ServerOptions
    @Option(help: "The transport that is in use in the end.") var reaching: String

    func run() async throws {
        let client = try self.server.makeClient()
        let socket = client.socket { ["token": "x"] }
        let auth = socket.events(Event<[String: String]>("auth"))
        let echoes = socket.events(Event<Int, String, [String: String]>("message-back"))
        try await socket.connect()
        try expect(await auth.first { _ in true } == ["token": "x"], "the server has other authentication data")

        socket.emit("message", 1, "2", ["3": "ü🐦"])
        let echo = await echoes.first { _ in true }
        try expect(echo?.0 == 1 && echo?.1 == "2" && echo?.2 == ["3": "ü🐦"], "another echo")
        try await self.acknowledgements(socket)
        try await self.order(socket)
        try await self.namespaces(client)
        try await self.transport(client)
        try await self.ends(socket)
        await client.close()
    }

    private func acknowledgements(_ socket: ClientSocket) async throws {
        try expect(try await socket.emitWithAck("message-with-ack", "one") == "one", "another answer")
        let bytes = ByteBuffer(bytes: 0...255)
        try expect(try await socket.emitWithAck("message-with-ack", bytes) == bytes, "other bytes")
        let answers = socket.events(Event<Int>("answer"))
        socket.on(Event<Int>("question")) { number -> Int in number * 2 }
        socket.emit("ask", 21)
        try expect(await answers.first { _ in true } == 42, "the server has another answer")
        do {
            let _: Int = try await socket.emitWithAck("nobody answers", timeout: .milliseconds(50))
            throw Unexpected("an answer to nothing")
        } catch AcknowledgementError.timedOut {}
    }

    private func order(_ socket: ClientSocket) async throws {
        let ticks = socket.events(Event<Int>("tick"))
        socket.emit("count", 1000)
        var last = 0
        for await tick in ticks {
            try expect(tick == last + 1, "\(tick) after \(last)")
            last = tick
            if last == 1000 { break }
        }
        try expect(last == 1000, "the last is \(last)")
    }

    private func namespaces(_ client: SocketIOClient) async throws {
        do {
            try await client.socket("/guarded").connect()
            throw Unexpected("a socket without a token was let in")
        } catch let refusal as ConnectionRefused {
            try expect(refusal.message == "Not authorized", "the message is \(refusal.message)")
        }
        let other = try self.server.makeClient()
        let guarded = other.socket("/guarded") { ["token": "secret"] }
        try await guarded.connect()
        try expect(try await guarded.emitWithAck("message-with-ack", "in") == "in", "another answer in /guarded")
        await other.close()
    }

    /// A plain session that began with polling moves to a WebSocket while it is used.
    private func transport(_ client: SocketIOClient) async throws {
        let name = TransportName(rawValue: self.reaching)
        while await client.transport != name {
            try expect(try await client.socket().emitWithAck("message-with-ack", 1) == 1, "another answer")
        }
    }

    private func ends(_ socket: ClientSocket) async throws {
        var states = socket.states.makeAsyncIterator()
        socket.emit("disconnect-me")
        while let state = await states.next() {
            guard case .disconnected(let reason) = state else { continue }
            try expect(reason == .ioServerDisconnect, "the reason is \(reason.map { "\($0)" } ?? "none")")
            break
        }
        try await socket.connect()
        socket.disconnect()
    }
}
