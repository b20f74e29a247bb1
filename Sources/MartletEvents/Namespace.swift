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
    /// Whether this is the namespace `/`, whose name packets omit.
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
        /// Replaced, never changed: sockets keep the object that they joined with.
        var events = SharedListeners()
    }

    enum ConnectionHandler: Sendable {
        case sync(@Sendable (Socket) -> Void)
        case async(@Sendable (Socket) async -> Void)
    }

    /// The handlers registered so far. Read once for each joining socket.
    var handlers: Handlers { self.registered.withLockedValue { $0 } }

    @usableFromInline
    func add(_ listener: Listener, _ event: String) {
        self.registered.withLockedValue { $0.events = $0.events.adding(listener, EventName(event)) }
    }

    /// Adds a handler that is called with every socket that has joined, on the socket's event loop. Set up the socket's
    /// event handlers here: the client's events come only when all connection handlers have returned.
    public func onConnection(_ handler: @escaping @Sendable (Socket) -> Void) {
        self.registered.withLockedValue { $0.connection.append(.sync(handler)) }
    }

    /// Adds a handler that is called with every socket that has joined. The client's events wait until it returns.
    public func onConnection(_ handler: @escaping @Sendable (Socket) async -> Void) {
        self.registered.withLockedValue { $0.connection.append(.async(handler)) }
    }

    /// Adds middleware, which decides whether a socket may join. Middleware that throws ``ConnectionRefused`` refuses
    /// the socket, and the client is told why. If middleware throws any other error, the client is told `Internal
    /// error`.
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
