// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEngine
internal import NIOConcurrencyHelpers

/// A namespace's handlers of what concerns the whole server: events of other servers, and rooms.
final class WholeServerHandlers: Sendable {
    private struct State {
        var listeners: [String: [ServerSideListener]] = [:]
        var roomObserver: RoomObserver?
    }

    private let state = NIOLockedValueBox(State())

    func add(_ listener: ServerSideListener, _ event: String) {
        self.state.withLockedValue { $0.listeners[event, default: []].append(listener) }
    }

    func listeners(_ event: String) -> [ServerSideListener] {
        self.state.withLockedValue { $0.listeners[event] ?? [] }
    }

    /// Nil unless there is a handler of room events.
    var roomObserver: RoomObserver? { self.state.withLockedValue { $0.roomObserver } }

    /// The observer of the namespace's rooms on all event loops; made by the first call.
    func observeRooms(of namespace: Namespace) -> RoomObserver {
        let (observer, isNew) = self.state.withLockedValue { state in
            if let observer = state.roomObserver { return (observer, false) }
            let observer = RoomObserver()
            state.roomObserver = observer
            return (observer, true)
        }
        if isNew {
            for shard in namespace.core.shards {
                shard.queue.perform { shard.local(namespace).observe(observer) }
            }
        }
        return observer
    }
}
