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
/// One handler of an event may return a value: a second one is reported to ``SocketIOClient/onError(_:)``, and not added.
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
        self.add(.sync(handler), event.name)
    }

    /// Handles an event and acknowledges it with what the handler returns.
    @discardableResult
    public func on<each Argument: Decodable & Sendable, Reply: Encodable & Sendable>(
        _ event: Event<repeat each Argument>, _ handler: @escaping @Sendable (repeat each Argument) throws -> Reply
    ) -> HandlerToken {
        self.add(.sync(replying: handler), event.name)
    }

    /// Handles an event asynchronously.
    @discardableResult
    public func on<each Argument: Decodable & Sendable>(
        _ event: Event<repeat each Argument>,
        _ handler: @escaping @Sendable (repeat each Argument) async throws -> Void
    ) -> HandlerToken {
        self.add(.async(handler), event.name)
    }

    /// Handles an event asynchronously and acknowledges it with what the handler returns.
    @discardableResult
    public func on<each Argument: Decodable & Sendable, Reply: Encodable & Sendable>(
        _ event: Event<repeat each Argument>,
        _ handler: @escaping @Sendable (repeat each Argument) async throws -> Reply
    ) -> HandlerToken {
        self.add(.async(replying: handler), event.name)
    }

    /// Handles the next event of this name only.
    @discardableResult
    public func once<each Argument: Decodable & Sendable>(
        _ event: Event<repeat each Argument>, _ handler: @escaping @Sendable (repeat each Argument) throws -> Void
    ) -> HandlerToken {
        self.add(.sync(handler).once(), event.name)
    }

    /// Handles the next event of this name only, and acknowledges it with what the handler returns.
    @discardableResult
    public func once<each Argument: Decodable & Sendable, Reply: Encodable & Sendable>(
        _ event: Event<repeat each Argument>, _ handler: @escaping @Sendable (repeat each Argument) throws -> Reply
    ) -> HandlerToken {
        self.add(.sync(replying: handler).once(), event.name)
    }

    /// Handles the next event of this name only, asynchronously.
    @discardableResult
    public func once<each Argument: Decodable & Sendable>(
        _ event: Event<repeat each Argument>,
        _ handler: @escaping @Sendable (repeat each Argument) async throws -> Void
    ) -> HandlerToken {
        self.add(.async(handler).once(), event.name)
    }

    /// Handles the next event of this name only, asynchronously, and acknowledges it with what the handler returns.
    @discardableResult
    public func once<each Argument: Decodable & Sendable, Reply: Encodable & Sendable>(
        _ event: Event<repeat each Argument>,
        _ handler: @escaping @Sendable (repeat each Argument) async throws -> Reply
    ) -> HandlerToken {
        self.add(.async(replying: handler).once(), event.name)
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

    /// Removes all handlers of all events; see also ``offAny()``.
    public func off() {
        self.manager.onLoop { self.listeners.events = [:] }
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
            let token = self.add(.async(push), event.name)
            return { self.off(token) }
        }
    }

    private func add(_ listener: ClientListener, _ event: String) -> HandlerToken {
        self.manager.onLoop {
            guard !self.manager.isClosed, !self.listeners.add(listener, EventName(event)) else { return }
            self.manager.report(SecondAnswer(), event)
        }
        return listener.token
    }
}
