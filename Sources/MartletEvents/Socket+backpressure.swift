// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

public import MartletEngine
internal import NIOCore

/// Waiting for clients that read more slowly than the application sends.
extension Socket {
    /// How many bytes wait for the client: sent by any socket of its connection, and not given to the network yet, or
    /// given to a connection that was lost. ``SocketIOConfiguration/engine``'s `unsentLimit` bounds them.
    public var unsentBytes: Int {
        get async {
            await withCheckedContinuation { continuation in
                self.onLoop { continuation.resume(returning: self.session.unsentBytes) }
            }
        }
    }

    /// Waits until the client has taken what waits for it, so that a sender of much keeps the client's pace:
    ///
    /// ```swift
    /// for row in table {
    ///     try await socket.drained(to: 256 << 10)
    ///     socket.emit("row", row)
    /// }
    /// ```
    ///
    /// - Parameter bytes: so many bytes may still wait; see ``unsentBytes``.
    /// - Throws: ``SocketDisconnected`` when the socket leaves its namespace before, or moves to another server;
    ///   `CancellationError` when the task is cancelled.
    public func drained(to bytes: Int = 0) async throws {
        let ticket = DrainTicket()
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                self.onLoop { self.wait(ticket, bytes) { continuation.resume(returning: $0) } }
            }
        } onCancel: {
            self.onLoop { self.cancel(ticket) }
        }
        switch outcome {
        case .drained: return
        case .cancelled: throw CancellationError()
        case .ended(let reason): throw SocketDisconnected(reason: reason)
        }
    }

    /// Sends an event to the client, once it has taken most of what waits for it: in a loop, events are sent as fast as
    /// the client takes them, and use little memory.
    /// - Parameters:
    ///   - event: the event.
    ///   - arguments: the event's arguments.
    ///   - bytes: so many bytes may still wait; see ``unsentBytes``.
    /// - Throws: the errors of ``drained(to:)``; nothing is sent then.
    public func emitWhenDrained<each Argument: Encodable & Sendable>(
        _ event: Event<repeat each Argument>,
        _ arguments: repeat each Argument,
        to bytes: Int = 64 << 10
    ) async throws {
        try await self.drained(to: bytes)
        self.emit(event, repeat each arguments)
    }

    // MARK: On the loop

    private func wait(_ ticket: DrainTicket, _ bytes: Int, _ completion: @escaping (DrainWait.Outcome) -> Void) {
        if ticket.isCancelled { return completion(.cancelled) }
        guard self.phase == .connected || self.phase == .frozen else { return completion(.ended(nil)) }
        ticket.wait = self.session.whenUnsent(atMost: bytes, owner: self, completion)
    }

    private func cancel(_ ticket: DrainTicket) {
        ticket.isCancelled = true
        if let wait = ticket.wait { self.session.cancel(wait) }
    }
}

/// The socket left its namespace, or its connection ended, before the client had taken what was sent to it.
public struct SocketDisconnected: Error, CustomStringConvertible {
    /// Why it left; `nil` if it had left before, or has moved to another server.
    public let reason: DisconnectReason?

    public var description: String {
        self.reason.map { "the socket is disconnected: \($0)" } ?? "the socket is not connected"
    }
}

/// Connects a waiting task with its wait, so that the wait can be cancelled.
///
/// `@unchecked Sendable`: used on the socket's event loop only.
private final class DrainTicket: @unchecked Sendable {
    var wait: DrainWait?
    var isCancelled = false
}
