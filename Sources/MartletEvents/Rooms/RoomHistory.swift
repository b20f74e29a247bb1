// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule
internal import NIOConcurrencyHelpers
internal import NIOCore

/// How much of the events that are sent by ``BroadcastOperator/kept`` is kept for those who join later. The limits hold
/// for each namespace on each server.
public struct HistoryLimits: Sendable {
    /// How many events of one room are kept.
    public var maxCount = 100
    /// How many bytes of events of one room are kept.
    public var maxBytes = 1_000_000
    /// How long an event is kept.
    public var maxAge = Duration.seconds(86_400)
    /// How many rooms have a history. Past this limit, the room whose last event is the oldest loses its history.
    public var maxRooms = 1_000

    public init() {}
}

/// The events of a namespace's rooms that are kept for those who join later.
final class RoomHistory: Sendable {
    private struct Entry {
        let packet: EncodedPacket
        let time: NIODeadline
    }

    private struct Room {
        var entries = Deque<Entry>()
        var byteCount = 0
        /// The offset of the event before the first entry.
        var lastDropped: String?
        /// The number of the last event in any room when this room got its last one.
        var lastNumber: UInt64 = 0

        mutating func removeFirst() {
            guard let first = self.entries.popFirst() else { return }
            self.byteCount -= first.packet.byteCount
            self.lastDropped = first.packet.offset
        }

        mutating func trim(_ limits: HistoryLimits, now: NIODeadline) {
            let oldest = now - TimeAmount(limits.maxAge)
            while let first = self.entries.first,
                self.entries.count > limits.maxCount || self.byteCount > limits.maxBytes || first.time < oldest
            {
                self.removeFirst()
            }
        }
    }

    private struct State {
        var rooms: [String: Room] = [:]
        var lastNumber: UInt64 = 0
        /// Which room each event went to; of some, the room has had later ones.
        var order = Deque<(room: String, number: UInt64)>()

        /// Whether the room of an event has had a later one, or has no history any more.
        func isOver(_ event: (room: String, number: UInt64)) -> Bool {
            self.rooms[event.room]?.lastNumber != event.number
        }

        mutating func removeOldestRooms(limit: Int) {
            while self.rooms.count > limit, let first = self.order.popFirst() {
                if !self.isOver(first) { self.rooms[first.room] = nil }
            }
            // All calls together take as many steps as there were events.
            if self.order.count > 2 * self.rooms.count + 16 {
                self.order = Deque(self.order.filter { !self.isOver($0) })
            }
        }
    }

    private let limits: HistoryLimits
    private let state = NIOLockedValueBox(State())

    init(_ limits: HistoryLimits) {
        self.limits = limits
    }

    /// Keeps an event.
    /// - Parameters:
    ///   - packet: has an offset, and memory of its own.
    ///   - post: posts the event to the event loops. Events reach each of them in the order in which they are kept, and
    ///     in the same order with those who join: so whoever joins gets each event once, as history or as it comes.
    func keep(_ packet: EncodedPacket, in rooms: [String], now: NIODeadline, _ post: () -> Void) {
        self.state.withLockedValue { state in
            for room in rooms { self.keep(packet, in: room, now: now, &state) }
            state.removeOldestRooms(limit: self.limits.maxRooms)
            post()
        }
    }

    private func keep(_ packet: EncodedPacket, in name: String, now: NIODeadline, _ state: inout State) {
        state.lastNumber += 1
        var room = state.rooms.removeValue(forKey: name) ?? Room()
        room.entries.append(Entry(packet: packet, time: now))
        room.byteCount += packet.byteCount
        room.lastNumber = state.lastNumber
        room.trim(self.limits, now: now)
        state.rooms[name] = room
        state.order.append((name, state.lastNumber))
    }

    /// Reads the history of a room.
    /// - Parameters:
    ///   - offset: the last event that the reader knows; `nil` for none.
    ///   - post: gets the events after that one, and whether there may have been others in between; posts to the event
    ///     loop of who joins.
    func read(
        _ name: String,
        after offset: String?,
        now: NIODeadline,
        _ post: (_ missed: [EncodedPacket], _ isComplete: Bool) -> Void
    ) {
        self.state.withLockedValue { state in
            state.rooms[name]?.trim(self.limits, now: now)
            guard let room = state.rooms[name] else { return post([], offset == nil) }
            let packets = room.entries.map(\.packet)
            if offset == room.lastDropped { return post(packets, true) }
            guard let offset, let index = packets.lastIndex(where: { $0.offset == offset }) else {
                return post(packets, offset == nil)
            }
            post(Array(packets.dropFirst(index + 1)), true)
        }
    }
}
