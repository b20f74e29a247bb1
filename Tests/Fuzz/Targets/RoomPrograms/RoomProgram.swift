// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// One step of a program. The clients have numbers, half of them on each of two event loops.
enum Step {
    case connect(Int)
    /// The client takes its leave of the namespace.
    case leaveNamespace(Int)
    /// The client's connection ends.
    case hangUp(Int)
    case join(Int, [Room])
    case leave(Int, Room)
    /// The server sends to all, or to rooms.
    case emit(to: [Room], except: [Room], isVolatile: Bool)
    /// A socket sends to all others, or to those in rooms.
    case broadcast(from: Int, to: [Room], except: [Room])
    /// A client asks, by an event, to be moved from a room to another one, whose members hear of it.
    case move(Int, from: Room, to: Room)
    case socketsJoin(in: [Room], [Room])
    case socketsLeave(in: [Room], [Room])
    case disconnect(in: [Room], closingConnection: Bool)
}

/// A room with a name of its own, or the one that is named by the id of a client's socket.
enum Room: Hashable {
    case named(Int)
    case own(Int)
}

/// What an input says: steps, one after the other, of a byte each with its arguments behind it.
struct RoomProgram {
    static let clients = 6
    private static let names = 5
    private static let limit = 64

    private(set) var steps: [Step] = []
    private var rest: ArraySlice<UInt8>

    init(_ input: [UInt8]) {
        self.rest = input[...]
        while !self.rest.isEmpty, self.steps.count < Self.limit { self.steps.append(self.step()) }
    }

    private mutating func step() -> Step {
        switch self.byte() % 13 {
        case 0, 1: .connect(self.client())
        case 2: .leaveNamespace(self.client())
        case 3: .hangUp(self.client())
        case 4, 5: .join(self.client(), [self.room()] + self.rooms())
        case 6: .leave(self.client(), self.room())
        case 7: .emit(to: self.rooms(), except: self.rooms(), isVolatile: self.byte() & 1 == 1)
        case 8: .broadcast(from: self.client(), to: self.rooms(), except: self.rooms())
        case 9: .move(self.client(), from: self.room(), to: self.room())
        case 10: .socketsJoin(in: self.rooms(), self.rooms())
        case 11: .socketsLeave(in: self.rooms(), self.rooms())
        default: .disconnect(in: [self.room()] + self.rooms(), closingConnection: self.byte() & 1 == 1)
        }
    }

    private mutating func byte() -> Int { Int(self.rest.popFirst() ?? 0) }
    private mutating func client() -> Int { self.byte() % Self.clients }

    private mutating func room() -> Room {
        let number = self.byte() % (Self.names + Self.clients)
        return number < Self.names ? .named(number) : .own(number - Self.names)
    }

    private mutating func rooms() -> [Room] { (0..<self.byte() % 4).map { _ in self.room() } }
}
