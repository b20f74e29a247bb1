// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

public import MartletShared
internal import SocketIOWire

/// Handlers of all events, whatever their names.
extension ClientSocket {
    /// Adds a handler that is called with every event of the server, before the handlers of the event, and also if there
    /// are none.
    @discardableResult
    public func onAny(
        _ handler: @escaping @Sendable (_ event: String, _ arguments: SocketArguments) -> Void
    ) -> HandlerToken {
        self.add(handler) { $0.any.append(($1, $2)) }
    }

    /// Adds a handler like ``onAny(_:)``, which is called before all handlers added so far.
    @discardableResult
    public func prependAny(
        _ handler: @escaping @Sendable (_ event: String, _ arguments: SocketArguments) -> Void
    ) -> HandlerToken {
        self.add(handler) { $0.any.insert(($1, $2), at: 0) }
    }

    /// Adds a handler that is called with every event that is sent to the server; with one that waits for the connection,
    /// when it is sent.
    @discardableResult
    public func onAnyOutgoing(
        _ handler: @escaping @Sendable (_ event: String, _ arguments: SocketArguments) -> Void
    ) -> HandlerToken {
        self.add(handler) { $0.anyOutgoing.append(($1, $2)) }
    }

    /// Adds a handler like ``onAnyOutgoing(_:)``, which is called before all handlers added so far.
    @discardableResult
    public func prependAnyOutgoing(
        _ handler: @escaping @Sendable (_ event: String, _ arguments: SocketArguments) -> Void
    ) -> HandlerToken {
        self.add(handler) { $0.anyOutgoing.insert(($1, $2), at: 0) }
    }

    /// Removes all handlers of ``onAny(_:)`` and ``prependAny(_:)``.
    public func offAny() {
        self.manager.onLoop { self.listeners.any = [] }
    }

    /// Removes all handlers of ``onAnyOutgoing(_:)`` and ``prependAnyOutgoing(_:)``.
    public func offAnyOutgoing() {
        self.manager.onLoop { self.listeners.anyOutgoing = [] }
    }

    private func add(
        _ handler: @escaping ClientListeners.AnyHandler,
        _ change:
            @escaping @Sendable (inout ClientListeners, HandlerToken, @escaping ClientListeners.AnyHandler) -> Void
    ) -> HandlerToken {
        let token = HandlerToken()
        self.manager.onLoop {
            if !self.manager.isClosed { change(&self.listeners, token, handler) }
        }
        return token
    }

    // MARK: On the loop

    /// The event is decoded again: only a socket with such handlers pays for them.
    func callOutgoingHandlers(_ packet: EncodedPacket) {
        guard let event = packet.decoded(by: self.manager.codec), event.hasName else { return }
        let arguments = SocketArguments(event)
        for handler in self.listeners.anyOutgoing { handler.body(event.name.string, arguments) }
    }
}
