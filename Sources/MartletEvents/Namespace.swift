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
    let core: ServerCore
    let parent: ParentNamespace?
    let history: RoomHistory
    private let registered = NIOLockedValueBox(Handlers())
    /// Handlers of what concerns no single socket.
    let wholeServer = WholeServerHandlers()

    init(name: String, core: ServerCore, parent: ParentNamespace? = nil) {
        self.name = name
        self.parent = parent
        self.history = RoomHistory(core.configuration.history)
        self.core = core
    }

    struct Handlers: Sendable {
        var middleware: [@Sendable (Socket) async throws -> Void] = []
        var connection: [Handler<ConnectionHandler>] = []
        /// Replaced, never changed: sockets keep the object that they joined with.
        var events = SharedListeners()

        /// These handlers, then others.
        func followed(by others: Handlers) -> Handlers {
            Handlers(
                middleware: self.middleware + others.middleware,
                connection: self.connection + others.connection,
                events: others.events.isEmpty ? self.events : self.events.followed(by: others.events)
            )
        }
    }

    enum ConnectionHandler: Sendable {
        case sync(@Sendable (Socket) throws -> Void)
        case async(@Sendable (Socket) async throws -> Void)
    }

    /// The handlers registered so far, the parent's before its own. Read once for each joining socket.
    var handlers: Handlers {
        let own = self.registered.withLockedValue { $0 }
        guard let parent = self.parent else { return own }
        return parent.handlers.followed(by: own)
    }

    @usableFromInline
    func add(_ listener: Listener, _ event: String) {
        let name = EventName(event)
        let isAdded = self.registered.withLockedValue { registered in
            if listener.answers, registered.events[name].contains(where: \.answers) { return false }
            registered.events = registered.events.changed { $0.events[name, default: []].append(listener) }
            return true
        }
        if !isAdded { self.core.report(HandlerFailure(error: SecondAnswer(), socket: nil, event: event)) }
    }

    func change(_ change: (inout SharedListeners.Handlers) -> Void) {
        self.registered.withLockedValue { $0.events = $0.events.changed(change) }
    }

    func add(_ handler: ConnectionHandler) -> HandlerToken {
        let handler = Handler(token: HandlerToken(), body: handler)
        self.registered.withLockedValue { $0.connection.append(handler) }
        return handler.token
    }

    func remove(_ handler: HandlerToken) {
        // Released outside the lock: the handler's deinitializer may run any code.
        let handlers = self.registered.withLockedValue { registered in
            let before = registered.connection
            registered.connection.removeAll { $0.token == handler }
            return before
        }
        withExtendedLifetime(handlers) {}
    }

    func add(_ middleware: @escaping @Sendable (Socket) async throws -> Void) {
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
