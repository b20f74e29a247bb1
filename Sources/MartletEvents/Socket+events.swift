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
/// handler returns. An event whose handlers return no value is acknowledged without arguments once all of its handlers
/// are done. When a handler throws, or an argument cannot be decoded as the type that the handler takes, the
/// acknowledgement carries `{"error":{"message":…}}` (see ``EventError``), and the error is reported to
/// ``SocketIOServer/onError(_:)``.
///
/// A handler that is the same for all sockets is better set once, on their namespace: see ``EventSource``.
extension Socket {
    /// Handles an event.
    @inlinable
    public func on<each Argument: Decodable & Sendable>(
        _ event: Event<repeat each Argument>,
        _ handler: @escaping @Sendable (repeat each Argument) throws -> Void
    ) {
        self.add(.sync(ofSocket: handler), event.name)
    }

    /// Handles an event and acknowledges it with what the handler returns.
    @inlinable
    public func on<each Argument: Decodable & Sendable, Reply: Encodable & Sendable>(
        _ event: Event<repeat each Argument>,
        _ handler: @escaping @Sendable (repeat each Argument) throws -> Reply
    ) {
        self.add(.sync(ofSocket: handler), event.name)
    }

    /// Handles an event asynchronously.
    @inlinable
    public func on<each Argument: Decodable & Sendable>(
        _ event: Event<repeat each Argument>,
        _ handler: @escaping @Sendable (repeat each Argument) async throws -> Void
    ) {
        self.add(.async(ofSocket: handler), event.name)
    }

    /// Handles an event asynchronously and acknowledges it with what the handler returns.
    @inlinable
    public func on<each Argument: Decodable & Sendable, Reply: Encodable & Sendable>(
        _ event: Event<repeat each Argument>,
        _ handler: @escaping @Sendable (repeat each Argument) async throws -> Reply
    ) {
        self.add(.async(ofSocket: handler), event.name)
    }

    /// Handles the next event of this name only.
    @inlinable
    public func once<each Argument: Decodable & Sendable>(
        _ event: Event<repeat each Argument>,
        _ handler: @escaping @Sendable (repeat each Argument) throws -> Void
    ) {
        self.add(.sync(ofSocket: handler).once(), event.name)
    }

    /// Handles the next event of this name only, and acknowledges it with what the handler returns.
    @inlinable
    public func once<each Argument: Decodable & Sendable, Reply: Encodable & Sendable>(
        _ event: Event<repeat each Argument>,
        _ handler: @escaping @Sendable (repeat each Argument) throws -> Reply
    ) {
        self.add(.sync(ofSocket: handler).once(), event.name)
    }

    /// Handles the next event of this name only, asynchronously.
    @inlinable
    public func once<each Argument: Decodable & Sendable>(
        _ event: Event<repeat each Argument>,
        _ handler: @escaping @Sendable (repeat each Argument) async throws -> Void
    ) {
        self.add(.async(ofSocket: handler).once(), event.name)
    }

    /// Handles the next event of this name only, asynchronously, and acknowledges it with what the handler returns.
    @inlinable
    public func once<each Argument: Decodable & Sendable, Reply: Encodable & Sendable>(
        _ event: Event<repeat each Argument>,
        _ handler: @escaping @Sendable (repeat each Argument) async throws -> Reply
    ) {
        self.add(.async(ofSocket: handler).once(), event.name)
    }

    /// Adds a handler that is called with every event, before the handlers of the event, and also if there are none.
    public func onAny(_ handler: @escaping @Sendable (_ event: String, _ arguments: SocketArguments) -> Void) {
        self.onLoop {
            guard self.phase != .disconnected else { return }
            self.state.listeners.any.append(handler)
        }
    }

    /// Removes this socket's handlers of an event.
    /// - Parameter event: the event's name.
    public func off(_ event: String) {
        self.onLoop { self.state.listeners.events[EventName(event)] = nil }
    }

    /// Removes this socket's handlers of all events, `onAny` handlers too; handlers of the disconnect stay.
    public func off() {
        self.onLoop {
            self.state.listeners.events = [:]
            self.state.listeners.any = []
        }
    }

    @usableFromInline
    func add(_ listener: Listener, _ event: String) {
        self.onLoop {
            // A handler retains what it captures, often the socket itself. After the disconnect nothing would release
            // it.
            guard self.phase != .disconnected else { return }
            self.state.listeners.events[EventName(event), default: []].append(listener)
        }
    }
}
