// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import SocketIOWire

/// Handling what comes in.
///
/// Handlers run on the socket's event loop, one at a time, in the order of the events. A synchronous handler runs the
/// moment the event comes. While an asynchronous one is suspended, later events of the same socket wait.
///
/// A handler takes any number of arguments, each of its own type; an Optional may be missing, arguments that it does
/// not take are ignored. ``SocketArgument`` takes one undecoded, ``SocketArguments`` all that are left. What a handler
/// returns is the acknowledgement, when the client asked for one; without a return value it is acknowledged with
/// nothing once all handlers of the event are done. When it throws, or the arguments are not what it takes, the
/// acknowledgement carries `{"error":{"message":…}}` (see ``EventError``), and ``SocketIOServer/onError(_:)`` hears of it.
///
/// A handler that is the same for all sockets is better given to their namespace, once: see ``EventSource``.
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

    /// Sees every event, before its handlers, whether it has some or not.
    public func onAny(_ handler: @escaping @Sendable (_ event: String, _ arguments: SocketArguments) -> Void) {
        self.onLoop {
            guard self.phase != .disconnected else { return }
            self.state.listeners.any.append(handler)
        }
    }

    /// Forgets the handlers of an event.
    /// - Parameter event: the event's name.
    public func off(_ event: String) {
        self.onLoop { self.state.listeners.events[EventName(event)] = nil }
    }

    /// Forgets the handlers of all events; those of the disconnect stay.
    public func off() {
        self.onLoop {
            self.state.listeners.events = [:]
            self.state.listeners.any = []
        }
    }

    @usableFromInline
    func add(_ listener: Listener, _ event: String) {
        self.onLoop {
            // A handler keeps what it captures, often the socket itself; after the end nobody would let go of it.
            guard self.phase != .disconnected else { return }
            self.state.listeners.events[EventName(event), default: []].append(listener)
        }
    }
}
