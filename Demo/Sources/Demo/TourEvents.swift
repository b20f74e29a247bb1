// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import Martlet

/// The events of the tour, with the names and the payloads of the example application that comes with Flask-SocketIO,
/// so that clients and pages made for that one work here.
enum Tour {
    // From the client.
    static let echo = Event<TourText>("my_event")
    static let broadcast = Event<TourText>("my_broadcast_event")
    static let join = Event<TourRoom>("join")
    static let leave = Event<TourRoom>("leave")
    static let closeRoom = Event<TourRoom>("close_room")
    static let roomEvent = Event<TourRoomText>("my_room_event")
    static let disconnectRequest: Event<> = "disconnect_request"
    static let ping: Event<> = "my_ping"

    // From the server.
    static let response = Event<TourResponse>("my_response")
    static let pong: Event<> = "my_pong"
}

struct TourText: Codable, Sendable {
    var data: String
}

struct TourRoom: Codable, Sendable {
    var room: String
}

struct TourRoomText: Codable, Sendable {
    var room: String
    var data: String
}

struct TourResponse: Codable, Sendable {
    var data: String
    /// How many events the sender of the one that is answered has sent so far; for an event of the server's own, how
    /// many of these there have been.
    var count: Int
}
