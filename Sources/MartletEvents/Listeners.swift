// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEngine
internal import SocketIOWire

/// A handler that can be removed by its token.
struct Handler<Body: Sendable>: Sendable {
    let token: HandlerToken
    let body: Body
}

/// Called with the name and the arguments of any event.
typealias AnyHandler = @Sendable (_ event: String, _ arguments: SocketArguments) -> Void

/// The handlers that were set on one socket.
struct Listeners {
    var events: [EventName: [Listener]] = [:]
    /// Those that are no handlers of one event; `nil` until there is one, since most sockets have none.
    private(set) var others: OtherListeners?

    /// Those that are no handlers of one event, to add one.
    mutating func makeOthers() -> OtherListeners {
        if let others = self.others { return others }
        let others = OtherListeners()
        self.others = others
        return others
    }

    /// The handlers to call for an event now. Handlers for one event only are removed.
    mutating func take(_ name: EventName) -> [Listener] {
        guard let found = self.events[name] else { return [] }
        if found.contains(where: \.isOnce) { self.removeEvents(name, where: \.isOnce) }
        return found
    }

    private mutating func removeEvents(_ name: EventName, where isRemoved: (Listener) -> Bool) {
        guard let rest = self.events[name]?.filter({ !isRemoved($0) }) else { return }
        self.events[name] = rest.isEmpty ? nil : rest
    }

    /// Removes the handler of a token, wherever it was added.
    mutating func remove(_ token: HandlerToken) {
        for (name, listeners) in self.events where listeners.contains(where: { $0.token == token }) {
            return self.removeEvents(name) { $0.token == token }
        }
        self.others?.remove(token)
    }
}

/// The handlers of one socket that are no handlers of one event. Confined to the socket's event loop.
final class OtherListeners {
    // Unchecked: see LoopContext.
    @exclusivity(unchecked) var middleware: [EventMiddleware] = []
    @exclusivity(unchecked) var any: [Handler<AnyHandler>] = []
    @exclusivity(unchecked) var anyOutgoing: [Handler<AnyHandler>] = []
    @exclusivity(unchecked) var transportChanged: [Handler<@Sendable (TransportName) -> Void>] = []
    @exclusivity(unchecked) var reachabilityChanged: [Handler<@Sendable (_ isReachable: Bool) -> Void>] = []
    @exclusivity(unchecked) var disconnecting: [Handler<@Sendable (DisconnectReason) -> Void>] = []
    @exclusivity(unchecked) var disconnected: [Handler<DisconnectBody>] = []

    enum DisconnectBody: Sendable {
        case sync(@Sendable (DisconnectReason) -> Void)
        case async(@Sendable (DisconnectReason) async -> Void)
    }

    func remove(_ token: HandlerToken) {
        self.any.removeAll { $0.token == token }
        self.anyOutgoing.removeAll { $0.token == token }
        self.transportChanged.removeAll { $0.token == token }
        self.reachabilityChanged.removeAll { $0.token == token }
        self.disconnecting.removeAll { $0.token == token }
        self.disconnected.removeAll { $0.token == token }
    }
}

/// The handlers that were set on a namespace, for all sockets that join from then on. All of these sockets share one
/// object, so handlers cost no memory for each socket, and no time when a socket joins.
final class SharedListeners: Sendable {
    struct Handlers: Sendable {
        var events: [EventName: [Listener]] = [:]
        var middleware: [EventMiddleware] = []
        var any: [AnyBody] = []
        var disconnected: [DisconnectBody] = []
    }

    typealias AnyBody = @Sendable (_ socket: Socket, _ event: String, _ arguments: SocketArguments) -> Void

    enum DisconnectBody: Sendable {
        case sync(@Sendable (Socket, DisconnectReason) -> Void)
        case async(@Sendable (Socket, DisconnectReason) async -> Void)
    }

    private let handlers: Handlers

    init(_ handlers: Handlers = Handlers()) {
        self.handlers = handlers
    }

    var middleware: [EventMiddleware] { self.handlers.middleware }
    var any: [AnyBody] { self.handlers.any }
    var disconnected: [DisconnectBody] { self.handlers.disconnected }

    func changed(_ change: (inout Handlers) -> Void) -> SharedListeners {
        var handlers = self.handlers
        change(&handlers)
        return SharedListeners(handlers)
    }

    /// These handlers, then others.
    func followed(by others: SharedListeners) -> SharedListeners {
        self.changed { handlers in
            handlers.events.merge(others.handlers.events) { $0 + $1 }
            handlers.middleware += others.handlers.middleware
            handlers.any += others.handlers.any
            handlers.disconnected += others.handlers.disconnected
        }
    }

    var isEmpty: Bool {
        self.handlers.events.isEmpty && self.middleware.isEmpty && self.any.isEmpty && self.disconnected.isEmpty
    }

    subscript(_ event: EventName) -> [Listener] { self.handlers.events[event] ?? [] }
}
