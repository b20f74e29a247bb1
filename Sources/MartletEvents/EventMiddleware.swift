// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// Decides about each event of a socket before the event's handlers.
enum EventMiddleware: Sendable {
    case sync(@Sendable (Socket, _ event: String, _ arguments: SocketArguments) throws -> Void)
    case async(@Sendable (Socket, _ event: String, _ arguments: SocketArguments) async throws -> Void)
}

/// Middleware for events: it is called with each event after ``onAny(_:)`` handlers and before the event's handlers,
/// middleware of the namespace first, in the order in which it was added. When it throws, the event reaches no later
/// middleware and no handler; the error is treated as one of a handler (see ``EventError``).
extension Socket {
    /// Adds middleware for this socket's events.
    public func use(_ middleware: @escaping @Sendable (_ event: String, _ arguments: SocketArguments) throws -> Void) {
        self.add(.sync { _, event, arguments in try middleware(event, arguments) })
    }

    /// Adds middleware for this socket's events. While it is suspended, later events of the socket wait.
    public func use(
        _ middleware: @escaping @Sendable (_ event: String, _ arguments: SocketArguments) async throws -> Void
    ) {
        self.add(.async { _, event, arguments in try await middleware(event, arguments) })
    }

    private func add(_ middleware: EventMiddleware) {
        self.onLoop {
            guard self.phase != .disconnected else { return }
            self.state.listeners.makeOthers().middleware.append(middleware)
        }
    }
}

extension EventSource {
    /// Adds middleware for the events of all sockets that join from now on; see `Socket.use`.
    public func use(
        _ middleware:
            @escaping @Sendable (_ socket: Socket, _ event: String, _ arguments: SocketArguments) throws -> Void
    ) {
        self.eventNamespace.change { $0.middleware.append(.sync(middleware)) }
    }

    /// Adds middleware for the events of all sockets that join from now on; see `Socket.use`. While it is
    /// suspended, later events of the socket wait.
    public func use(
        _ middleware:
            @escaping @Sendable (_ socket: Socket, _ event: String, _ arguments: SocketArguments) async throws -> Void
    ) {
        self.eventNamespace.change { $0.middleware.append(.async(middleware)) }
    }
}
