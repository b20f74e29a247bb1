// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import HTTPTypes
internal import MartletEngine
internal import MartletEvents

/// All that an admin is told of one socket. What may be secret is left out: the session's id, cookies, credentials, the
/// query and the authentication data.
struct SocketView: Encodable, Sendable {
    struct Handshake: Encodable, Sendable {
        let host: String?
        let origin: String?
        let userAgent: String?
        let language: String?
        let isSecure: Bool
    }

    private static let roomsListed = 200

    let socket: SocketEntry
    let handshake: Handshake
    /// The transports that have carried the connection, as far as is known: what happened before somebody looked is not.
    let path: [TransportStep]
    /// Since somebody looks at the socket; the oldest first.
    let events: [WatchedEvent]

    init(_ socket: Socket, path: [TransportStep], events: [WatchedEvent]) {
        let handshake = socket.handshake
        self.socket = SocketEntry(socket, rooms: Self.roomsListed)
        self.handshake = Handshake(
            host: handshake.request.head.authority?.cut,
            origin: handshake.headers[.origin]?.cut,
            userAgent: handshake.headers[.userAgent]?.cut,
            language: handshake.headers[.acceptLanguage]?.cut,
            isSecure: handshake.secure
        )
        self.path = path
        self.events = events
    }
}

/// A transport that has carried a connection.
struct TransportStep: Encodable, Sendable {
    let transport: String
    /// Since when, in milliseconds since 1970; none where nobody looked.
    let at: Int?
}

/// An event from or to a client. Its arguments may be anything, so they are not told.
struct WatchedEvent: Encodable, Sendable {
    enum Direction: String, Encodable, Sendable {
        case fromClient = "in"
        case toClient = "out"
    }

    let direction: Direction
    let name: String
    /// Milliseconds since 1970.
    let at: Int
    /// How many events before this one were left out, because there were too many in a second.
    let skipped: Int
}
