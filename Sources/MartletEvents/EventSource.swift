// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

public import MartletEngine

/// A group of sockets whose events are handled together: all sockets of a ``SocketIOServer``'s namespace `/`, or of a
/// ``Namespace``.
///
/// ```swift
/// io.on("say") { (socket: Socket, message: Message) in
///     socket.to("lobby").emit("said", message)
/// }
/// ```
///
/// A handler set here is shared by all sockets: it costs no memory for each socket, and no time when a socket joins. A
/// handler that is set in a connection handler is made anew for every socket. Only sockets that join after a handler
/// was set use it, so set handlers before the server runs. A handler is called with the socket first, then with the
/// arguments as ``Socket`` describes them. Handlers of the namespace run before handlers of the socket.
public protocol EventSource {
    /// The namespace whose sockets' events are handled.
    var eventNamespace: Namespace { get }
}

extension EventSource {
    /// Adds a handler that is called with every socket that has joined, on the socket's event loop. Set up the socket's
    /// event handlers here: the client's events come only when all connection handlers have returned.
    ///
    /// When a handler throws, the socket leaves again: its client, which knows that it has joined, is told of the end. An
    /// error other than `ConnectionRefused` is reported to ``SocketIOServer/onError(_:)``. To keep a client from joining,
    /// with a reason that it is told, throw in middleware: see `use`.
    public func onConnection(_ handler: @escaping @Sendable (Socket) throws -> Void) {
        _ = self.eventNamespace.add(.sync(handler))
    }

    /// Adds a handler that is called with every socket that has joined. The client's events wait until it returns. It is
    /// cancelled when the socket leaves before. Errors as above.
    public func onConnection(_ handler: @escaping @Sendable (Socket) async throws -> Void) {
        _ = self.eventNamespace.add(.async(handler))
    }

    /// Adds a handler that is called with every socket that has left, and why: see `Socket.onDisconnect(_:)`. It is called
    /// before the handlers of the socket.
    public func onDisconnect(_ handler: @escaping @Sendable (_ socket: Socket, _ reason: DisconnectReason) -> Void) {
        self.eventNamespace.change { $0.disconnected.append(.sync(handler)) }
    }

    /// Adds a handler that is called with every socket that has left, and why. Other handlers do not wait for this one.
    public func onDisconnect(
        _ handler: @escaping @Sendable (_ socket: Socket, _ reason: DisconnectReason) async -> Void
    ) {
        self.eventNamespace.change { $0.disconnected.append(.async(handler)) }
    }

    /// Adds a handler that is called with every event of any socket: see ``Socket/onAny(_:)``. It is called before the
    /// handlers of the socket.
    public func onAny(
        _ handler: @escaping @Sendable (_ socket: Socket, _ event: String, _ arguments: SocketArguments) -> Void
    ) {
        self.eventNamespace.change { $0.any.append(handler) }
    }

    /// Adds middleware, which decides whether a socket may join. Middleware that throws `ConnectionRefused` refuses
    /// the socket, and the client is told why. If middleware throws any other error, the client is told `Internal
    /// error`.
    ///
    /// Middleware runs in the order in which it was added, each after the one before has returned.
    public func use(_ middleware: @escaping @Sendable (Socket) async throws -> Void) {
        self.eventNamespace.add(middleware)
    }

    /// Handles an event of any socket.
    @inlinable
    public func on<each Argument: Decodable & Sendable>(
        _ event: Event<repeat each Argument>,
        _ handler: @escaping @Sendable (_ socket: Socket, repeat each Argument) throws -> Void
    ) {
        self.eventNamespace.add(.sync(handler), event.name)
    }

    /// Handles an event of any socket and acknowledges it with what the handler returns.
    @inlinable
    public func on<each Argument: Decodable & Sendable, Reply: Encodable & Sendable>(
        _ event: Event<repeat each Argument>,
        _ handler: @escaping @Sendable (_ socket: Socket, repeat each Argument) throws -> Reply
    ) {
        self.eventNamespace.add(.sync(handler), event.name)
    }

    /// Handles an event of any socket asynchronously.
    @inlinable
    public func on<each Argument: Decodable & Sendable>(
        _ event: Event<repeat each Argument>,
        _ handler: @escaping @Sendable (_ socket: Socket, repeat each Argument) async throws -> Void
    ) {
        self.eventNamespace.add(.async(handler), event.name)
    }

    /// Handles an event of any socket asynchronously and acknowledges it with what the handler returns.
    @inlinable
    public func on<each Argument: Decodable & Sendable, Reply: Encodable & Sendable>(
        _ event: Event<repeat each Argument>,
        _ handler: @escaping @Sendable (_ socket: Socket, repeat each Argument) async throws -> Reply
    ) {
        self.eventNamespace.add(.async(handler), event.name)
    }
}
