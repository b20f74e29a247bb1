// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// One handler of an event: it decodes the arguments that the handler takes, and acknowledges the event when the
/// handler returns a value.
@usableFromInline
struct Listener: Sendable {
    @usableFromInline
    enum Body: Sendable {
        /// - Returns: whether the event was acknowledged.
        case sync(@Sendable (Socket, ReceivedPacket) throws -> Bool)
        case async(@Sendable (Socket, ReceivedPacket) async throws -> Bool)
    }

    let body: Body
    /// Whether it acknowledges events with a value. An event has one such handler.
    let answers: Bool
    let isOnce: Bool
    let token = HandlerToken()

    @usableFromInline
    init(answers: Bool, body: Body, isOnce: Bool = false) {
        self.body = body
        self.answers = answers
        self.isOnce = isOnce
    }

    @usableFromInline
    func once() -> Listener {
        Listener(answers: self.answers, body: self.body, isOnce: true)
    }
}

extension Listener {
    @inlinable
    static func sync<each Argument: Decodable & Sendable>(
        _ handler: @escaping @Sendable (Socket, repeat each Argument) throws -> Void
    ) -> Listener {
        Listener(
            answers: false,
            body: .sync { socket, event in
                var index = 0
                try handler(socket, repeat event.read((each Argument).self, at: &index, for: socket))
                return false
            }
        )
    }

    @inlinable
    static func sync<each Argument: Decodable & Sendable, Reply: Encodable & Sendable>(
        _ handler: @escaping @Sendable (Socket, repeat each Argument) throws -> Reply
    ) -> Listener {
        Listener(
            answers: true,
            body: .sync { socket, event in
                var index = 0
                let reply = try handler(socket, repeat event.read((each Argument).self, at: &index, for: socket))
                try socket.acknowledge(event, with: reply)
                return true
            }
        )
    }

    @inlinable
    static func async<each Argument: Decodable & Sendable>(
        _ handler: @escaping @Sendable (Socket, repeat each Argument) async throws -> Void
    ) -> Listener {
        Listener(
            answers: false,
            body: .async { socket, event in
                var index = 0
                let arguments = (repeat try event.read((each Argument).self, at: &index, for: socket))
                try await handler(socket, repeat each arguments)
                return false
            }
        )
    }

    @inlinable
    static func async<each Argument: Decodable & Sendable, Reply: Encodable & Sendable>(
        _ handler: @escaping @Sendable (Socket, repeat each Argument) async throws -> Reply
    ) -> Listener {
        Listener(
            answers: true,
            body: .async { socket, event in
                var index = 0
                let arguments = (repeat try event.read((each Argument).self, at: &index, for: socket))
                let reply = try await handler(socket, repeat each arguments)
                try socket.acknowledge(event, with: reply)
                return true
            }
        )
    }
}

/// Handlers of one socket, which do not take the socket as an argument.
extension Listener {
    @inlinable
    static func sync<each Argument: Decodable & Sendable>(
        ofSocket handler: @escaping @Sendable (repeat each Argument) throws -> Void
    ) -> Listener {
        Listener(
            answers: false,
            body: .sync { socket, event in
                var index = 0
                try handler(repeat event.read((each Argument).self, at: &index, for: socket))
                return false
            }
        )
    }

    @inlinable
    static func sync<each Argument: Decodable & Sendable, Reply: Encodable & Sendable>(
        ofSocket handler: @escaping @Sendable (repeat each Argument) throws -> Reply
    ) -> Listener {
        Listener(
            answers: true,
            body: .sync { socket, event in
                var index = 0
                let reply = try handler(repeat event.read((each Argument).self, at: &index, for: socket))
                try socket.acknowledge(event, with: reply)
                return true
            }
        )
    }

    @inlinable
    static func async<each Argument: Decodable & Sendable>(
        ofSocket handler: @escaping @Sendable (repeat each Argument) async throws -> Void
    ) -> Listener {
        Listener(
            answers: false,
            body: .async { socket, event in
                var index = 0
                let arguments = (repeat try event.read((each Argument).self, at: &index, for: socket))
                try await handler(repeat each arguments)
                return false
            }
        )
    }

    @inlinable
    static func async<each Argument: Decodable & Sendable, Reply: Encodable & Sendable>(
        ofSocket handler: @escaping @Sendable (repeat each Argument) async throws -> Reply
    ) -> Listener {
        Listener(
            answers: true,
            body: .async { socket, event in
                var index = 0
                let arguments = (repeat try event.read((each Argument).self, at: &index, for: socket))
                let reply = try await handler(repeat each arguments)
                try socket.acknowledge(event, with: reply)
                return true
            }
        )
    }
}
