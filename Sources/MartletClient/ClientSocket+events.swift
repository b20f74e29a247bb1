// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

public import MartletShared
internal import SocketIOWire

/// Handling the server's events.
///
/// A handler takes any number of arguments, each of its own type. An argument of Optional type may be missing; arguments
/// that the handler does not take are ignored. `SocketArgument` takes one argument undecoded, `SocketArguments` all
/// remaining ones. If the server asked for an acknowledgement, it gets the value that the handler returns, or no value.
/// When a handler throws, or an argument cannot be decoded, the acknowledgement carries `{"error":{"message":…}}` (see
/// `EventError`), and the error is reported to ``SocketIOClient/onError(_:)``.
///
/// A synchronous handler runs the moment the event comes. While an asynchronous one is suspended, later events of the
/// same socket wait; when many do, the connection is not read any more
/// (``SocketIOClientConfiguration/maxWaitingEvents``).
extension ClientSocket {
    /// Handles an event.
    @discardableResult
    public func on<each Argument: Decodable & Sendable>(
        _ event: Event<repeat each Argument>, _ handler: @escaping @Sendable (repeat each Argument) throws -> Void
    ) -> HandlerToken {
        self.add(event.name, Self.body(handler))
    }

    /// Handles an event and acknowledges it with what the handler returns.
    @discardableResult
    public func on<each Argument: Decodable & Sendable, Reply: Encodable & Sendable>(
        _ event: Event<repeat each Argument>, _ handler: @escaping @Sendable (repeat each Argument) throws -> Reply
    ) -> HandlerToken {
        self.add(event.name, Self.body(replying: handler))
    }

    /// Handles an event asynchronously.
    @discardableResult
    public func on<each Argument: Decodable & Sendable>(
        _ event: Event<repeat each Argument>,
        _ handler: @escaping @Sendable (repeat each Argument) async throws -> Void
    ) -> HandlerToken {
        self.add(event.name, Self.body(suspending: handler))
    }

    /// Handles an event asynchronously and acknowledges it with what the handler returns.
    @discardableResult
    public func on<each Argument: Decodable & Sendable, Reply: Encodable & Sendable>(
        _ event: Event<repeat each Argument>,
        _ handler: @escaping @Sendable (repeat each Argument) async throws -> Reply
    ) -> HandlerToken {
        self.add(event.name, Self.body(suspendingReplying: handler))
    }

    /// Handles the next event of this name only.
    @discardableResult
    public func once<each Argument: Decodable & Sendable>(
        _ event: Event<repeat each Argument>, _ handler: @escaping @Sendable (repeat each Argument) throws -> Void
    ) -> HandlerToken {
        self.add(event.name, Self.body(handler), isOnce: true)
    }

    /// Adds a handler that is called with every event of the server, before the handlers of the event, and also if there
    /// are none.
    @discardableResult
    public func onAny(
        _ handler: @escaping @Sendable (_ event: String, _ arguments: SocketArguments) -> Void
    ) -> HandlerToken {
        let token = HandlerToken()
        self.manager.onLoop { self.listeners.any.append((token, handler)) }
        return token
    }

    /// Removes one handler, of whatever kind.
    public func off(_ handler: HandlerToken) {
        self.manager.onLoop { self.listeners.remove(handler) }
    }

    /// Removes all handlers of an event.
    /// - Parameter event: the event's name.
    public func off(_ event: String) {
        self.manager.onLoop { self.listeners.events[EventName(event)] = nil }
    }

    /// The events of one name, from now on, also those of later connections. The server's answer, if it asked for one, is
    /// empty.
    /// - Parameters:
    ///   - event: the event.
    ///   - limit: how many events may wait for the task. While more wait, the socket's later events wait too.
    public func events<each Argument: Decodable & Sendable>(
        _ event: Event<repeat each Argument>, limit: Int = 16
    ) -> EventSequence<(repeat each Argument)> {
        EventSequence(limit: limit) { producer in
            @Sendable func push(_ argument: repeat each Argument) async { await producer.push((repeat each argument)) }
            let token = self.add(event.name, Self.body(suspending: push))
            return { self.off(token) }
        }
    }

    // MARK: Listeners

    private func add(_ event: String, _ body: ClientListener.Body, isOnce: Bool = false) -> HandlerToken {
        let listener = ClientListener(body: body, isOnce: isOnce)
        self.manager.onLoop { self.listeners.events[EventName(event), default: []].append(listener) }
        return listener.token
    }

    private static func body<each Argument: Decodable & Sendable>(
        _ handler: @escaping @Sendable (repeat each Argument) throws -> Void
    ) -> ClientListener.Body {
        .sync { event in
            var index = 0
            try handler(repeat event.read((each Argument).self, at: &index))
            return nil
        }
    }

    private static func body<each Argument: Decodable & Sendable, Reply: Encodable & Sendable>(
        replying handler: @escaping @Sendable (repeat each Argument) throws -> Reply
    ) -> ClientListener.Body {
        .sync { event in
            var index = 0
            return try handler(repeat event.read((each Argument).self, at: &index))
        }
    }

    private static func body<each Argument: Decodable & Sendable>(
        suspending handler: @escaping @Sendable (repeat each Argument) async throws -> Void
    ) -> ClientListener.Body {
        .async { event in
            var index = 0
            let arguments = (repeat try event.read((each Argument).self, at: &index))
            try await handler(repeat each arguments)
            return nil
        }
    }

    private static func body<each Argument: Decodable & Sendable, Reply: Encodable & Sendable>(
        suspendingReplying handler: @escaping @Sendable (repeat each Argument) async throws -> Reply
    ) -> ClientListener.Body {
        .async { event in
            var index = 0
            let arguments = (repeat try event.read((each Argument).self, at: &index))
            return try await handler(repeat each arguments)
        }
    }
}
