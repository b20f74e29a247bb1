// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// Who is in which room, and the last messages of each room. `Presence` knows no sockets and sends nothing.
struct Presence {
    private struct Room {
        var members: [String: String] = [:]
        var messages: [Message] = []
        /// A number that grows with each visit to any room: new rooms take the place of the empty rooms that were
        /// visited longest ago.
        var lastVisit = 0

        mutating func remember(_ message: Message) {
            self.messages.append(message)
            if self.messages.count > Limits.history { self.messages.removeFirst() }
        }
    }

    private struct Seat {
        var room: String
        var rate = RateLimit()
    }

    enum Arrival {
        case refused(String)
        case joined(JoinReply, Member, left: Member?)
        case renamed(JoinReply, Member)
        case stayed(JoinReply)
    }

    enum Saying {
        case refused(String)
        case said(Message)
        /// The message came before: only its acknowledgement was lost.
        case known(Message)
    }

    private static let fixed = ["lobby", "aviary", "swift", "quiet"]
    private var rooms = Dictionary(uniqueKeysWithValues: Self.fixed.map { ($0, Room()) })
    private var seats: [String: Seat] = [:]
    private var visits = 0

    mutating func join(_ id: String, room: String, name: String) -> Arrival {
        let seat = self.seats[id]?.room
        guard seat == room || self.rooms[room, default: Room()].members.count < Limits.peopleInARoom else {
            return .refused("The room is full")
        }
        guard self.rooms[room] != nil || self.makePlace() else { return .refused("There are too many rooms") }
        let before = self.rooms[room]?.members[id]
        let left = seat == room ? nil : self.leave(id)
        self.visits += 1
        self.rooms[room, default: Room()].members[id] = name
        self.rooms[room]?.lastVisit = self.visits
        // The seat keeps its rate limit; otherwise changing rooms would fill the bucket.
        self.seats[id, default: Seat(room: room)].room = room

        let reply = JoinReply(
            room: room,
            members: self.rooms[room]?.members.map { Member(room: room, id: $0.key, name: $0.value) } ?? [],
            messages: self.rooms[room]?.messages ?? []
        )
        let member = Member(room: room, id: id, name: name)
        switch before {
        case nil: return .joined(reply, member, left: left)
        case name: return .stayed(reply)
        default: return .renamed(reply, member)
        }
    }

    /// Takes the member out of the room that it is in, and keeps its seat's rate limit.
    private mutating func leave(_ id: String) -> Member? {
        guard let room = self.seats[id]?.room, let name = self.rooms[room]?.members.removeValue(forKey: id) else {
            return nil
        }
        return Member(room: room, id: id, name: name)
    }

    /// The socket has disconnected.
    mutating func remove(_ id: String) -> Member? {
        defer { self.seats[id] = nil }
        return self.leave(id)
    }

    mutating func say(_ id: String, _ request: SayRequest, time: Double) -> Saying {
        guard let room = self.seats[id]?.room, let author = self.rooms[room]?.members[id] else {
            return .refused("You are in no room")
        }
        guard request.text.utf8.count <= Limits.textBytes, request.key.utf8.count <= Limits.keyBytes else {
            return .refused("Too long")
        }
        guard request.text.contains(where: { !$0.isWhitespace }) else { return .refused("Nothing to say") }
        if let known = self.rooms[room]?.messages.first(where: { $0.key == request.key }) { return .known(known) }
        guard self.seats[id]?.rate.take() == true else { return .refused("Too many messages at once") }

        let message = Message(
            room: room,
            key: request.key,
            from: id,
            author: author,
            text: request.text,
            time: time
        )
        self.rooms[room]?.remember(message)
        return .said(message)
    }

    /// The fixed rooms, then the fullest of the others.
    var summary: [RoomSummary] {
        let others = self.rooms.filter { !Self.fixed.contains($0.key) && !$0.value.members.isEmpty }
            .sorted { ($1.value.members.count, $0.key) < ($0.value.members.count, $1.key) }
            .prefix(Limits.roomsListed)
        return (Self.fixed + others.map(\.key)).map { name in
            RoomSummary(name: name, people: self.rooms[name]?.members.count ?? 0)
        }
    }

    /// Whether there is place for one more room. If necessary, an empty room is removed.
    private mutating func makePlace() -> Bool {
        guard self.rooms.count >= Limits.rooms else { return true }
        let empty = self.rooms.filter { $0.value.members.isEmpty && !Self.fixed.contains($0.key) }
        guard let oldest = empty.min(by: { $0.value.lastVisit < $1.value.lastVisit }) else { return false }
        self.rooms[oldest.key] = nil
        return true
    }
}
