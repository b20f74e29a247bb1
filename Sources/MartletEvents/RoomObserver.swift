// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule
internal import NIOConcurrencyHelpers

/// Puts what the event loops say of their rooms together to the events of the whole server, and calls the handlers.
final class RoomObserver: Sendable {
    private struct State {
        /// On how many event loops a room has members.
        var loops: [String: Int] = [:]
        var handlers: [@Sendable (RoomEvent) -> Void] = []
        var events = Deque<RoomEvent>()
        var isDelivering = false
    }

    private let state = NIOLockedValueBox(State())

    func add(_ handler: @escaping @Sendable (RoomEvent) -> Void) {
        self.state.withLockedValue { $0.handlers.append(handler) }
    }

    /// An event loop has these rooms, and says from now on what happens to them.
    func adopt(_ rooms: some Sequence<String>) {
        self.state.withLockedValue { state in
            for room in rooms { state.loops[room, default: 0] += 1 }
        }
    }

    /// - Parameter isFirst: whether the socket is the room's only member on its event loop.
    func joined(_ name: String, _ socketID: String, isFirst: Bool) {
        self.note { state in
            if isFirst { state.loops[name, default: 0] += 1 }
            guard let room = RoomName.application(name) else { return }
            if isFirst, state.loops[name] == 1 { state.events.append(.created(room: room)) }
            state.events.append(.joined(room: room, socketID: socketID))
        }
    }

    /// - Parameter isLast: whether the room has no members on the socket's event loop any more.
    func left(_ name: String, _ socketID: String, isLast: Bool) {
        self.note { state in
            if isLast {
                let rest = state.loops[name, default: 1] - 1
                state.loops[name] = rest > 0 ? rest : nil
            }
            guard let room = RoomName.application(name) else { return }
            state.events.append(.left(room: room, socketID: socketID))
            if isLast, state.loops[name] == nil { state.events.append(.deleted(room: room)) }
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
        while let (event, handlers) = next {
            for handler in handlers { handler(event) }
            next = self.state.withLockedValue(Self.take)
        }
    }

    private typealias Delivery = (RoomEvent, [@Sendable (RoomEvent) -> Void])

    private static func take(_ state: inout State) -> Delivery? {
        guard let event = state.events.popFirst() else {
            state.isDelivering = false
            return nil
        }
        return (event, state.handlers)
    }
}
