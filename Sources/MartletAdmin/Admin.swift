// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import Logging
internal import MartletEngine
package import MartletEvents

/// What a server tells its admins, and does for them, in a namespace of their own.
package final class Admin: Sendable {
    let namespace: String
    let gate: AdminGate
    let ticker: RateTicker
    let watches = Watches()
    let logger = Logger(label: "martlet")

    /// - Parameter clock: measures the time between two ``Rates``.
    package init(
        of server: SocketIOServer,
        token: String,
        path: String,
        clock: any Clock<Duration> = ContinuousClock()
    ) throws(AdminError) {
        guard let token = AdminToken(token) else { throw .tokenTooShort }
        // RFC 3986, 3.3, without what has to be encoded.
        let isPath = path.hasPrefix("/") && !path.hasSuffix("/") && path.utf8.allSatisfy(Self.isPathByte)
        guard isPath else { throw .invalidPath(path) }
        guard server.existing(path) == nil else { throw .namespaceExists(path) }
        guard server.speaksJSON else { throw .notJSON }
        self.namespace = path
        self.gate = AdminGate(token)
        self.ticker = RateTicker(clock: clock)
    }

    private static func isPathByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "/-._~".utf8.contains(byte)
        }
    }

    /// Has the namespace answer from now on. Handlers refer to the server weakly, since it refers to them.
    package func listen(on server: SocketIOServer) {
        let namespace = server.of(self.namespace)
        namespace.use { socket in try self.gate.admit(socket) }
        namespace.onConnection { [weak server] socket in
            guard let server else { return }
            // What an admin looks at is on this server.
            socket.stayHere()
            if let identity = try? SocketArgument(encoding: ServerIdentity(server)) { socket.emit("server", identity) }
            self.ticker.join(socket, of: server)
            socket.onDisconnect { [id = socket.id] _ in
                self.ticker.leave(id)
                self.watches.unwatch(by: id)
            }
        }
        self.listenForQuestions(in: namespace, of: server)
        self.listenForOrders(in: namespace, of: server)
    }

    /// Answers a request. Requests of one admin are answered one at a time.
    func answer<Request: Decodable & Sendable, Reply: Encodable & Sendable>(
        _ event: String,
        in namespace: Namespace,
        of server: SocketIOServer,
        _ reply: @escaping @Sendable (SocketIOServer, _ admin: Socket, Request) async throws -> Reply
    ) {
        namespace.on(Event(event)) {
            [weak server] (admin: Socket, request: SocketArgument?) async throws -> SocketArgument in
            guard let server else { throw EventError(message: "The server is gone") }
            // Detached: the handler is on the event loop of the admin's connection, which has other things to do. Format
            // and keys are the page's own, whatever the server's coder does to the application's.
            return try await Task.detached {
                let decoded: Request = try Self.decode(request ?? .emptyObject)
                return try SocketArgument(encoding: await reply(server, admin, decoded))
            }.value
        }
    }

    private static func decode<Request: Decodable>(_ argument: SocketArgument) throws -> Request {
        do {
            return try argument.decode(as: Request.self)
        } catch {
            throw EventError(message: "This is not what the request takes")
        }
    }

    /// The namespace of a name, for requests that name one.
    static func find(_ name: String, in server: SocketIOServer) throws -> Namespace {
        guard let namespace = server.existing(name) else { throw EventError(message: "There is no such namespace") }
        return namespace
    }

    static func find(_ id: String, in namespace: Namespace) async throws -> Socket {
        guard let socket = await namespace.socket(id: id) else {
            throw EventError(message: "There is no such socket on this server")
        }
        return socket
    }
}
