// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEngine

/// The sockets of a namespace on this server, a few at a time.
extension Namespace {
    /// A part of the list of sockets. The list has no order, and changes while sockets come and go: two parts of it may
    /// have a socket both, or lack one.
    /// - Parameters:
    ///   - room: the members of this room only.
    ///   - start: how many sockets to pass over.
    ///   - limit: how many to return at most.
    /// - Returns: the sockets, and how many the whole list has. No more than these are copied.
    package func sockets(in room: String?, from start: Int, limit: Int) async -> (sockets: [Socket], total: Int) {
        let room = room.map(RoomName.stored)
        var sockets: [Socket] = []
        var total = 0
        for shard in self.core.shards {
            let rest = (start: max(0, start - total), limit: limit - sockets.count)
            let part = await self.onLoop(of: shard) { $0.part(of: room, from: rest.start, limit: rest.limit) }
            sockets += part?.sockets ?? []
            total += part?.total ?? 0
        }
        return (sockets, total)
    }

    /// - Returns: `nil` when no socket of the namespace has been on the loop lately.
    func onLoop<Value: Sendable>(
        of shard: EventShard,
        _ body: @escaping @Sendable (LocalNamespace) -> Value
    ) async -> Value? {
        await withCheckedContinuation { continuation in
            shard.queue.perform { continuation.resume(returning: shard.existing(self).map(body)) }
        }
    }
}

extension LocalNamespace {
    fileprivate func part(of room: String?, from start: Int, limit: Int) -> (sockets: [Socket], total: Int) {
        let all = room.map { self.rooms.members(of: $0) } ?? self.sockets
        return (Array(all.dropFirst(start).prefix(limit)), all.count)
    }
}

extension Socket {
    /// Some of the rooms that the socket is in, but for the one named by its id, and how many there are. Rooms of users
    /// are not among them, but are counted where there are thousands of rooms, all of which would have to be looked at.
    package func rooms(atMost limit: Int) -> (names: [String], total: Int) {
        self.read {
            let rooms = self.seats.keys.lazy.compactMap(RoomName.application)
            let total = self.seats.count > 4096 ? self.seats.count : rooms.count
            return (Array(rooms.prefix(limit)), total)
        }
    }
}
