// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// A socket of this server or of another server in its cluster, as it was when it was fetched; see
/// ``BroadcastOperator/fetchSockets()``. Its functions reach the socket wherever it is, and do nothing once it is gone.
public struct RemoteSocket: Sendable, Identifiable {
    /// The ``Socket/id``.
    public let id: String
    /// The request and the authentication data with which the client came.
    public let handshake: SocketHandshake
    /// The rooms that the socket was in, the one named by its ``id`` among them.
    public let rooms: Set<String>
    /// The values of ``Socket/data`` that are `Encodable`, encoded; the others do not travel.
    ///
    /// ```swift
    /// let user = try remote.data["user"]?.decode(as: User.self)
    /// ```
    public let data: [String: SocketArgument]
    private let itself: BroadcastOperator

    init(_ description: SocketDescription, in namespace: Namespace) {
        self.id = description.id
        self.handshake = description.handshake
        self.rooms = description.rooms
        self.data = description.data
        self.itself = BroadcastOperator(namespace: namespace).to(description.id)
    }

    /// Sends an event to the client.
    public func emit<each Argument: Encodable & Sendable>(
        _ event: Event<repeat each Argument>,
        _ arguments: repeat each Argument
    ) {
        self.itself.emit(event, repeat each arguments)
    }

    /// Puts the socket into rooms.
    public func join(_ rooms: String...) { self.itself.socketsJoin(rooms) }

    /// Takes the socket out of rooms.
    public func leave(_ rooms: String...) { self.itself.socketsLeave(rooms) }

    /// Makes the client leave the namespace.
    /// - Parameter closingConnection: whether the client's other namespaces and its connection end too.
    public func disconnect(closingConnection: Bool = false) {
        self.itself.disconnectSockets(closingConnection: closingConnection)
    }
}

extension RemoteSocket: CustomStringConvertible {
    public var description: String { "RemoteSocket(\(self.id))" }
}
