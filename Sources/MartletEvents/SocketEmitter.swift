// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// Sends events to a socket's client in another way than by default. An emitter is a value: each of its modifiers
/// returns a changed copy.
///
/// ```swift
/// socket.compress(false).volatile.emit("position", x, y)
/// ```
public struct SocketEmitter: Sendable {
    @usableFromInline let socket: Socket
    @usableFromInline private(set) var flags = EmitFlags()
    /// See ``latest(of:)``.
    @usableFromInline private(set) var latestKey: String?

    init(_ socket: Socket) {
        self.socket = socket
    }

    private func with(_ change: (inout SocketEmitter) -> Void) -> SocketEmitter {
        var changed = self
        change(&changed)
        return changed
    }

    /// Drops events while the client lags behind; see ``SocketIOConfiguration/volatileLimit``.
    public var volatile: SocketEmitter { self.with { $0.flags.isVolatile = true } }

    /// Whether transports may compress events, as they may by default where compression is on. Without compression,
    /// an event that is compressed already costs no time, and one that has secrets beside a peer's text tells nothing
    /// by its size.
    public func compress(_ compresses: Bool) -> SocketEmitter { self.with { $0.flags.compresses = compresses } }

    /// Replaces the event of the same key that waits for the client; see ``Socket/latest(of:)``. No question is asked this
    /// way.
    public func latest(of key: String) -> SocketEmitter { self.with { $0.latestKey = key } }

    /// Sends an event to the client; see `Socket.emit`.
    @inlinable
    public func emit<each Argument: Encodable & Sendable>(
        _ event: Event<repeat each Argument>,
        _ arguments: repeat each Argument
    ) {
        if let key = self.latestKey { return self.emit(event, repeat each arguments, latestOf: key) }
        guard let packet = self.socket.beginEvent(event.name, self.flags) else { return }
        repeat packet.append(each arguments)
        self.socket.send(packet, event: event.name, self.flags)
    }

    @usableFromInline
    func emit<each Argument: Encodable & Sendable>(
        _ event: Event<repeat each Argument>,
        _ arguments: repeat each Argument,
        latestOf key: String
    ) {
        let socket = self.socket
        do {
            let packet = try socket.core.encodeEvent(event.name, of: socket.namespace.name, repeat each arguments)
            socket.send(packet, self.flags, latestOf: key)
        } catch {
            socket.core.report(HandlerFailure(error: error, socket: socket, event: event.name))
        }
    }

    /// Sends an event and waits for the client's answer; see ``Socket/emitWithAck(_:_:timeout:as:)``. No answer comes to
    /// a volatile event that was dropped.
    public func emitWithAck<each Argument: Encodable & Sendable, Reply: Decodable & Sendable>(
        _ event: Event<repeat each Argument>,
        _ arguments: repeat each Argument,
        timeout: Duration = .seconds(10),
        as type: Reply.Type = Reply.self
    ) async throws -> Reply {
        let question = try self.socket.encodeQuestion(event, repeat each arguments)
        return try await self.socket.answer(to: question, self.flags, timeout: timeout)
    }
}
