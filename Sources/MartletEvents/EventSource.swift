// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// What events come from together: all sockets of a ``SocketIOServer``'s namespace `/`, or of a ``Namespace``.
///
/// ```swift
/// io.on("say") { (socket: Socket, message: Message) in
///     socket.to("lobby").emit("said", message)
/// }
/// ```
///
/// A handler set here is one for all: it costs no memory for a socket, and no time when one joins, where one that is
/// set in a connection handler is made anew for every socket. It hears the sockets that join after it was set, so set it
/// before the server runs. It is called with the socket first, then as ``Socket`` describes it; handlers of the
/// namespace run before those of the socket.
public protocol EventSource {
    /// The namespace whose sockets' events are handled.
    var eventNamespace: Namespace { get }
}

extension EventSource {
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
