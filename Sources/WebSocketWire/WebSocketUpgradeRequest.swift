// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// The parts of an HTTP request on which the handshake depends: for each header name, the values of its lines as
/// received.
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
        method: String, connection: [String] = [], upgrade: [String] = [], version: [String] = [], key: [String] = [],
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

    /// Stores a header line's value if the handshake depends on it.
    package mutating func read(_ name: String, _ value: String) {
        switch name.utf8.count {
        case 7 where HeaderList.isSame(name, "Upgrade"): self.upgrade.append(value)
        case 10 where HeaderList.isSame(name, "Connection"): self.connection.append(value)
        case 17 where HeaderList.isSame(name, "Sec-WebSocket-Key"): self.key.append(value)
        case 21 where HeaderList.isSame(name, "Sec-WebSocket-Version"): self.version.append(value)
        case 22 where HeaderList.isSame(name, "Sec-WebSocket-Protocol"): self.protocols.append(value)
        case 24 where HeaderList.isSame(name, "Sec-WebSocket-Extensions"): self.extensions.append(value)
        default: break
        }
    }
}
