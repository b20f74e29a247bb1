// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Martlet
import MartletTestSupport

extension SocketIOServer {
    /// The server of the behaviour suite.
    static func testing(
        _ notes: Notes = Notes(),
        configure: (inout SocketIOConfiguration) -> Void = { _ in }
    ) -> SocketIOServer {
        var configuration = SocketIOConfiguration()
        configure(&configuration)
        let io = SocketIOServer(configuration: configuration)
        io.of("/guarded").use { _ in throw ConnectionRefused(message: "Not authorized", data: ["code": 7]) }
        for namespace in [io.of("/"), io.of("/custom")] {
            namespace.onConnection { socket in
                socket.emit("auth", socket.handshake.auth)
                Self.install(on: socket, io, notes)
            }
        }
        return io
    }

    private static func install(on socket: Socket, _ io: SocketIOServer, _ notes: Notes) {
        socket.on("echo") { (arguments: SocketArguments) in socket.emit("echo", arguments) }
        socket.on("ack") { (arguments: SocketArguments) -> SocketArguments in arguments }
        socket.on("note") { (text: String) in notes.add(text) }
        socket.on("count") { (count: Int) in
            for number in 1...max(1, count) { socket.emit("tick", number) }
        }
        socket.on("blocks") { (count: Int, size: Int) in
            for number in 1...max(1, count) { socket.emit("block", number, String(repeating: "x", count: size)) }
        }
        socket.on("ask") { (milliseconds: Int) in
            socket.emit("question", 1, timeout: .milliseconds(milliseconds)) {
                (result: Result<SocketArgument, AcknowledgementError>) in
                switch result {
                case .success(let answer): socket.emit("answer", answer)
                case .failure(let error): socket.emit("failed", "\(error)")
                }
            }
        }
        socket.on("join") { (room: String) -> String in
            socket.join(room)
            return room
        }
        socket.on("to") { (room: String, text: String) in socket.to(room).emit("said", text) }
        socket.on("all") { (argument: SocketArgument) in io.emit("all", argument) }
        socket.on("leave") { socket.disconnect() }
        socket.on("hang up") { socket.disconnect(closingConnection: true) }
        socket.onDisconnect { notes.add("disconnected: \($0)") }
    }
}

extension TestSession {
    /// Joins a namespace of the behaviour suite's server, and reads what it says first.
    func join(_ namespace: String = "", auth: String = "") async throws {
        let prefix = namespace.isEmpty ? "" : namespace + ","
        try await self.send("40\(prefix)\(auth)")
        let answer = try await self.nextMessage()
        guard answer.hasPrefix("40\(prefix){\"sid\":\"") else { throw TestFailure.unexpected(answer) }
        let greeting = try await self.nextMessage()
        guard greeting == "42\(prefix)[\"auth\",\(auth.isEmpty ? "{}" : auth)]" else {
            throw TestFailure.unexpected(greeting)
        }
    }

    /// A session that has joined `/`.
    static func joined(_ transport: TransportName, on port: Int) async throws -> TestSession {
        let session = try await TestSession.open(transport, on: port)
        try await session.join()
        return session
    }
}
