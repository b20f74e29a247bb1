// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEvents
internal import NIOConcurrencyHelpers

/// Which sockets admins look at: each admin at one at most.
final class Watches: Sendable {
    private struct State {
        var sockets: [Socket: WatchedSocket] = [:]
        var watchedBy: [String: WatchedSocket] = [:]
    }

    private let state = NIOLockedValueBox(State())

    /// How many sockets have handlers because somebody looks at them.
    var count: Int { self.state.withLockedValue { $0.sockets.count } }

    /// An admin looks at a socket, and no longer at the one before.
    func watch(_ socket: Socket, by admin: Socket) -> WatchedSocket {
        if let former = self.state.withLockedValue({ $0.watchedBy[admin.id] }) {
            if former.socket === socket { return former }
            self.unwatch(by: admin.id)
        }
        let (watched, isNew) = self.state.withLockedValue { state in
            let existing = state.sockets[socket]
            let watched = existing ?? WatchedSocket(socket)
            watched.add(admin)
            state.sockets[socket] = watched
            state.watchedBy[admin.id] = watched
            return (watched, existing == nil)
        }
        if isNew { watched.begin { self.forget(watched) } }
        return watched
    }

    func unwatch(by admin: String) {
        let unwatched: WatchedSocket? = self.state.withLockedValue { state in
            guard let watched = state.watchedBy.removeValue(forKey: admin), watched.remove(admin) else { return nil }
            state.sockets[watched.socket] = nil
            return watched
        }
        unwatched?.end()
    }

    /// The socket has left.
    private func forget(_ watched: WatchedSocket) {
        self.state.withLockedValue { state in
            if state.sockets[watched.socket] === watched { state.sockets[watched.socket] = nil }
            state.watchedBy = state.watchedBy.filter { $0.value !== watched }
        }
    }
}
