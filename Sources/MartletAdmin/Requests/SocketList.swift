// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEngine
internal import MartletEvents
internal import NIOCore

/// A part of the list of sockets.
struct SocketList {
    struct Request: Decodable, Sendable {
        let namespace: String?
        let room: String?
        /// A part of an id or of an address.
        let search: String?
        let offset: Int?
        let limit: Int?
    }

    struct Reply: Encodable, Sendable {
        var sockets: [SocketEntry] = []
        /// How many there are; none when the search has ended with this page, and there are more.
        var total: Int?
    }

    /// How many sockets are taken from an event loop at a time, to be looked at elsewhere.
    private static let sliceCount = 512
    private static let roomsListed = 20

    private let namespaces: [Namespace]
    private let room: String?
    private let search: TextSearch?
    private let page: Page

    /// - Throws: an `EventError` when there is no such namespace.
    init(_ request: Request, of server: SocketIOServer) throws {
        self.namespaces =
            try request.namespace.map { [try Admin.find($0, in: server)] }
            ?? server.namespaces.sorted { $0.name < $1.name }
        self.room = request.room
        self.search = TextSearch(request.search)
        self.page = Page(offset: request.offset, limit: request.limit)
    }

    /// - Parameter isAwaited: whether somebody still waits for the reply.
    func reply(while isAwaited: () -> Bool) async -> Reply {
        if let search { return await self.reply(matching: search, while: isAwaited) }
        var reply = Reply(total: 0)
        var start = self.page.offset
        for namespace in self.namespaces {
            let rest = self.page.limit - reply.sockets.count
            let part = await namespace.sockets(in: self.room, from: start, limit: rest)
            reply.sockets += part.sockets.map { SocketEntry($0, rooms: Self.roomsListed) }
            reply.total = (reply.total ?? 0) + part.total
            start = max(0, start - part.total)
        }
        return reply
    }

    private func reply(matching search: TextSearch, while isAwaited: () -> Bool) async -> Reply {
        var reply = Reply()
        var passed = 0
        for namespace in self.namespaces {
            var start = 0
            while isAwaited() {
                let slice = await namespace.sockets(in: self.room, from: start, limit: Self.sliceCount).sockets
                if slice.isEmpty { break }
                start += slice.count
                for socket in slice where Self.matches(socket, search) {
                    if passed < self.page.offset {
                        passed += 1
                    } else if reply.sockets.count < self.page.limit {
                        reply.sockets.append(SocketEntry(socket, rooms: Self.roomsListed))
                    } else {
                        return reply
                    }
                }
            }
        }
        reply.total = passed + reply.sockets.count
        return reply
    }

    private static func matches(_ socket: Socket, _ search: TextSearch) -> Bool {
        if search.finds(in: socket.id) { return true }
        return socket.handshake.address?.ipAddress.map(search.finds) ?? false
    }
}

/// What a list says of a socket.
struct SocketEntry: Encodable, Sendable {
    let id: String
    let namespace: String
    let transport: String
    let address: String?
    /// Milliseconds since 1970.
    let connectedAt: Int
    let rooms: [String]
    let roomCount: Int

    /// - Parameter limit: how many rooms are named at most.
    init(_ socket: Socket, rooms limit: Int) {
        let handshake = socket.handshake
        let rooms = socket.rooms(atMost: limit)
        self.id = socket.id
        self.namespace = socket.namespace.name
        self.transport = socket.transport.rawValue
        self.address = handshake.address?.ipAddress
        self.connectedAt = handshake.issued
        self.rooms = rooms.names.map(\.cut).sorted()
        self.roomCount = rooms.total
    }
}
