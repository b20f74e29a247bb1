// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// Which sockets of a namespace are addressed together. It says nothing of where they are, and may travel.
package struct BroadcastTarget: Codable, Hashable, Sendable {
    /// Members of any of these; everybody when there are none. A socket is also addressed by its id.
    package var rooms: [String] = []
    /// But no member of these.
    package var except: [String] = []
    /// Whether what is sent is dropped for those who would have to wait for it.
    package var isVolatile = false
    /// Whether only sockets of this server are meant.
    package var isLocal = false

    package init() {}
}

/// What is done to all sockets of a target. It may travel.
package enum SocketOperation: Codable, Hashable, Sendable {
    case join([String])
    case leave([String])
    case disconnect(closingConnection: Bool)
}
