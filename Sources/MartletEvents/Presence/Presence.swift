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
/// let presence = Presence<Profile>(in: io)
/// presence.onChange { change in
///     io.local.to(change.room).emit("members", presence.members(of: change.room))
/// }
/// io.onConnection { socket in
///     presence.enter("lobby", as: "ada", Profile(name: "Ada"), with: socket)
/// }
/// ```
///
/// It knows the sockets that entered through it, and costs nothing for others. In a cluster each server knows the members
/// of all servers, and calls its handlers with each change: a handler emits to its own server's sockets. A user on two
/// servers is one member. The servers learn of a change when the bus has carried it; what it has lost is repaired with the
/// next heartbeat, and the members of a server that died leave ``ClusterConfiguration/nodeTimeout`` and the delay later.
/// May be used from anywhere.
public final class Presence<Info: Codable & Equatable & Sendable>: Sendable {
    /// A user in a room.
    public struct Member: Codable, Equatable, Sendable {
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

    let leaveDelay: Duration
    let state = NIOLockedValueBox(PresenceState<Info>())

    /// - Parameters:
    ///   - source: the server, for its namespace `/`, or another namespace, whose rooms these are.
    ///   - name: tells apart what one namespace has of several; the same on all servers of a cluster.
    ///   - leaveDelay: how long a user may be away without having left.
    public init(in source: some BroadcastSource, name: String = "presence", leaveDelay: Duration = .seconds(5)) {
        self.leaveDelay = leaveDelay
        let namespace = source.everyone.namespace
        namespace.core.onCluster { [weak self, weak namespace] cluster in
            guard let self, let namespace else { return }
            self.enter(cluster, channel: cluster.configuration.presenceChannel(name, of: namespace))
        }
    }

    deinit {
        for subscription in self.state.withLockedValue({ $0.subscriptions }) { subscription.cancel() }
    }

    /// Adds a handler that is called with each change, in order, on any thread.
    public func onChange(_ handler: @escaping @Sendable (Change) -> Void) {
        self.state.withLockedValue { $0.handlers.append(handler) }
    }

    /// The members of a room on all servers, ordered by the ids of the users.
    public func members(of room: String) -> [Member] {
        self.state.withLockedValue { $0.table.members(of: room) }
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
            let isNew = self.state.withLockedValue { $0.enter(room, user, info, ObjectIdentifier(socket)) }
            self.report()
            if isNew { socket.onDisconnect { _ in self.left(room, user, socket) } }
        }
    }

    /// Takes a socket out of a room. Its user leaves after the delay, unless another socket of the user is there.
    public func leave(_ room: String, as user: String, with socket: Socket) {
        socket.onLoop {
            socket.leaveNow(RoomName.stored(room))
            self.left(room, user, socket)
        }
    }

    /// A socket is not in the room any more. Called on its event loop.
    private func left(_ room: String, _ user: String, _ socket: Socket) {
        guard let version = self.state.withLockedValue({ $0.leave(room, user, ObjectIdentifier(socket)) }) else {
            return
        }
        guard self.leaveDelay > .zero else { return self.remove(room, user, version) }
        _ = socket.shard.timers.schedule(after: TimeAmount(self.leaveDelay)) { self.remove(room, user, version) }
    }

    /// The delay is over.
    private func remove(_ room: String, _ user: String, _ version: UInt64) {
        self.state.withLockedValue { $0.remove(room, user, ifStill: version) }
        self.report()
    }

    /// Calls the handlers with the changes that they have not seen, and tells the other servers what is new. One thread
    /// at a time does so, which keeps the order without a lock around the handlers.
    func report() {
        while let (news, handlers, link) = self.state.withLockedValue({ $0.beginReport() }) {
            switch news {
            case .change(let change): for handler in handlers { handler(change) }
            case .message(let message): link?.publish(message)
            }
            self.state.withLockedValue { $0.isReporting = false }
        }
    }
}
