// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// How messages on WebSockets are compressed (RFC 7692). Needs the package's trait `Compression`, which is on by default.
///
/// The defaults take over no context: each message is compressed by itself, with contexts that an event loop's
/// connections share, so that an idle connection needs no memory for compression. A connection that does take over
/// contexts keeps them until it was silent from one heartbeat to the next.
public struct PerMessageDeflate: Sendable {
    /// Messages shorter than this number of bytes are sent uncompressed.
    public var threshold = 1024
    /// Whether the server forgets each sent message before it compresses the next one.
    public var serverNoContextTakeover = true
    /// Whether clients must forget each message too, so that the server keeps no window for them.
    public var clientNoContextTakeover = true
    /// The window of the server's messages, as a power of two: 9 to 15.
    public var serverMaxWindowBits = 15
    /// The largest window of the clients' messages, as a power of two: 9 to 15. Below 15, a client that does not accept
    /// a smaller window gets no compression.
    public var clientMaxWindowBits = 15
    /// zlib's effort, from 1 (fast) to 9 (small).
    public var level = 6
    /// zlib's memory for its tables, from 1 to 9: 2^(memLevel + 9) bytes a context.
    public var memLevel = 8

    #if Compression
    public init() {}
    #else
    @available(*, unavailable, message: "Martlet is built without its trait 'Compression'.")
    public init() {}
    #endif
}
