// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// The addressed sockets themselves, wherever they are.
extension BroadcastOperator {
    /// The addressed sockets of this server, and of all other servers of its cluster, with what they were when each
    /// server answered. To act on them, rather act on all at once: ``socketsJoin(_:)-(String...)``,
    /// ``socketsLeave(_:)-(String...)``, ``disconnectSockets(closingConnection:)``.
    /// - Throws: ``IncompleteAnswer`` with the sockets of the other servers when a server did not answer within
    ///   ``ClusterConfiguration/responseTimeout``. A server without a cluster throws nothing.
    public func fetchSockets() async throws(IncompleteAnswer<[RemoteSocket]>) -> [RemoteSocket] {
        let gathered = await self.adapter.describe(self.target, in: self.namespace)
        var sockets = Gathered(gathered.value.map { RemoteSocket($0, in: self.namespace) })
        sockets.nodes = gathered.nodes
        sockets.missingNodes = gathered.missingNodes
        if let error = sockets.incompleteAnswer { throw error }
        return sockets.value
    }

    /// The addressed sockets that are on this server.
    public func sockets() async -> [Socket] {
        await self.adapter.sockets(self.target, in: self.namespace)
    }

    /// How many sockets are addressed, on all servers of a cluster. Takes constant time on each event loop for one room,
    /// or for a whole namespace; in a cluster it is one question to all servers.
    ///
    /// The sockets of a server that does not answer within ``ClusterConfiguration/responseTimeout`` are not counted; this
    /// is reported to ``SocketIOServer/onError(_:)`` as ``IncompleteAnswer``.
    public func count() async -> Int {
        let count = await self.adapter.count(self.target, in: self.namespace)
        if let error = count.incompleteAnswer {
            self.namespace.core.report(HandlerFailure(error: error, socket: nil, event: nil))
        }
        return count.value
    }

    /// Puts all addressed sockets into rooms.
    public func socketsJoin(_ rooms: String...) { self.socketsJoin(rooms) }

    /// Puts all addressed sockets into rooms.
    public func socketsJoin(_ rooms: [String]) {
        self.adapter.perform(.join(RoomName.stored(rooms)), on: self.target, in: self.namespace)
    }

    /// Takes all addressed sockets out of rooms.
    public func socketsLeave(_ rooms: String...) { self.socketsLeave(rooms) }

    /// Takes all addressed sockets out of rooms.
    public func socketsLeave(_ rooms: [String]) {
        self.adapter.perform(.leave(RoomName.stored(rooms)), on: self.target, in: self.namespace)
    }

    /// Disconnects all addressed sockets.
    /// - Parameter closingConnection: whether the sockets' connections end too.
    public func disconnectSockets(closingConnection: Bool = false) {
        self.adapter.perform(
            .disconnect(closingConnection: closingConnection), on: self.target, in: self.namespace)
    }
}

extension BroadcastSource {
    /// All sockets of the namespace on all servers of a cluster: see ``BroadcastOperator/fetchSockets()``.
    public func fetchSockets() async throws(IncompleteAnswer<[RemoteSocket]>) -> [RemoteSocket] {
        try await self.everyone.fetchSockets()
    }

    /// All sockets of a room, or of the whole namespace, that are on this server.
    public func sockets(in room: String? = nil) async -> [Socket] { await self.everyone.to(optional: room).sockets() }

    /// How many sockets a room has, or the whole namespace: see ``BroadcastOperator/count()``.
    public func socketCount(in room: String? = nil) async -> Int { await self.everyone.to(optional: room).count() }

    /// Puts all sockets of the namespace into rooms.
    public func socketsJoin(_ rooms: String...) { self.everyone.socketsJoin(rooms) }

    /// Takes all sockets of the namespace out of rooms.
    public func socketsLeave(_ rooms: String...) { self.everyone.socketsLeave(rooms) }

    /// Disconnects all sockets of a room, or of the whole namespace.
    public func disconnectSockets(in room: String? = nil, closingConnection: Bool = false) {
        self.everyone.to(optional: room).disconnectSockets(closingConnection: closingConnection)
    }
}
