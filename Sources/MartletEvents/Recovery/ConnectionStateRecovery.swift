// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEngine

/// The terms on which a server restores the state of a client that lost its connection and comes back (Socket.IO
/// protocol 5, connection state recovery): the socket's id, its rooms, its ``Socket/data``, and the events that it missed.
///
/// Martlet's own client needs no recovery, since its sessions are lossless; this is for the clients of Socket.IO. As in
/// the reference server, every event but those that ask for an answer gets one more argument, a string: the client
/// stores it, and names it when it comes back. Volatile events are not kept. What a client has not received is kept per
/// socket, until it has answered the next ping.
///
/// The state is this server's, unless the server is in a cluster whose bus keeps it.
public struct ConnectionStateRecovery: Sendable {
    /// How long the state of a client that is away is kept.
    public var maxDisconnectionDuration = Duration.seconds(120)
    /// Whether the namespace's middleware is not called for a client whose state is restored.
    public var skipsMiddleware = true
    /// How many bytes of events are kept for one socket, with 64 bytes for each event besides its own. Past this limit
    /// the oldest are dropped, and a client that has not received them cannot be restored.
    public var buffer = 256 * 1024
    /// How many clients that are away are kept for each event loop and namespace. Past this limit, the one that has
    /// been away longest is dropped.
    public var maxAway = 10_000

    public init() {}
}

extension DisconnectReason {
    /// Whether a socket that ended for this reason may come back.
    var isRecoverable: Bool {
        switch self {
        case .transportError, .transportClose, .slowConsumer, .forcedClose, .pingTimeout, .forcedServerClose: true
        default: false
        }
    }
}
