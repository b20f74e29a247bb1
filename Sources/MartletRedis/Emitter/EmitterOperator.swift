// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

public import MartletEvents

/// Clients that a ``MartletEmitter`` addresses together, as a `BroadcastOperator` does on a server. The operator is a
/// value: each of its modifiers returns a changed copy.
public struct EmitterOperator: EmitterSource {
    let target: BroadcastOperator

    public var everyone: EmitterOperator { self }
}

/// What a ``MartletEmitter`` can be addressed through: itself, a namespace, or an operator.
public protocol EmitterSource: Sendable {
    /// All that are addressed so far.
    var everyone: EmitterOperator { get }
}

extension EmitterSource {
    /// Adds the members of this room. A socket is also addressed by its id.
    public func to(_ room: String) -> EmitterOperator { EmitterOperator(target: self.everyone.target.to(room)) }

    /// Adds the members of these rooms.
    public func to(_ rooms: [String]) -> EmitterOperator { EmitterOperator(target: self.everyone.target.to(rooms)) }

    /// Adds the members of this room; another word for ``to(_:)-(String)``.
    public func `in`(_ room: String) -> EmitterOperator { self.to(room) }

    /// Adds the sockets of this user.
    public func to(user: String) -> EmitterOperator { EmitterOperator(target: self.everyone.target.to(user: user)) }

    /// Leaves out the members of this room. A socket is also left out by its id.
    public func except(_ room: String) -> EmitterOperator { EmitterOperator(target: self.everyone.target.except(room)) }

    /// Leaves out the members of these rooms.
    public func except(_ rooms: [String]) -> EmitterOperator {
        EmitterOperator(target: self.everyone.target.except(rooms))
    }

    /// Leaves out the sockets of this user.
    public func except(user: String) -> EmitterOperator {
        EmitterOperator(target: self.everyone.target.except(user: user))
    }

    /// Drops events for clients that lag behind.
    public var volatile: EmitterOperator { EmitterOperator(target: self.everyone.target.volatile) }

    /// Whether transports may compress events, as they may by default where compression is on.
    public func compress(_ compresses: Bool) -> EmitterOperator {
        EmitterOperator(target: self.everyone.target.compress(compresses))
    }

    /// Keeps events in the history of the rooms that they are sent to; see `BroadcastOperator.kept`.
    public var kept: EmitterOperator { EmitterOperator(target: self.everyone.target.kept) }

    /// Sends an event to all addressed clients. Arguments that cannot be encoded are reported to
    /// ``MartletEmitter/onError(_:)``, and nothing is sent.
    public func emit<each Argument: Encodable & Sendable>(
        _ event: Event<repeat each Argument>,
        _ arguments: repeat each Argument
    ) {
        self.everyone.target.emit(event, repeat each arguments)
    }

    /// Sends a `message` event to all addressed clients.
    public func send<each Argument: Encodable & Sendable>(_ arguments: repeat each Argument) {
        self.everyone.target.send(repeat each arguments)
    }

    /// Puts all addressed sockets into rooms.
    public func socketsJoin(_ rooms: String...) { self.everyone.target.socketsJoin(rooms) }

    /// Puts all addressed sockets into rooms.
    public func socketsJoin(_ rooms: [String]) { self.everyone.target.socketsJoin(rooms) }

    /// Takes all addressed sockets out of rooms.
    public func socketsLeave(_ rooms: String...) { self.everyone.target.socketsLeave(rooms) }

    /// Takes all addressed sockets out of rooms.
    public func socketsLeave(_ rooms: [String]) { self.everyone.target.socketsLeave(rooms) }

    /// Disconnects all addressed sockets.
    /// - Parameter closingConnection: whether the sockets' connections end too.
    public func disconnectSockets(closingConnection: Bool = false) {
        self.everyone.target.disconnectSockets(closingConnection: closingConnection)
    }
}
