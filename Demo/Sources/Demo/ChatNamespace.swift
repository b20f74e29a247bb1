// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import Martlet

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// The chat's events. Who is in a room and what was said there is the library's business: presence and history.
struct ChatNamespace {
    /// Where a socket is, and as whom.
    private struct Seat {
        var room: String
        var user: String
        var name: String
    }

    private let io: SocketIOServer
    private let presence: Presence<Profile>
    private let rooms = ChatRooms()

    init(io: SocketIOServer) {
        self.io = io
        self.presence = Presence(in: io, leaveDelay: Limits.leaveDelay)
    }

    /// What is kept of the messages, for those who come later.
    static var history: HistoryLimits {
        var limits = HistoryLimits()
        limits.maxCount = Limits.history
        limits.maxRooms = Limits.roomsRemembered
        limits.maxAge = Limits.memory
        return limits
    }

    func listen() {
        self.presence.onChange { change in
            self.rooms.count(change)
            self.io.local.to(change.room).emit("presence", change)
            self.io.local.emit("rooms", self.rooms.summary)
        }
        self.io.on("join") { (socket: Socket, request: JoinRequest) async -> JoinReply in
            await self.join(socket, request)
        }
        self.io.on("say") { (socket: Socket, request: SayRequest) -> SayReply in self.say(socket, request) }
        self.io.on("typing") { (socket: Socket, typing: Bool) in
            guard let seat = Self.seat(of: socket) else { return }
            socket.to(seat.room).volatile.emit("typing", Typing(room: seat.room, user: seat.user, typing: typing))
        }
        // The page needs only the acknowledgement: it measures the round-trip time.
        self.io.on("latency") { (socket: Socket, number: Int) -> Int in number }
    }

    private static func seat(of socket: Socket) -> Seat? {
        socket.data["seat", as: Seat.self]
    }

    private func join(_ socket: Socket, _ request: JoinRequest) async -> JoinReply {
        let room = request.room.asRoomName ?? "lobby"
        guard let name = request.name.asPersonName else {
            return JoinReply(room: room, refused: "A name needs at least a letter")
        }
        guard let user = request.user.asUser else { return JoinReply(room: room, refused: "Nobody has no key") }
        let isMember = self.presence.members(of: room).contains { $0.user == user }
        if !isMember, let refusal = self.rooms.refusal(of: room) { return JoinReply(room: room, refused: refusal) }
        if let seat = Self.seat(of: socket), seat.room != room || seat.user != user {
            self.presence.leave(seat.room, as: seat.user, with: socket)
        }
        socket.data["seat"] = Seat(room: room, user: user, name: name)
        // The history first: `enter` puts the socket into the room, where new messages would overtake the old ones.
        await socket.join(room, after: request.after)
        self.presence.enter(room, as: user, Profile(name: name), with: socket)
        return JoinReply(
            room: room,
            user: user,
            members: self.presence.members(of: room),
            rooms: self.rooms.summary
        )
    }

    private func say(_ socket: Socket, _ request: SayRequest) -> SayReply {
        guard let seat = Self.seat(of: socket) else { return SayReply(refused: "You are in no room") }
        guard request.text.utf8.count <= Limits.textBytes, request.key.utf8.count <= Limits.keyBytes else {
            return SayReply(refused: "Too long")
        }
        guard request.text.contains(where: { !$0.isWhitespace }) else { return SayReply(refused: "Nothing to say") }
        guard socket.takeToken() else { return SayReply(refused: "Too many messages at once") }
        let message = Message(
            room: seat.room,
            key: request.key,
            from: seat.user,
            author: seat.name,
            text: request.text,
            time: (Date().timeIntervalSince1970 * 1000).rounded()
        )
        socket.to(seat.room).kept.emit("said", message)
        return SayReply(time: message.time)
    }
}
