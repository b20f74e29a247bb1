// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEngine
internal import NIOConcurrencyHelpers
internal import NIOCore

/// Who is in the rooms of a namespace: users, not sockets. A user with three tabs is one member, and a user who comes
/// back within some seconds has not left.
///
/// ```swift
/// let presence = Presence<Profile>()
/// presence.onChange { change in
///     io.to(change.room).emit("members", presence.members(of: change.room))
/// }
/// io.onConnection { socket in
///     presence.enter("lobby", as: "ada", Profile(name: "Ada"), with: socket)
/// }
/// ```
///
/// It knows the sockets of this server that entered through it, and costs nothing for others. May be used from anywhere.
public final class Presence<Info: Encodable & Equatable & Sendable>: Sendable {
    /// A user in a room.
    public struct Member: Encodable, Equatable, Sendable {
        /// The id of the user.
        public let user: String
        public let info: Info
    }

    /// A member came, went or changed.
    public struct Change: Encodable, Sendable {
        public enum Kind: String, Encodable, Sendable {
            case entered, left, updated
        }

        public let kind: Kind
        public let room: String
        public let member: Member
    }

    private struct Entry {
        var info: Info
        var sockets: Set<ObjectIdentifier>
        /// The number of the last change, so that a delay that is over finds out whether its reason is.
        var version: UInt64
    }

    private struct State {
        var rooms: [String: [String: Entry]] = [:]
        var version: UInt64 = 0
        var handlers: [@Sendable (Change) -> Void] = []
        /// Changes that the handlers have not seen, in order.
        var unseen: [Change] = []
        var isReporting = false

        mutating func beginReport() -> (Change, [@Sendable (Change) -> Void])? {
            guard !self.isReporting, !self.unseen.isEmpty else { return nil }
            self.isReporting = true
            return (self.unseen.removeFirst(), self.handlers)
        }
    }

    private let leaveDelay: Duration
    private let state = NIOLockedValueBox(State())

    /// - Parameter leaveDelay: how long a user may be away without having left.
    public init(leaveDelay: Duration = .seconds(5)) {
        self.leaveDelay = leaveDelay
    }

    /// Adds a handler that is called with each change, in order, on any thread.
    public func onChange(_ handler: @escaping @Sendable (Change) -> Void) {
        self.state.withLockedValue { $0.handlers.append(handler) }
    }

    /// The members of a room, ordered by the ids of the users.
    public func members(of room: String) -> [Member] {
        self.state.withLockedValue { state in
            (state.rooms[room] ?? [:]).map { Member(user: $0, info: $1.info) }.sorted { $0.user < $1.user }
        }
    }

    /// Puts a socket into a room, and its user among the members, until the socket leaves by
    /// ``leave(_:as:with:)`` or is disconnected.
    /// - Parameters:
    ///   - room: the room.
    ///   - user: the id of the user; sockets that give the same id are one member.
    ///   - info: what others may know about the user. The last one that was given counts.
    ///   - socket: one of the user's sockets.
    public func enter(_ room: String, as user: String, _ info: Info, with socket: Socket) {
        socket.onLoop {
            guard socket.phase != .disconnected else { return }
            socket.joinNow([RoomName.stored(room)])
            if self.add(room, user, info, ObjectIdentifier(socket)) {
                socket.onDisconnect { _ in self.left(room, user, socket) }
            }
        }
    }

    /// Takes a socket out of a room. Its user leaves after the delay, unless another socket of the user is there.
    public func leave(_ room: String, as user: String, with socket: Socket) {
        socket.onLoop {
            socket.leaveNow(RoomName.stored(room))
            self.left(room, user, socket)
        }
    }

    /// - Returns: whether the socket is new to the room.
    private func add(_ room: String, _ user: String, _ info: Info, _ socket: ObjectIdentifier) -> Bool {
        let isNew = self.state.withLockedValue { state in
            state.version += 1
            let member = Member(user: user, info: info)
            guard var entry = state.rooms[room]?[user] else {
                state.rooms[room, default: [:]][user] = Entry(info: info, sockets: [socket], version: state.version)
                state.unseen.append(Change(kind: .entered, room: room, member: member))
                return true
            }
            if entry.info != info { state.unseen.append(Change(kind: .updated, room: room, member: member)) }
            entry.info = info
            entry.version = state.version
            let isNew = entry.sockets.insert(socket).inserted
            state.rooms[room]?[user] = entry
            return isNew
        }
        self.report()
        return isNew
    }

    /// A socket is not in the room any more. Called on its event loop.
    private func left(_ room: String, _ user: String, _ socket: Socket) {
        let version: UInt64? = self.state.withLockedValue { state in
            guard state.rooms[room]?[user]?.sockets.remove(ObjectIdentifier(socket)) != nil,
                state.rooms[room]?[user]?.sockets.isEmpty == true
            else { return nil }
            state.version += 1
            state.rooms[room]?[user]?.version = state.version
            return state.version
        }
        guard let version else { return }
        guard self.leaveDelay > .zero else { return self.remove(room, user, version) }
        _ = socket.shard.timers.schedule(after: TimeAmount(self.leaveDelay)) { self.remove(room, user, version) }
    }

    /// The delay is over.
    private func remove(_ room: String, _ user: String, _ version: UInt64) {
        self.state.withLockedValue { state in
            guard let entry = state.rooms[room]?[user], entry.version == version else { return }
            state.rooms[room]?[user] = nil
            if state.rooms[room]?.isEmpty == true { state.rooms[room] = nil }
            let member = Member(user: user, info: entry.info)
            state.unseen.append(Change(kind: .left, room: room, member: member))
        }
        self.report()
    }

    /// Calls the handlers with the changes that they have not seen. One thread at a time does so, which keeps the order
    /// without a lock around the handlers.
    private func report() {
        while let (change, handlers) = self.state.withLockedValue({ $0.beginReport() }) {
            for handler in handlers { handler(change) }
            self.state.withLockedValue { $0.isReporting = false }
        }
    }
}
