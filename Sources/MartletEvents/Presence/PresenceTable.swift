// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// Who is in which room, as all servers of a cluster say it. A user whom several servers name is one member, with what the
/// latest of them says of it.
struct PresenceTable<Info: Codable & Equatable & Sendable>: Sendable {
    typealias Change = Presence<Info>.Change
    typealias Member = Presence<Info>.Member

    /// When something was said, and on which server. The clocks of the servers may differ, so the order between two servers
    /// is only the same everywhere.
    struct Stamp: Codable, Comparable, Sendable {
        let time: UInt64
        let node: String

        static func < (left: Stamp, right: Stamp) -> Bool { (left.time, left.node) < (right.time, right.node) }
    }

    /// What one server says of one user in one room.
    struct Entry: Codable, Sendable {
        let room: String
        let user: String
        let info: Info
        let stamp: Stamp
    }

    private struct Claim {
        let info: Info
        let stamp: Stamp
    }

    /// By room, user and server.
    private var rooms: [String: [String: [String: Claim]]] = [:]

    func members(of room: String) -> [Member] {
        (self.rooms[room] ?? [:]).compactMap { user, claims in
            Self.info(claims).map { Member(user: user, info: $0) }
        }.sorted { $0.user < $1.user }
    }

    private static func info(_ claims: [String: Claim]) -> Info? {
        claims.values.max { $0.stamp < $1.stamp }?.info
    }

    /// All that one server says.
    func entries(of node: String) -> [Entry] {
        self.rooms.flatMap { room, users in
            users.compactMap { user, claims in
                claims[node].map { Entry(room: room, user: user, info: $0.info, stamp: $0.stamp) }
            }
        }
    }

    /// A server says that a user is in a room.
    mutating func set(_ entry: Entry, of node: String) -> Change? {
        var claims = self.rooms[entry.room]?[entry.user] ?? [:]
        let before = Self.info(claims)
        claims[node] = Claim(info: entry.info, stamp: entry.stamp)
        self.rooms[entry.room, default: [:]][entry.user] = claims
        return self.change(entry.room, entry.user, from: before, to: Self.info(claims))
    }

    /// A server says that a user is not in a room any more.
    mutating func remove(_ room: String, _ user: String, of node: String) -> Change? {
        guard var claims = self.rooms[room]?[user], claims[node] != nil else { return nil }
        let before = Self.info(claims)
        claims[node] = nil
        self.rooms[room]?[user] = claims.isEmpty ? nil : claims
        if self.rooms[room]?.isEmpty == true { self.rooms[room] = nil }
        return self.change(room, user, from: before, to: Self.info(claims))
    }

    /// A server says all that it has to say.
    mutating func replace(with entries: [Entry], of node: String) -> [Change] {
        var gone = Set(self.entries(of: node).map { Place(room: $0.room, user: $0.user) })
        for entry in entries { gone.remove(Place(room: entry.room, user: entry.user)) }
        return entries.compactMap { self.set($0, of: node) }
            + gone.compactMap { self.remove($0.room, $0.user, of: node) }
    }

    private struct Place: Hashable {
        let room: String
        let user: String
    }

    private func change(_ room: String, _ user: String, from before: Info?, to after: Info?) -> Change? {
        switch (before, after) {
        case (nil, let info?): Change(kind: .entered, room: room, member: Member(user: user, info: info))
        case (let info?, nil): Change(kind: .left, room: room, member: Member(user: user, info: info))
        case (let old?, let new?) where old != new:
            Change(kind: .updated, room: room, member: Member(user: user, info: new))
        default: nil
        }
    }
}
