// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOConcurrencyHelpers
internal import SocketIOWire

/// A part of a server with its own sockets, rooms, middleware and handlers. Clients join it by name over the
/// connection that they have.
public final class Namespace: Sendable {
    /// The name, which begins with `/`.
    public let name: String
    /// Whether it is `/`, which packets do not name.
    let isRoot: Bool
    let core: ServerCore
    private let registered = NIOLockedValueBox(Handlers())

    init(name: String, core: ServerCore) {
        self.name = name
        self.isRoot = name == "/"
        self.core = core
    }

    struct Handlers: Sendable {
        var middleware: [@Sendable (Socket) async throws -> Void] = []
        var connection: [ConnectionHandler] = []
        /// Changed by replacing it: the sockets that have joined keep what they joined with.
        var events = SharedListeners()
    }

    enum ConnectionHandler: Sendable {
        case sync(@Sendable (Socket) -> Void)
        case async(@Sendable (Socket) async -> Void)
    }

    /// Those registered now. Read once a connection.
    var handlers: Handlers { self.registered.withLockedValue { $0 } }

    @usableFromInline
    func add(_ listener: Listener, _ event: String) {
        self.registered.withLockedValue { $0.events = $0.events.adding(listener, EventName(event)) }
    }

    /// Called with every socket that has joined, on the socket's event loop. This is where its handlers are set up:
    /// the client's events come only when all connection handlers have returned.
    public func onConnection(_ handler: @escaping @Sendable (Socket) -> Void) {
        self.registered.withLockedValue { $0.connection.append(.sync(handler)) }
    }

    /// Called with every socket that has joined. The client's events wait until it returns.
    public func onConnection(_ handler: @escaping @Sendable (Socket) async -> Void) {
        self.registered.withLockedValue { $0.connection.append(.async(handler)) }
    }

    /// Adds middleware, which decides before a socket joins whether it may: one that throws ``ConnectionRefused``
    /// refuses it, and the client is told why. Of any other error the client is told `Internal error`.
    ///
    /// Middleware runs in the order in which it was added, each after the one before has returned.
    public func use(_ middleware: @escaping @Sendable (Socket) async throws -> Void) {
        self.registered.withLockedValue { $0.middleware.append(middleware) }
    }
}

extension Namespace: BroadcastSource {
    /// Everybody in the namespace.
    public var everyone: BroadcastOperator { BroadcastOperator(namespace: self) }
}

extension Namespace: EventSource {
    public var eventNamespace: Namespace { self }
}

extension Namespace: CustomStringConvertible {
    public var description: String { self.name }
}
