// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import Martlet

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// The chat's events. Sockets of all event loops share the rooms, so an actor keeps them. The actor also sends all
/// messages about a room: so everybody sees arrivals, departures and messages in the same order.
actor ChatNamespace {
    private let io: SocketIOServer
    private var presence = Presence()

    init(io: SocketIOServer) {
        self.io = io
    }

    nonisolated func listen() {
        self.io.onConnection { socket in
            socket.on("join") { (request: JoinRequest) async -> JoinReply in
                await self.join(socket, request)
            }
            socket.on("say") { (request: SayRequest) async -> SayReply in
                await self.say(socket, request)
            }
            socket.on("typing") { (typing: Bool) in
                guard let room = socket.data["room", as: String.self] else { return }
                socket.to(room).volatile.emit("typing", Typing(room: room, id: socket.id, typing: typing))
            }
            // The page needs only the acknowledgement: it measures the round-trip time.
            socket.on("latency") { (number: Int) -> Int in number }
            socket.onDisconnect { _ in
                Task { await self.leave(socket) }
            }
        }
    }

    private func join(_ socket: Socket, _ request: JoinRequest) -> JoinReply {
        guard let name = request.name.asPersonName else {
            return JoinReply(room: request.room, refused: "A name needs at least a letter")
        }
        let room = request.room.asRoomName ?? "lobby"
        // The socket may have disconnected while this call waited for the actor; then `leave` has run already.
        guard socket.isConnected else { return JoinReply(room: room, refused: "Gone") }
        switch self.presence.join(socket.id, room: room, name: name) {
        case .refused(let reason):
            return JoinReply(room: room, refused: reason)
        case .stayed(let reply):
            return reply
        case .renamed(let reply, let member):
            self.io.to(room).emit("renamed", member)
            return reply
        case .joined(let reply, let member, let left):
            if let left {
                socket.leave(left.room)
                self.io.to(left.room).emit("left", left)
            }
            socket.data["room"] = room
            socket.join(room)
            socket.to(room).emit("joined", member)
            self.io.emit("rooms", self.presence.summary)
            return reply
        }
    }

    private func leave(_ socket: Socket) {
        guard let member = self.presence.remove(socket.id) else { return }
        self.io.to(member.room).emit("left", member)
        self.io.emit("rooms", self.presence.summary)
    }

    private func say(_ socket: Socket, _ request: SayRequest) -> SayReply {
        let now = (Date().timeIntervalSince1970 * 1000).rounded()
        switch self.presence.say(socket.id, request, time: now) {
        case .refused(let reason):
            return SayReply(refused: reason)
        case .known(let message):
            return SayReply(time: message.time)
        case .said(let message):
            socket.to(message.room).emit("said", message)
            return SayReply(time: message.time)
        }
    }
}
