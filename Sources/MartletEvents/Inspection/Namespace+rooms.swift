// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// The rooms of a namespace on this server, but for those that sockets and users have by themselves.
extension Namespace {
    /// How many names are taken from an event loop at a time, to be looked at elsewhere.
    private static let sliceCount = 1024
    /// How often a walk over an event loop's rooms begins anew when the rooms have changed too much.
    private static let walks = 3

    /// The rooms that come first in the order of their names. All of them are looked at, but no more than these are kept.
    /// - Parameter count: how many rooms to list at most.
    package func firstRooms(_ count: Int, where isWanted: (_ room: String) -> Bool = { _ in true }) async -> RoomList {
        var parts: [FirstNames] = []
        for shard in self.core.shards {
            let part = await self.firstRooms(count, of: shard, where: isWanted)
            if part.total > 0 || !part.isComplete { parts.append(part) }
        }
        let names = Set(parts.flatMap(\.names))
        let isWhole = parts.allSatisfy { $0.isComplete && $0.total == $0.names.count }
        return RoomList(
            names: Array(names.sorted().prefix(count)),
            total: isWhole ? names.count : parts.reduce(0) { $0 + $1.total },
            isTotalExact: isWhole || parts.count == 1 && parts[0].isComplete
        )
    }

    private func firstRooms(
        _ count: Int,
        of shard: EventShard,
        where isWanted: (String) -> Bool
    ) async -> FirstNames {
        var found = FirstNames(limit: count)
        for _ in 0..<Self.walks {
            found = FirstNames(limit: count)
            if await self.walk(over: shard, { if isWanted($0) { found.add($0) } }) { return found }
        }
        found.isComplete = false
        return found
    }

    /// Calls a function with each room of an event loop.
    /// - Returns: whether each was met once; `false` when rooms that came and went have made the walk lose its way.
    private func walk(over shard: EventShard, _ body: (String) -> Void) async -> Bool {
        var last: String?
        var order: Int?
        while true {
            let slice = await self.onLoop(of: shard) { [last] in $0.rooms.names(after: last, atMost: Self.sliceCount) }
            // A namespace that has gone from the loop has taken its rooms along.
            guard let slice else { return true }
            guard let slice, order == nil || order == slice.order else { return false }
            if slice.names.isEmpty { return true }
            for name in slice.names.lazy.compactMap(RoomName.application) { body(name) }
            (last, order) = (slice.names.last, slice.order)
        }
    }

    /// How many rooms there are, where that is at most `limit`; otherwise an upper bound.
    package func roomCount(exactUpTo limit: Int) async -> RoomList {
        var total = 0
        for shard in self.core.shards { total += await self.onLoop(of: shard) { $0.rooms.count } ?? 0 }
        return total <= limit ? await self.firstRooms(limit) : RoomList(names: [], total: total, isTotalExact: false)
    }

    /// How many sockets of this server are in each of some rooms.
    package func socketCounts(ofRooms rooms: [String]) async -> [Int] {
        let stored = RoomName.stored(rooms)
        var counts = Array(repeating: 0, count: rooms.count)
        for shard in self.core.shards {
            let part = await self.onLoop(of: shard) { local in stored.map { local.rooms.count(of: $0) } } ?? []
            for (index, count) in part.enumerated() { counts[index] += count }
        }
        return counts
    }
}

/// Some of the rooms of a namespace.
package struct RoomList: Sendable {
    /// In order.
    package let names: [String]
    /// How many rooms were looked for, listed or not.
    package let total: Int
    /// Otherwise ``total`` counts a room once for each event loop that has members of it.
    package let isTotalExact: Bool
}
