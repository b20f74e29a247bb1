// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// Looking up what is on this server. For the sockets of a whole cluster there is ``BroadcastOperator/fetchSockets()``.
extension Namespace {
    /// The socket of an id; `nil` if it is not on this server. To send to it, wherever it is, there is
    /// ``BroadcastSource/to(_:)-(String)``, which takes the id, too.
    public func socket(id: String) async -> Socket? {
        for shard in self.core.shards {
            if let socket = await self.onLoop(of: shard, { $0.socket(id) }) ?? nil { return socket }
        }
        return nil
    }

    /// The rooms that have members on this server, but for those named by the members' own ids.
    public func rooms() async -> Set<String> {
        var rooms: Set<String> = []
        for shard in self.core.shards {
            rooms.formUnion(await self.onLoop(of: shard) { $0.rooms.names.compactMap(RoomName.application) } ?? [])
        }
        return rooms
    }
}

extension SocketIOServer {
    /// The socket of an id in `/`; see ``Namespace/socket(id:)``.
    public func socket(id: String) async -> Socket? { await self.eventNamespace.socket(id: id) }

    /// The rooms of `/`; see ``Namespace/rooms()``.
    public func rooms() async -> Set<String> { await self.eventNamespace.rooms() }
}
