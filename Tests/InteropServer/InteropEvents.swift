// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Martlet

/// The server's event handlers.
enum InteropEvents {
    private struct Refusal: Encodable, Sendable {
        let code: String
    }

    /// A client's address and connection, as far as the server knows them.
    private struct Origin: Encodable, Sendable {
        let address: String?
        let port: Int?
        let secure: Bool
    }

    static func install(on io: SocketIOServer) {
        for namespace in [io.of("/"), io.of("/custom")] {
            namespace.onConnection { socket in socket.emit("auth", socket.handshake.auth) }
            Self.installMessages(on: namespace)
        }
        let cluster = io.of("/cluster")
        for namespace in [io.of("/"), cluster] {
            Self.installEvents(on: namespace)
            Self.installRooms(on: namespace)
        }
        ClusterEvents.install(on: cluster)
        let guarded = io.of("/guarded")
        guarded.use { socket in
            struct Auth: Decodable { let token: String? }
            guard (try? socket.handshake.auth.decode(as: Auth.self))?.token == "secret" else {
                throw ConnectionRefused(message: "Not authorized", data: Refusal(code: "E_AUTH"))
            }
        }
        Self.installMessages(on: guarded)
    }

    private static func installMessages(on namespace: Namespace) {
        namespace.on("message") { (socket: Socket, arguments: SocketArguments) in
            socket.emit("message-back", arguments)
        }
        namespace.on("message-with-ack") { (_: Socket, arguments: SocketArguments) -> SocketArguments in arguments }
    }

    private static func installEvents(on namespace: Namespace) {
        namespace.on("echo") { (socket: Socket, argument: SocketArgument) -> SocketArgument in
            socket.emit("echo", argument)
            return argument
        }
        namespace.on("broadcast") { (socket: Socket, argument: SocketArgument) in
            socket.namespace.emit("broadcast", argument)
        }
        namespace.on("count") { (socket: Socket, count: Int) in
            guard count > 0 else { return }
            for number in 1...count { socket.emit("tick", number) }
        }
        namespace.on("volatile") { (socket: Socket, count: Int) in
            guard count > 0 else { return }
            for number in 1...count { socket.volatile.emit("v", number) }
        }
        namespace.on("disconnect-me") { (socket: Socket) in socket.disconnect() }
        namespace.on("origin") { (socket: Socket) -> Origin in
            let handshake = socket.handshake
            return Origin(
                address: handshake.address?.ipAddress,
                port: handshake.address?.port,
                secure: handshake.secure
            )
        }
        namespace.on("sum") { (_: Socket, arguments: SocketArguments) -> Double in
            try arguments.elements.reduce(0) { sum, argument in
                if let numbers = try? argument.decode(as: [Double].self) { return sum + numbers.reduce(0, +) }
                return sum + (try argument.decode(as: Double.self))
            }
        }
        namespace.on("ask") { (socket: Socket, question: SocketArgument) in
            socket.emit("question", question, timeout: .seconds(5)) {
                (result: Result<SocketArgument, AcknowledgementError>) in
                socket.emit("answer", (try? result.get()) ?? .null)
            }
        }
    }

    private static func installRooms(on namespace: Namespace) {
        namespace.on("join") { (socket: Socket, room: String) async -> Int in
            socket.join(room)
            return await socket.namespace.to(room).count()
        }
        namespace.on("leave") { (socket: Socket, room: String) async -> Int in
            socket.leave(room)
            return await socket.namespace.to(room).count()
        }
        namespace.on("room-size") { (socket: Socket, room: String) async -> Int in
            await socket.namespace.to(room).count()
        }
        namespace.on("to-room") { (socket: Socket, room: String, event: String, arguments: SocketArguments) in
            socket.to(room).emit(Event(event), arguments)
        }
    }

    /// The counters as JSON.
    static func statistics(of io: SocketIOServer) async -> String {
        let statistics = await io.statistics()
        let transports = statistics.sessionsByTransport
            .map { "\"\($0.key)\":\($0.value)" }
            .sorted()
            .joined(separator: ",")
        return """
            {"sessions":\(statistics.sessions),"sockets":\(statistics.sockets),"transports":{\(transports)},\
            "messagesIn":\(statistics.messagesIn),"messagesOut":\(statistics.messagesOut),\
            "unsentBytes":\(statistics.unsentBytes),"slowReceivers":\(statistics.slowReceivers)}
            """
    }
}
