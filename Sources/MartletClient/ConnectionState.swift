// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

public import MartletEngine
public import MartletShared

/// The state of a ``ClientSocket``.
public enum ConnectionState: Sendable {
    /// The socket is not connected, and does not try. Nil: it never was.
    case disconnected(DisconnectReason?)
    /// The socket has no connection, and tries to get one.
    case connecting
    /// - Parameters:
    ///   - id: the server's name for the socket.
    ///   - isRecovered: whether the server has given back the state of a lost connection, and sends what was missed.
    case connected(id: String, isRecovered: Bool)
    /// The server has refused the socket; it does not try again by itself.
    case refused(ConnectionRefused)
}
