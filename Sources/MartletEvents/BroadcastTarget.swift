// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// Which sockets of a namespace are addressed together. A target does not depend on the server, so it may be sent to
/// other servers of a cluster.
package struct BroadcastTarget: Codable, Hashable, Sendable {
    /// Members of any of these rooms are addressed; everybody when the list is empty. A socket is also addressed by its
    /// id.
    package var rooms: [String] = []
    /// Members of these rooms are left out.
    package var except: [String] = []
    /// Whether an event is dropped for clients that lag behind.
    package var isVolatile = false
    /// An event takes the place of the one before of this key, for clients that lag behind.
    package var latestKey: String?
    /// Whether transports may compress an event.
    package var compresses = true
    /// Whether an event is kept in the history of the rooms.
    package var isKept = false
    /// Whether only sockets of this server are addressed.
    package var isLocal = false

    package init() {}
}

/// An operation on all sockets of a target. It may be sent to other servers of a cluster.
package enum SocketOperation: Codable, Hashable, Sendable {
    case join([String])
    case leave([String])
    case disconnect(closingConnection: Bool)
    /// See ``Socket/expires(at:)``.
    case expire(at: Duration?)
}
