// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletShared
internal import SocketIOWire

/// One handler of an event.
struct ClientListener: Sendable {
    enum Body: Sendable {
        /// - Returns: the event's answer; nil for none of its own.
        case sync(@Sendable (ReceivedEvent) throws -> (any Encodable & Sendable)?)
        case async(@Sendable (ReceivedEvent) async throws -> (any Encodable & Sendable)?)
    }

    let body: Body
    let isOnce: Bool
    let token = HandlerToken()
}

/// The handlers that were set on one socket.
struct ClientListeners {
    typealias AnyHandler = @Sendable (_ event: String, _ arguments: SocketArguments) -> Void

    var events: [EventName: [ClientListener]] = [:]
    var any: [(token: HandlerToken, body: AnyHandler)] = []

    /// The handlers to call for an event now. Handlers for one event only are removed.
    mutating func take(_ name: EventName) -> [ClientListener] {
        guard let found = self.events[name] else { return [] }
        if found.contains(where: \.isOnce) { self.remove(name, where: \.isOnce) }
        return found
    }

    mutating func remove(_ token: HandlerToken) {
        for name in Array(self.events.keys) { self.remove(name) { $0.token == token } }
        self.any.removeAll { $0.token == token }
    }

    private mutating func remove(_ name: EventName, where isRemoved: (ClientListener) -> Bool) {
        let rest = self.events[name]?.filter { !isRemoved($0) } ?? []
        self.events[name] = rest.isEmpty ? nil : rest
    }
}
