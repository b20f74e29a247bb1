// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// What is to happen: who is connected and in which rooms, in sets.
struct RoomModel {
    struct Client {
        let id: String
        var rooms: Set<String>
    }

    /// By number; only those that are connected.
    var clients: [Int: Client] = [:]
    /// What each client is to receive in this step, besides what it hears of its own connecting and leaving.
    var expected: [Int: [String]] = [:]
    /// The ids of all that were ever connected, by number: a room may be named by a socket that is gone.
    var ids: [Int: String] = [:]

    func name(_ room: Room) -> String {
        switch room {
        case .named(let number): "room \(number)"
        case .own(let number): self.ids[number] ?? "nobody \(number)"
        }
    }

    func names(_ rooms: [Room]) -> [String] { rooms.map(self.name) }

    /// Those in any of the rooms, or all, but for those in one of the others.
    private func addressed(to rooms: [String], except others: [String]) -> [Int] {
        self.clients.filter { _, client in
            (rooms.isEmpty || !client.rooms.isDisjoint(with: rooms)) && client.rooms.isDisjoint(with: others)
        }.map(\.key)
    }

    mutating func send(_ message: String, to rooms: [String], except others: [String]) {
        for number in self.addressed(to: rooms, except: others) { self.expected[number, default: []].append(message) }
    }

    mutating func join(_ number: Int, _ rooms: [String]) { self.clients[number]?.rooms.formUnion(rooms) }

    /// Nobody leaves the room that is named by its own id.
    mutating func leave(_ number: Int, _ rooms: [String]) {
        guard let id = self.clients[number]?.id else { return }
        self.clients[number]?.rooms.subtract(Set(rooms).subtracting([id]))
    }

    mutating func join(in rooms: [String], _ others: [String]) {
        for number in self.addressed(to: rooms, except: []) { self.join(number, others) }
    }

    mutating func leave(in rooms: [String], _ others: [String]) {
        for number in self.addressed(to: rooms, except: []) { self.leave(number, others) }
    }

    /// - Returns: who is disconnected.
    mutating func disconnect(in rooms: [String]) -> [Int] {
        let numbers = self.addressed(to: rooms, except: [])
        for number in numbers { self.clients[number] = nil }
        return numbers
    }
}
