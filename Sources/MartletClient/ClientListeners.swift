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
    /// Whether it acknowledges events with a value. An event has one such handler.
    let answers: Bool
    var isOnce = false
    let token = HandlerToken()

    func once() -> ClientListener {
        var listener = self
        listener.isOnce = true
        return listener
    }
}

extension ClientListener {
    static func sync<each Argument: Decodable & Sendable>(
        _ handler: @escaping @Sendable (repeat each Argument) throws -> Void
    ) -> ClientListener {
        ClientListener(
            body: .sync { event in
                var index = 0
                try handler(repeat event.read((each Argument).self, at: &index))
                return nil
            },
            answers: false)
    }

    static func sync<each Argument: Decodable & Sendable, Reply: Encodable & Sendable>(
        replying handler: @escaping @Sendable (repeat each Argument) throws -> Reply
    ) -> ClientListener {
        ClientListener(
            body: .sync { event in
                var index = 0
                return try handler(repeat event.read((each Argument).self, at: &index))
            },
            answers: true)
    }

    static func async<each Argument: Decodable & Sendable>(
        _ handler: @escaping @Sendable (repeat each Argument) async throws -> Void
    ) -> ClientListener {
        ClientListener(
            body: .async { event in
                var index = 0
                let arguments = (repeat try event.read((each Argument).self, at: &index))
                try await handler(repeat each arguments)
                return nil
            },
            answers: false)
    }

    static func async<each Argument: Decodable & Sendable, Reply: Encodable & Sendable>(
        replying handler: @escaping @Sendable (repeat each Argument) async throws -> Reply
    ) -> ClientListener {
        ClientListener(
            body: .async { event in
                var index = 0
                let arguments = (repeat try event.read((each Argument).self, at: &index))
                return try await handler(repeat each arguments)
            },
            answers: true)
    }
}

/// The handlers that were set on one socket.
struct ClientListeners {
    typealias AnyHandler = @Sendable (_ event: String, _ arguments: SocketArguments) -> Void

    var events: [EventName: [ClientListener]] = [:]
    var any: [(token: HandlerToken, body: AnyHandler)] = []
    var anyOutgoing: [(token: HandlerToken, body: AnyHandler)] = []

    /// - Returns: false for a second handler that would answer the event: it is not added.
    mutating func add(_ listener: ClientListener, _ name: EventName) -> Bool {
        if listener.answers, self.events[name]?.contains(where: \.answers) == true { return false }
        self.events[name, default: []].append(listener)
        return true
    }

    /// The handlers to call for an event now. Handlers for one event only are removed.
    mutating func take(_ name: EventName) -> [ClientListener] {
        guard let found = self.events[name] else { return [] }
        if found.contains(where: \.isOnce) { self.remove(name, where: \.isOnce) }
        return found
    }

    mutating func remove(_ token: HandlerToken) {
        for name in Array(self.events.keys) { self.remove(name) { $0.token == token } }
        self.any.removeAll { $0.token == token }
        self.anyOutgoing.removeAll { $0.token == token }
    }

    private mutating func remove(_ name: EventName, where isRemoved: (ClientListener) -> Bool) {
        let rest = self.events[name]?.filter { !isRemoved($0) } ?? []
        self.events[name] = rest.isEmpty ? nil : rest
    }
}
