// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEvents

/// What admins ask for: lists, a part at a time.
extension Admin {
    private struct NamespacesRequest: Decodable, Sendable {
        let search: String?
        let offset: Int?
        let limit: Int?
    }

    private struct NamespacesReply: Encodable, Sendable {
        struct Entry: Encodable, Sendable {
            let name: String
            let sockets: Int
            let rooms: Int
            let isRoomsExact: Bool
        }

        let namespaces: [Entry]
        let total: Int
    }

    private struct RoomsRequest: Decodable, Sendable {
        let namespace: String
        let search: String?
        let offset: Int?
        let limit: Int?
    }

    private struct RoomsReply: Encodable, Sendable {
        struct Entry: Encodable, Sendable {
            let name: String
            let sockets: Int
        }

        let rooms: [Entry]
        let total: Int
        let isTotalExact: Bool
    }

    /// To list rooms from further on in the order of their names, all before them would have to be kept.
    private static let maxRoomOffset = 10_000

    func listenForQuestions(in namespace: Namespace, of server: SocketIOServer) {
        self.answer("namespaces", in: namespace, of: server) { server, _, request in
            await Self.namespaces(request, of: server)
        }
        self.answer("rooms", in: namespace, of: server) { server, _, request in
            try await Self.rooms(request, of: server)
        }
        self.answer("sockets", in: namespace, of: server) { server, admin, request in
            try await SocketList(request, of: server).reply { admin.isConnected }
        }
    }

    private static func namespaces(_ request: NamespacesRequest, of server: SocketIOServer) async -> NamespacesReply {
        let search = TextSearch(request.search)
        let page = Page(offset: request.offset, limit: request.limit)
        let found = server.namespaces.filter { search?.finds(in: $0.name) ?? true }.sorted { $0.name < $1.name }
        let sockets = await server.census().sockets
        var entries: [NamespacesReply.Entry] = []
        for namespace in found.dropFirst(page.offset).prefix(page.limit) {
            let rooms = await namespace.roomCount(exactUpTo: Self.maxRoomOffset)
            entries.append(
                .init(
                    name: namespace.name,
                    sockets: sockets[namespace.name] ?? 0,
                    rooms: rooms.total,
                    isRoomsExact: rooms.isTotalExact
                )
            )
        }
        return NamespacesReply(namespaces: entries, total: found.count)
    }

    private static func rooms(_ request: RoomsRequest, of server: SocketIOServer) async throws -> RoomsReply {
        let namespace = try Self.find(request.namespace, in: server)
        let page = Page(offset: request.offset, limit: request.limit)
        guard page.offset <= Self.maxRoomOffset else {
            throw EventError(message: "Search for rooms beyond the first \(Self.maxRoomOffset)")
        }
        let search = TextSearch(request.search)
        let list = await namespace.firstRooms(page.offset + page.limit) { search?.finds(in: $0) ?? true }
        let names = Array(list.names.dropFirst(page.offset))
        let counts = await namespace.socketCounts(ofRooms: names)
        return RoomsReply(
            rooms: zip(names, counts).map { .init(name: $0.cut, sockets: $1) },
            total: list.total,
            isTotalExact: list.isTotalExact
        )
    }
}
