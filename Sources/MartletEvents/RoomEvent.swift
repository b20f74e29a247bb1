// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEngine

/// A change of the rooms of a namespace on this server; see ``BroadcastSource/onRoomEvent(_:)``.
public enum RoomEvent: Hashable, Sendable {
    /// The room has its first member on this server.
    case created(room: String)
    /// The room's last member on this server has left.
    case deleted(room: String)
    case joined(room: String, socketID: String)
    case left(room: String, socketID: String)
}

extension BroadcastSource {
    /// Adds a handler that is called when a room begins or ends on this server, and when one of this server's sockets
    /// joins or leaves a room. What happens on other servers of a cluster is not reported here, but there.
    ///
    /// The room that each socket is by its own id is not reported, nor are the rooms of users. The handler is called with
    /// one event at a time, in an order in which it could have happened: a room is created before it is joined. It is
    /// called on the event loop of one of the sockets, and must not block. Rooms that exist when the first handler is
    /// added are not reported as created.
    public func onRoomEvent(_ handler: @escaping @Sendable (RoomEvent) -> Void) {
        let namespace = self.everyone.namespace
        namespace.wholeServer.observeRooms(of: namespace).add(handler)
    }
}
