// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import Logging
internal import MartletEngine
internal import MartletEvents
internal import NIOCore
internal import SocketIOWire

/// What admins have the server do.
extension Admin {
    private struct SocketRequest: Decodable, Sendable {
        let namespace: String
        let id: String
    }

    private struct DisconnectRequest: Decodable, Sendable {
        let namespace: String
        let id: String
        let closeConnection: Bool?
    }

    private struct BroadcastRequest: Decodable, Sendable {
        let namespace: String
        let room: String?
        let event: String
        let arguments: SocketArgument?
    }

    private struct BroadcastReply: Encodable, Sendable {
        /// How many sockets were addressed, on all servers of a cluster.
        let sockets: Int
    }

    private struct Nothing: Codable, Sendable {}

    func listenForOrders(in namespace: Namespace, of server: SocketIOServer) {
        self.answer("socket", in: namespace, of: server) { server, admin, request in
            try await self.watch(request, of: server, by: admin)
        }
        self.answer("unwatch", in: namespace, of: server) { (_, admin, _: Nothing) in
            self.watches.unwatch(by: admin.id)
            return Nothing()
        }
        self.answer("disconnect-socket", in: namespace, of: server) { server, admin, request in
            try await self.disconnect(request, of: server, by: admin)
        }
        self.answer("broadcast", in: namespace, of: server) { server, admin, request in
            try await self.broadcast(request, of: server, by: admin)
        }
    }

    private func watch(_ request: SocketRequest, of server: SocketIOServer, by admin: Socket) async throws -> SocketView
    {
        let socket = try await Self.find(request.id, in: Self.find(request.namespace, in: server))
        // An admin that hears what is sent to it would be sent that, too, and so on.
        guard socket.namespace !== admin.namespace else {
            return SocketView(socket, path: [.init(transport: socket.transport.rawValue, at: nil)], events: [])
        }
        let watched = self.watches.watch(socket, by: admin)
        // The admin may have left before it was noted.
        if !admin.isConnected { self.watches.unwatch(by: admin.id) }
        let (path, events) = watched.account
        return SocketView(socket, path: path, events: events)
    }

    private func disconnect(
        _ request: DisconnectRequest,
        of server: SocketIOServer,
        by admin: Socket
    ) async throws -> Nothing {
        let socket = try await Self.find(request.id, in: Self.find(request.namespace, in: server))
        let closesConnection = request.closeConnection ?? false
        self.log(admin, "disconnects \(socket)\(closesConnection ? " and its connection" : "")")
        socket.disconnect(closingConnection: closesConnection)
        return Nothing()
    }

    private func broadcast(
        _ request: BroadcastRequest,
        of server: SocketIOServer,
        by admin: Socket
    ) async throws -> BroadcastReply {
        let namespace = try Self.find(request.namespace, in: server)
        guard namespace !== admin.namespace else { throw EventError(message: "Admins get no events of this kind") }
        guard !request.event.isEmpty, !EventName.isReserved(request.event) else {
            throw EventError(message: "This name is not one of an event")
        }
        guard let arguments = request.arguments.map(SocketArguments.init(elementsOf:)) ?? SocketArguments() else {
            throw EventError(message: "The arguments are not an array")
        }
        let target = request.room.map { namespace.to($0) } ?? namespace.everyone
        let whom = request.room.map { "room \($0.cut.debugDescription) of " } ?? ""
        self.log(admin, "sends \(request.event.cut.debugDescription) to \(whom)\(namespace)")
        let count = await target.count()
        target.emit(Event(request.event), arguments)
        return BroadcastReply(sockets: count)
    }

    private func log(_ admin: Socket, _ what: String) {
        self.logger.notice("admin: \(admin.handshake.address?.ipAddress ?? "an unknown address") \(what)")
    }
}
