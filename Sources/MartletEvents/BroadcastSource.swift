// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// A source of sockets that can be addressed together: a ``SocketIOServer``, for its namespace `/`, and a
/// ``Namespace``.
public protocol BroadcastSource {
    /// All sockets of the namespace.
    var everyone: BroadcastOperator { get }
}

extension BroadcastSource {
    /// Sends an event to everybody.
    @inlinable
    public func emit<each Argument: Encodable & Sendable>(
        _ event: Event<repeat each Argument>,
        _ arguments: repeat each Argument
    ) {
        self.everyone.emit(event, repeat each arguments)
    }

    /// Sends a `message` event to everybody.
    @inlinable
    public func send<each Argument: Encodable & Sendable>(_ arguments: repeat each Argument) {
        self.everyone.send(repeat each arguments)
    }

    /// Sends an event to everybody, and asks each for an answer; see
    /// ``BroadcastOperator/emitWithAck(_:_:timeout:as:)``.
    public func emitWithAck<each Argument: Encodable & Sendable, Reply: Decodable & Sendable>(
        _ event: Event<repeat each Argument>,
        _ arguments: repeat each Argument,
        timeout: Duration = .seconds(10),
        as type: Reply.Type = Reply.self
    ) async throws -> BroadcastAcknowledgements<Reply> {
        try await self.everyone.emitWithAck(event, repeat each arguments, timeout: timeout, as: type)
    }

    /// Everybody in a room. A socket is also addressed by its id.
    public func to(_ room: String) -> BroadcastOperator { self.everyone.to(room) }

    /// Everybody in any of these rooms, each once.
    public func to(_ rooms: [String]) -> BroadcastOperator { self.everyone.to(rooms) }

    /// Everybody in a room; another word for ``to(_:)-(String)``.
    public func `in`(_ room: String) -> BroadcastOperator { self.everyone.to(room) }

    /// Everybody who is not in this room.
    public func except(_ room: String) -> BroadcastOperator { self.everyone.except(room) }

    /// Everybody; events may be dropped for clients that lag behind.
    public var volatile: BroadcastOperator { self.everyone.volatile }

    /// Everybody; events replace each other for clients that lag behind: see ``Socket/latest(of:)``.
    public func latest(of key: String) -> BroadcastOperator { self.everyone.latest(of: key) }

    /// Everybody; whether transports may compress events.
    public func compress(_ compresses: Bool) -> BroadcastOperator { self.everyone.compress(compresses) }

    /// Everybody on this server only, not on other servers in its cluster.
    public var local: BroadcastOperator { self.everyone.local }
}
