// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import SocketIOWire

/// Handling the client's events.
///
/// Handlers run on the socket's event loop, one at a time, in the order of the events. A synchronous handler runs the
/// moment the event comes. While an asynchronous one is suspended, later events of the same socket wait.
///
/// A handler takes any number of arguments, each of its own type. An argument of Optional type may be missing;
/// arguments that the handler does not take are ignored. ``SocketArgument`` takes one argument undecoded,
/// ``SocketArguments`` all remaining ones. If the client asked for an acknowledgement, it gets the value that the
/// handler returns; an event has one handler that returns a value, and a second one is reported to
/// ``SocketIOServer/onError(_:)`` instead of being added. An event whose handlers return no value is acknowledged without arguments once all of its handlers
/// are done. When a handler throws, or an argument cannot be decoded as the type that the handler takes, the
/// acknowledgement carries `{"error":{…}}` (see ``EventError``), and the error is reported to
/// ``SocketIOServer/onError(_:)``.
///
/// A handler that is the same for all sockets is better set once, on their namespace: see ``EventSource``.
extension Socket {
    /// Handles an event.
    @inlinable
    @discardableResult
    public func on<each Argument: Decodable & Sendable>(
        _ event: Event<repeat each Argument>,
        _ handler: @escaping @Sendable (repeat each Argument) throws -> Void
    ) -> HandlerToken {
        self.add(.sync(ofSocket: handler), event.name)
    }

    /// Handles an event and acknowledges it with what the handler returns.
    @inlinable
    @discardableResult
    public func on<each Argument: Decodable & Sendable, Reply: Encodable & Sendable>(
        _ event: Event<repeat each Argument>,
        _ handler: @escaping @Sendable (repeat each Argument) throws -> Reply
    ) -> HandlerToken {
        self.add(.sync(ofSocket: handler), event.name)
    }

    /// Handles an event asynchronously.
    @inlinable
    @discardableResult
    public func on<each Argument: Decodable & Sendable>(
        _ event: Event<repeat each Argument>,
        _ handler: @escaping @Sendable (repeat each Argument) async throws -> Void
    ) -> HandlerToken {
        self.add(.async(ofSocket: handler), event.name)
    }

    /// Handles an event asynchronously and acknowledges it with what the handler returns.
    @inlinable
    @discardableResult
    public func on<each Argument: Decodable & Sendable, Reply: Encodable & Sendable>(
        _ event: Event<repeat each Argument>,
        _ handler: @escaping @Sendable (repeat each Argument) async throws -> Reply
    ) -> HandlerToken {
        self.add(.async(ofSocket: handler), event.name)
    }

    /// Handles the next event of this name only.
    @inlinable
    @discardableResult
    public func once<each Argument: Decodable & Sendable>(
        _ event: Event<repeat each Argument>,
        _ handler: @escaping @Sendable (repeat each Argument) throws -> Void
    ) -> HandlerToken {
        self.add(.sync(ofSocket: handler).once(), event.name)
    }

    /// Handles the next event of this name only, and acknowledges it with what the handler returns.
    @inlinable
    @discardableResult
    public func once<each Argument: Decodable & Sendable, Reply: Encodable & Sendable>(
        _ event: Event<repeat each Argument>,
        _ handler: @escaping @Sendable (repeat each Argument) throws -> Reply
    ) -> HandlerToken {
        self.add(.sync(ofSocket: handler).once(), event.name)
    }

    /// Handles the next event of this name only, asynchronously.
    @inlinable
    @discardableResult
    public func once<each Argument: Decodable & Sendable>(
        _ event: Event<repeat each Argument>,
        _ handler: @escaping @Sendable (repeat each Argument) async throws -> Void
    ) -> HandlerToken {
        self.add(.async(ofSocket: handler).once(), event.name)
    }

    /// Handles the next event of this name only, asynchronously, and acknowledges it with what the handler returns.
    @inlinable
    @discardableResult
    public func once<each Argument: Decodable & Sendable, Reply: Encodable & Sendable>(
        _ event: Event<repeat each Argument>,
        _ handler: @escaping @Sendable (repeat each Argument) async throws -> Reply
    ) -> HandlerToken {
        self.add(.async(ofSocket: handler).once(), event.name)
    }

    /// Removes one handler of this socket, of whatever kind. It is not called for any event that comes later.
    public func off(_ handler: HandlerToken) {
        self.onLoop { self.state.listeners.remove(handler) }
    }

    /// Removes this socket's handlers of an event.
    /// - Parameter event: the event's name.
    public func off(_ event: String) {
        self.onLoop { self.state.listeners.events[EventName(event)] = nil }
    }

    /// Removes this socket's handlers of all events; see also ``offAny()``.
    public func off() {
        self.onLoop { self.state.listeners.events = [:] }
    }

    @usableFromInline
    func add(_ listener: Listener, _ event: String) -> HandlerToken {
        self.onLoop {
            // A handler retains what it captures, often the socket itself. After the disconnect nothing would release
            // it.
            guard self.phase != .disconnected else { return }
            let name = EventName(event)
            let others = self.sharedListeners[name] + (self.state.listeners.events[name] ?? [])
            if listener.answers, others.contains(where: \.answers) {
                return self.core.report(HandlerFailure(error: SecondAnswer(), socket: self, event: event))
            }
            self.state.listeners.events[name, default: []].append(listener)
        }
        return listener.token
    }

    func add<Body>(
        _ body: Body,
        _ insert: @escaping @Sendable (OtherListeners, Handler<Body>) -> Void
    ) -> HandlerToken {
        let handler = Handler(token: HandlerToken(), body: body)
        self.onLoop {
            guard self.phase != .disconnected else { return }
            insert(self.state.listeners.makeOthers(), handler)
        }
        return handler.token
    }
}
