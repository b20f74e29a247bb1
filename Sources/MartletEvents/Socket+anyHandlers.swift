// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import SocketIOWire

/// Handlers of all events, whatever their names.
extension Socket {
    /// Adds a handler that is called with every event of the client, before middleware and the handlers of the event,
    /// and also if there are none.
    @discardableResult
    public func onAny(_ handler: @escaping @Sendable (_ event: String, _ arguments: SocketArguments) -> Void)
        -> HandlerToken
    {
        self.add(handler) { $0.any.append($1) }
    }

    /// Adds a handler like ``onAny(_:)``, which is called before all handlers added so far.
    @discardableResult
    public func prependAny(_ handler: @escaping @Sendable (_ event: String, _ arguments: SocketArguments) -> Void)
        -> HandlerToken
    {
        self.add(handler) { $0.any.insert($1, at: 0) }
    }

    /// Adds a handler that is called with every event that is sent to the client, also by a broadcast.
    @discardableResult
    public func onAnyOutgoing(_ handler: @escaping @Sendable (_ event: String, _ arguments: SocketArguments) -> Void)
        -> HandlerToken
    {
        self.add(handler) { $0.anyOutgoing.append($1) }
    }

    /// Adds a handler like ``onAnyOutgoing(_:)``, which is called before all handlers added so far.
    @discardableResult
    public func prependAnyOutgoing(
        _ handler: @escaping @Sendable (_ event: String, _ arguments: SocketArguments) -> Void
    ) -> HandlerToken {
        self.add(handler) { $0.anyOutgoing.insert($1, at: 0) }
    }

    /// Removes all handlers of ``onAny(_:)`` and ``prependAny(_:)``.
    public func offAny() {
        self.onLoop { self.state.listeners.others?.any = [] }
    }

    /// Removes all handlers of ``onAnyOutgoing(_:)`` and ``prependAnyOutgoing(_:)``.
    public func offAnyOutgoing() {
        self.onLoop { self.state.listeners.others?.anyOutgoing = [] }
    }

    // MARK: On the loop

    /// Whether the socket has handlers that are called with what is sent to it.
    var hearsOutgoing: Bool { self.state.listeners.others?.anyOutgoing.isEmpty == false }

    func callAnyHandlers(_ event: ReceivedPacket) {
        let arguments = event.arguments(from: 0, for: self)
        for handler in self.sharedListeners.any { handler(self, event.name.string, arguments) }
        for handler in self.state.listeners.others?.any ?? [] { handler.body(event.name.string, arguments) }
    }

    /// The event is decoded again: only a socket with such handlers pays for them.
    func callOutgoingHandlers(_ packet: EncodedPacket) {
        guard let event = packet.decoded(by: self.core.codec), event.hasName else { return }
        let arguments = SocketArguments(event, from: 0, format: self.core.format)
        for handler in self.state.listeners.others?.anyOutgoing ?? [] { handler.body(event.name.string, arguments) }
    }
}
