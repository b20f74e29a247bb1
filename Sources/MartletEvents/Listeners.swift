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
    /// Whether there are ``anyOutgoing`` handlers: sending an event reads no more than this.
    private(set) var hearsOutgoing = false
    var events: [EventName: [Listener]] = [:]
    var middleware: [EventMiddleware] = []
    var any: [Handler<AnyHandler>] = []
    var anyOutgoing: [Handler<AnyHandler>] = [] {
        didSet { self.hearsOutgoing = !self.anyOutgoing.isEmpty }
    }
    var transportChanged: [Handler<@Sendable (TransportName) -> Void>] = []
    var disconnecting: [Handler<@Sendable (DisconnectReason) -> Void>] = []
    var disconnected: [Handler<DisconnectBody>] = []

    enum DisconnectBody: Sendable {
        case sync(@Sendable (DisconnectReason) -> Void)
        case async(@Sendable (DisconnectReason) async -> Void)
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
        self.any.removeAll { $0.token == token }
        self.anyOutgoing.removeAll { $0.token == token }
        self.transportChanged.removeAll { $0.token == token }
        self.disconnecting.removeAll { $0.token == token }
        self.disconnected.removeAll { $0.token == token }
    }
}

/// The handlers that were set on a namespace, for all sockets that join from then on. All of these sockets share one
/// object, so handlers cost no memory for each socket, and no time when a socket joins.
final class SharedListeners: Sendable {
    private let events: [EventName: [Listener]]
    let middleware: [EventMiddleware]

    init(events: [EventName: [Listener]] = [:], middleware: [EventMiddleware] = []) {
        self.events = events
        self.middleware = middleware
    }

    func adding(_ listener: Listener, _ event: EventName) -> SharedListeners {
        var events = self.events
        events[event, default: []].append(listener)
        return SharedListeners(events: events, middleware: self.middleware)
    }

    func adding(_ middleware: EventMiddleware) -> SharedListeners {
        SharedListeners(events: self.events, middleware: self.middleware + [middleware])
    }

    /// These handlers, then others.
    func followed(by others: SharedListeners) -> SharedListeners {
        SharedListeners(
            events: self.events.merging(others.events) { $0 + $1 },
            middleware: self.middleware + others.middleware
        )
    }

    var isEmpty: Bool { self.events.isEmpty && self.middleware.isEmpty }

    subscript(_ event: EventName) -> [Listener] { self.events[event] ?? [] }
}
