// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Martlet

/// What the server does with events.
enum InteropEvents {
    private struct Refusal: Encodable, Sendable {
        let code: String
    }

    static func install(on io: SocketIOServer) {
        for namespace in [io.of("/"), io.of("/custom")] {
            namespace.onConnection { socket in
                socket.emit("auth", socket.handshake.auth)
                Self.installMessages(on: socket)
            }
        }
        io.onConnection { socket in
            Self.installEvents(on: socket, io)
            Self.installRooms(on: socket, io)
        }
        let guarded = io.of("/guarded")
        guarded.use { socket in
            struct Auth: Decodable { let token: String? }
            guard (try? socket.handshake.auth.decode(as: Auth.self))?.token == "secret" else {
                throw ConnectionRefused(message: "Not authorized", data: Refusal(code: "E_AUTH"))
            }
        }
        guarded.onConnection { socket in Self.installMessages(on: socket) }
    }

    private static func installMessages(on socket: Socket) {
        socket.on("message") { (arguments: SocketArguments) in
            socket.emit("message-back", arguments)
        }
        socket.on("message-with-ack") { (arguments: SocketArguments) -> SocketArguments in arguments }
    }

    private static func installEvents(on socket: Socket, _ io: SocketIOServer) {
        socket.on("echo") { (argument: SocketArgument) -> SocketArgument in
            socket.emit("echo", argument)
            return argument
        }
        socket.on("broadcast") { (argument: SocketArgument) in
            io.emit("broadcast", argument)
        }
        socket.on("count") { (count: Int) in
            guard count > 0 else { return }
            for number in 1...count { socket.emit("tick", number) }
        }
        socket.on("volatile") { (count: Int) in
            guard count > 0 else { return }
            for number in 1...count { socket.volatile.emit("v", number) }
        }
        socket.on("disconnect-me") { socket.disconnect() }
        socket.on("sum") { (arguments: SocketArguments) -> Double in
            try arguments.elements.reduce(0) { sum, argument in
                if let numbers = try? argument.decode(as: [Double].self) { return sum + numbers.reduce(0, +) }
                return sum + (try argument.decode(as: Double.self))
            }
        }
        socket.on("ask") { (question: SocketArgument) in
            socket.emit("question", question, timeout: .seconds(5)) {
                (result: Result<SocketArgument, AcknowledgementError>) in
                socket.emit("answer", (try? result.get()) ?? .null)
            }
        }
    }

    private static func installRooms(on socket: Socket, _ io: SocketIOServer) {
        socket.on("join") { (room: String) async -> Int in
            socket.join(room)
            return await io.in(room).count()
        }
        socket.on("leave") { (room: String) async -> Int in
            socket.leave(room)
            return await io.in(room).count()
        }
        socket.on("room-size") { (room: String) async -> Int in
            await io.in(room).count()
        }
        socket.on("to-room") { (room: String, event: String, arguments: SocketArguments) in
            socket.to(room).emit(event, arguments)
        }
    }

    /// The counters as JSON.
    static func statistics(of io: SocketIOServer) async -> String {
        let statistics = await io.statistics()
        let sockets = await io.everyone.count()
        let transports = statistics.sessionsByTransport
            .map { "\"\($0.key)\":\($0.value)" }
            .sorted()
            .joined(separator: ",")
        return """
            {"sessions":\(statistics.sessions),"sockets":\(sockets),"transports":{\(transports)},\
            "messagesIn":\(statistics.messagesIn),"messagesOut":\(statistics.messagesOut),\
            "unsentBytes":\(statistics.unsentBytes),"slowReceivers":\(statistics.slowReceivers)}
            """
    }
}
