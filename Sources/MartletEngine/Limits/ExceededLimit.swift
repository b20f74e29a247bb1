// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// The limits that clients can exceed. Each time is counted, logged (at most a line a second), and told to
/// ``EngineIOConfiguration/onLimitExceeded``.
public enum ExceededLimit: String, Sendable, Hashable, CaseIterable {
    /// ``LimitsConfiguration/sessions``: a handshake was refused.
    case sessions
    /// ``LimitsConfiguration/handshakes``: a handshake was refused.
    case handshakes
    /// ``LimitsConfiguration/sessionsPerAddress``: a handshake was refused.
    case sessionsPerAddress
    /// ``LimitsConfiguration/handshakesPerAddress``: a handshake was refused.
    case handshakesPerAddress
    /// ``LimitsConfiguration/messagesPerSession``: a session is not read from for a while.
    case messagesPerSession
    /// ``LimitsConfiguration/bytesPerSession``: a session is not read from for a while.
    case bytesPerSession
    /// ``EngineIOConfiguration/unsentLimit``: a slow session was closed.
    case unsentBytes
    /// `SocketIOConfiguration.maxRooms`: a socket did not join a room.
    case rooms
    /// `SocketIOConfiguration.maxPendingAcknowledgements`: the oldest question of a socket failed.
    case pendingAcknowledgements
    /// `SocketIOConfiguration.maxAttachments` or `maxAttachmentBytes`: a session was closed.
    case attachments
    /// ``EngineIOConfiguration/maxQueuedSends``: a message was not sent.
    case queuedSends
    /// `MartletServer.Configuration.maxConnections`: a connection was refused.
    case connections
    /// `MartletServer.Configuration.maxConnectionsPerAddress`: a connection was refused.
    case connectionsPerAddress
    /// `MartletServer.Configuration.connectionsPerAddress`: a connection was refused.
    case newConnectionsPerAddress
    /// `MartletServer.Configuration.bodyTimeout`: a request's body took too long.
    case bodyTime
}
