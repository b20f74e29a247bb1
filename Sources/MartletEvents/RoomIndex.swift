// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// An object that can be in rooms, and stores its place in each of them.
protocol RoomMember: AnyObject {
    var seats: [String: RoomSeat<Self>] { get set }
}

/// One room of one namespace on one event loop.
final class Room<Member: RoomMember> {
    /// A dense array, so that a broadcast walks over memory in order; a member that leaves is replaced by the last one.
    fileprivate(set) var members: [Member] = []
}

/// A member's place in a room.
struct RoomSeat<Member: RoomMember> {
    let room: Room<Member>
    fileprivate(set) var position: Int
}

/// The rooms of one namespace on one event loop. Joining, leaving and counting take constant time, and a walk over a
/// room is a walk over an array.
struct RoomIndex<Member: RoomMember> {
    private var rooms: [String: Room<Member>] = [:]

    /// How many rooms have members.
    var count: Int { self.rooms.count }

    var names: Dictionary<String, Room<Member>>.Keys { self.rooms.keys }

    /// Some of the names, in the order in which they are stored: first those at the beginning, then always those after the
    /// last one before. So a walk over all of them needs no copy of them, and may pause.
    /// - Returns: the names, none at the end; and a number that is another one when the order has changed meanwhile. `nil`
    ///   when the room of the last name has ended.
    func names(after last: String?, atMost limit: Int) -> (names: [String], order: Int)? {
        var start = self.rooms.startIndex
        if let last {
            guard let index = self.rooms.index(forKey: last) else { return nil }
            start = self.rooms.index(after: index)
        }
        // A dictionary that grows moves to other memory, where its order is another one.
        return (Array(self.rooms.keys[start...].prefix(limit)), self.rooms.capacity)
    }

    func members(of name: String) -> [Member] {
        self.rooms[name]?.members ?? []
    }

    func count(of name: String) -> Int {
        self.rooms[name]?.members.count ?? 0
    }

    /// - Returns: false when the member was in the room already.
    @discardableResult
    mutating func join(_ name: String, _ member: Member) -> Bool {
        guard member.seats[name] == nil else { return false }
        let room: Room<Member>
        if let existing = self.rooms[name] {
            room = existing
        } else {
            room = Room()
            self.rooms[name] = room
        }
        member.seats[name] = RoomSeat(room: room, position: room.members.count)
        room.members.append(member)
        return true
    }

    /// - Returns: false when the member was not in the room.
    @discardableResult
    mutating func leave(_ name: String, _ member: Member) -> Bool {
        guard let seat = member.seats.removeValue(forKey: name) else { return false }
        self.vacate(seat, of: name)
        return true
    }

    mutating func leaveAll(_ member: Member) {
        let seats = member.seats
        member.seats = [:]
        for (name, seat) in seats { self.vacate(seat, of: name) }
    }

    private mutating func vacate(_ seat: RoomSeat<Member>, of name: String) {
        let room = seat.room
        guard let last = room.members.popLast() else { return }
        if seat.position < room.members.count {
            room.members[seat.position] = last
            last.seats[name]?.position = seat.position
        }
        // A room ends with its last member.
        if room.members.isEmpty { self.rooms[name] = nil }
    }
}
