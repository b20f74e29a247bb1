// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEngine

extension Socket {
    /// Puts the socket into rooms, up to ``SocketIOConfiguration/maxRooms``. For rooms that it is in already, nothing
    /// changes.
    public func join(_ rooms: String...) {
        self.join(rooms)
    }

    /// Puts the socket into rooms, up to ``SocketIOConfiguration/maxRooms``. For rooms that it is in already, nothing
    /// changes.
    public func join(_ rooms: [String]) {
        self.onLoop {
            if self.isAway { return self.performAway(.join(RoomName.stored(rooms))) }
            self.joinNow(RoomName.stored(rooms))
        }
    }

    /// Takes the socket out of a room. It never leaves the room that is named by its ``id``.
    public func leave(_ room: String) {
        self.onLoop {
            if self.isAway { return self.performAway(.leave([RoomName.stored(room)])) }
            self.leaveNow(RoomName.stored(room))
        }
    }

    func joinNow(_ rooms: [String]) {
        guard self.phase != .disconnected, self.phase != .moved else { return }
        let local = self.shard.local(self.namespace)
        for room in rooms {
            guard self.seats.count < self.core.configuration.maxRooms || self.seats[room] != nil else {
                return self.exceeded(.rooms)
            }
            local.join(room, self)
        }
    }

    /// Counts and reports an exceeded limit of this socket.
    func exceeded(_ limit: ExceededLimit) {
        self.session.shard.limits.exceeded(limit, by: self.session.request.remoteAddress)
    }

    func perform(_ operation: SocketOperation) {
        switch operation {
        case .join(let rooms): self.joinNow(rooms)
        case .leave(let rooms): for room in rooms { self.leaveNow(room) }
        case .disconnect(let closingConnection): self.disconnectNow(closingConnection: closingConnection)
        case .expire(let time): self.expire(at: time)
        }
    }

    func leaveNow(_ room: String) {
        self.shard.local(self.namespace).leave(room, self)
    }

    /// Everybody in a room but this socket.
    public func to(_ room: String) -> BroadcastOperator {
        self.broadcast.to(room)
    }

    /// Everybody in any of these rooms but this socket.
    public func to(_ rooms: [String]) -> BroadcastOperator {
        self.broadcast.to(rooms)
    }

    /// Everybody in a room but this socket; another word for ``to(_:)-(String)``.
    public func `in`(_ room: String) -> BroadcastOperator {
        self.broadcast.to(room)
    }

    /// Everybody in the namespace except this socket and the members of this room.
    public func except(_ room: String) -> BroadcastOperator {
        self.broadcast.except(room)
    }

    /// Everybody in the namespace but this socket.
    public var broadcast: BroadcastOperator {
        BroadcastOperator(namespace: self.namespace).except(self.id)
    }
}
