// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// How a server wants messages compressed (RFC 7692).
///
/// The defaults take over no context: each message is compressed by itself, with a context that the connections of an
/// event loop share. This compresses a little less and saves up to 300 kB a connection.
package struct PerMessageDeflateConfiguration: Sendable, Hashable {
    /// Messages shorter than this number of bytes are sent uncompressed.
    package var threshold: Int
    /// Whether the server forgets each sent message before it compresses the next one.
    package var serverNoContextTakeover: Bool
    /// Whether clients must forget each message too, so that the server keeps no window for them.
    package var clientNoContextTakeover: Bool
    /// The window of the server's messages, as a power of two: 9…15.
    package var serverMaxWindowBits: Int
    /// The largest window of the clients' messages, as a power of two: 8…15. Below 15, a client that does not accept a
    /// smaller window gets no compression.
    package var clientMaxWindowBits: Int
    /// zlib's effort, 1 (fast) … 9 (small).
    package var level: Int
    /// zlib's memory for its tables, 1…9: 2^(memLevel+9) bytes a context.
    package var memLevel: Int

    /// A value out of range becomes the nearest value in range.
    package init(
        threshold: Int = 1024, serverNoContextTakeover: Bool = true, clientNoContextTakeover: Bool = true,
        serverMaxWindowBits: Int = 15, clientMaxWindowBits: Int = 15, level: Int = 6, memLevel: Int = 8
    ) {
        self.threshold = threshold
        self.serverNoContextTakeover = serverNoContextTakeover
        self.clientNoContextTakeover = clientNoContextTakeover
        self.serverMaxWindowBits = min(max(serverMaxWindowBits, 9), 15)
        self.clientMaxWindowBits = min(max(clientMaxWindowBits, 8), 15)
        self.level = min(max(level, 1), 9)
        self.memLevel = min(max(memLevel, 1), 9)
    }
}
