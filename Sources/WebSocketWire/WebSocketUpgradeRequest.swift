// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// What a handshake depends on of an HTTP request: a string for each header line of a name, as they came.
package struct WebSocketUpgradeRequest: Sendable, Hashable {
    package var method: String
    /// `Connection`
    package var connection: [String]
    /// `Upgrade`
    package var upgrade: [String]
    /// `Sec-WebSocket-Version`
    package var version: [String]
    /// `Sec-WebSocket-Key`
    package var key: [String]
    /// `Sec-WebSocket-Protocol`
    package var protocols: [String]
    /// `Sec-WebSocket-Extensions`
    package var extensions: [String]

    package init(
        method: String, connection: [String], upgrade: [String], version: [String], key: [String],
        protocols: [String] = [], extensions: [String] = []
    ) {
        self.method = method
        self.connection = connection
        self.upgrade = upgrade
        self.version = version
        self.key = key
        self.protocols = protocols
        self.extensions = extensions
    }
}
