// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import Martlet

/// The tour's handlers: each shows one thing that a server can do with an event.
enum TourNamespace {
    static func listen(_ tour: Namespace) {
        tour.onConnection { socket in
            socket.emit(Tour.response, TourResponse(data: "Connected", count: 0))
        }
        tour.on(Tour.echo) { (socket: Socket, message: TourText) in
            socket.emit(Tour.response, socket.answer(message.data.asTourText))
        }
        tour.on(Tour.broadcast) { (socket: Socket, message: TourText) in
            self.send(message.data, from: socket, to: tour.everyone)
        }
        tour.on(Tour.join) { (socket: Socket, request: TourRoom) in
            if let refusal = socket.refusal(ofRoom: request.room) { return socket.emit(Tour.response, refusal) }
            socket.join(request.room)
            socket.emit(Tour.response, socket.answerWithRooms())
        }
        tour.on(Tour.leave) { (socket: Socket, request: TourRoom) in
            socket.leave(request.room)
            socket.emit(Tour.response, socket.answerWithRooms())
        }
        tour.on(Tour.closeRoom) { (socket: Socket, request: TourRoom) in
            let room = tour.to(request.room)
            self.send("Room \(request.room) is closing.", from: socket, to: room)
            room.socketsLeave(request.room)
        }
        tour.on(Tour.roomEvent) { (socket: Socket, message: TourRoomText) in
            self.send(message.data, from: socket, to: tour.to(message.room))
        }
        tour.on(Tour.disconnectRequest) { (socket: Socket) async in
            // The client has the answer when it acknowledges it. One that does not is disconnected all the same.
            _ = try? await socket.emitWithAck(
                Tour.response,
                socket.answer("Disconnected!"),
                timeout: Limits.farewell,
                as: SocketArguments.self
            )
            socket.disconnect()
        }
        tour.on(Tour.ping) { (socket: Socket) in socket.emit(Tour.pong) }
    }

    /// Sends a text to many, unless the sender does so too often: then the sender alone gets an answer.
    private static func send(_ text: String, from socket: Socket, to receivers: BroadcastOperator) {
        let answer = socket.answer(text.asTourText)
        if socket.takeToken() {
            receivers.emit(Tour.response, answer)
        } else {
            socket.emit(Tour.response, TourResponse(data: "Too many messages at once", count: answer.count))
        }
    }
}

extension Socket {
    /// Counts an event of this socket, and answers it. Called by handlers, which run one at a time.
    fileprivate func answer(_ data: String) -> TourResponse {
        let count = (self.data["count", as: Int.self] ?? 0) + 1
        self.data["count"] = count
        return TourResponse(data: data, count: count)
    }

    fileprivate func answerWithRooms() -> TourResponse {
        let rooms = self.rooms.subtracting([self.id]).sorted()
        return self.answer("In rooms: \(rooms.joined(separator: ", "))")
    }

    fileprivate func refusal(ofRoom room: String) -> TourResponse? {
        guard !room.isEmpty, room.utf8.count <= Limits.tourRoomBytes else {
            return self.answer("A room's name has 1 to \(Limits.tourRoomBytes) bytes")
        }
        // The room that is named by its id counts as well.
        guard self.rooms.contains(room) || self.rooms.count <= Limits.tourRooms else {
            return self.answer("Nobody is in more than \(Limits.tourRooms) rooms")
        }
        return nil
    }
}

extension String {
    fileprivate var asTourText: String {
        self.utf8.count <= Limits.textBytes ? self : "Too long"
    }
}
