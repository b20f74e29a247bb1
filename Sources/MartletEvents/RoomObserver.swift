// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule
internal import NIOConcurrencyHelpers

/// Puts what the event loops say of their rooms together to the events of the whole server, and calls the handlers.
final class RoomObserver: Sendable {
    /// Called when a room, by its stored name, has its first member on this server, or has none any more.
    typealias Watcher = @Sendable (_ room: String, _ hasMembers: Bool) -> Void

    private enum Event {
        case room(RoomEvent)
        case stored(String, hasMembers: Bool)
    }

    private struct State {
        /// On how many event loops a room has members.
        var loops: [String: Int] = [:]
        var handlers: [@Sendable (RoomEvent) -> Void] = []
        var watcher: Watcher?
        var events = Deque<Event>()
        var isDelivering = false
    }

    private let state = NIOLockedValueBox(State())

    func add(_ handler: @escaping @Sendable (RoomEvent) -> Void) {
        self.state.withLockedValue { $0.handlers.append(handler) }
    }

    /// Sets the watcher, and tells it the rooms that have members.
    func watch(_ watcher: @escaping Watcher) {
        self.note { state in
            state.watcher = watcher
            for room in state.loops.keys { state.events.append(.stored(room, hasMembers: true)) }
        }
    }

    /// An event loop has these rooms, and says from now on what happens to them.
    func adopt(_ rooms: some Sequence<String>) {
        self.note { state in
            for room in rooms {
                state.loops[room, default: 0] += 1
                if state.loops[room] == 1 { state.events.append(.stored(room, hasMembers: true)) }
            }
        }
    }

    /// - Parameter isFirst: whether the socket is the room's only member on its event loop.
    func joined(_ name: String, _ socketID: String, isFirst: Bool) {
        self.note { state in
            if isFirst { state.loops[name, default: 0] += 1 }
            let isNew = isFirst && state.loops[name] == 1
            if isNew { state.events.append(.stored(name, hasMembers: true)) }
            guard let room = RoomName.application(name) else { return }
            if isNew { state.events.append(.room(.created(room: room))) }
            state.events.append(.room(.joined(room: room, socketID: socketID)))
        }
    }

    /// - Parameter isLast: whether the room has no members on the socket's event loop any more.
    func left(_ name: String, _ socketID: String, isLast: Bool) {
        self.note { state in
            if isLast {
                let rest = state.loops[name, default: 1] - 1
                state.loops[name] = rest > 0 ? rest : nil
            }
            let isOver = isLast && state.loops[name] == nil
            if isOver { state.events.append(.stored(name, hasMembers: false)) }
            guard let room = RoomName.application(name) else { return }
            state.events.append(.room(.left(room: room, socketID: socketID)))
            if isOver { state.events.append(.room(.deleted(room: room))) }
        }
    }

    /// Calls the handlers without the lock, since they may change rooms. One caller at a time does so, for the events of
    /// others too, so the events stay in order.
    private func note(_ change: (inout State) -> Void) {
        var next = self.state.withLockedValue { state in
            change(&state)
            guard !state.isDelivering else { return nil as Delivery? }
            state.isDelivering = true
            return Self.take(&state)
        }
        while let (event, handlers, watcher) = next {
            switch event {
            case .room(let event): for handler in handlers { handler(event) }
            case .stored(let room, let hasMembers): watcher?(room, hasMembers)
            }
            next = self.state.withLockedValue(Self.take)
        }
    }

    private typealias Delivery = (Event, [@Sendable (RoomEvent) -> Void], Watcher?)

    private static func take(_ state: inout State) -> Delivery? {
        guard let event = state.events.popFirst() else {
            state.isDelivering = false
            return nil
        }
        return (event, state.handlers, state.watcher)
    }
}
