// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// Users: a person may be connected several times, on several devices and to several servers. Each user has a room, which
/// the application puts its sockets into once it knows who they are.
///
/// ```swift
/// io.onConnection { socket in
///     if let user = await authenticate(socket) { socket.join(user: user.id) }
/// }
/// io.to(user: "17").emit("mail", subject)
/// ```
///
/// Whatever names a client may choose for other rooms, none of them is the room of a user.
extension Socket {
    /// Puts the socket into the room of a user.
    /// - Parameter id: the application's id of the user; do not take it from the client unchecked.
    public func join(user id: String) {
        self.onLoop { self.joinNow([RoomName.user(id)]) }
    }

    /// Takes the socket out of the room of a user.
    public func leave(user id: String) {
        self.onLoop { self.leaveNow(RoomName.user(id)) }
    }

    /// Everybody who is this user, but this socket.
    public func to(user id: String) -> BroadcastOperator { self.broadcast.to(user: id) }
}

extension BroadcastOperator {
    /// Adds the sockets of this user.
    public func to(user id: String) -> BroadcastOperator { self.with { $0.rooms.append(RoomName.user(id)) } }

    /// Leaves out the sockets of this user.
    public func except(user id: String) -> BroadcastOperator { self.with { $0.except.append(RoomName.user(id)) } }
}

extension BroadcastSource {
    /// All sockets of a user.
    public func to(user id: String) -> BroadcastOperator { self.everyone.to(user: id) }

    /// Everybody but this user.
    public func except(user id: String) -> BroadcastOperator { self.everyone.except(user: id) }
}
