// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore
internal import NIOPosix

/// The settings of a connection to Redis, besides what its URL says.
public struct RedisConfiguration: Sendable {
    /// How the connection calls itself, in Redis's `CLIENT LIST`; letters, digits and `-_.`.
    public var clientName = "martlet"
    /// For a URL that begins with `rediss`.
    public var tls = RedisTLS()
    /// How many bytes of messages may wait to be published, while Redis is away or slow. Past that the oldest are dropped,
    /// never the newest one.
    public var queueLimit = 16 << 20
    /// The longest message that is received, in bytes. A longer one costs the connection.
    public var maxMessageSize = 64 << 20
    /// Whether messages go through sharded channels, with `SPUBLISH` and `SSUBSCRIBE`; the same on all servers. Needs Redis
    /// 7, and one address under which it has all channels: one server, or a proxy in front of many.
    public var usesShardedChannels = false
    /// Servers of other kinds on the same Redis that the cluster exchanges messages with; the same on all servers. Their
    /// channels are never sharded.
    public var peers: [RedisPeer] = []
    /// Makes connection state recovery the whole cluster's; see ``RedisRecovery``. The same on all servers.
    public var recovery: RedisRecovery?
    /// How long making a connection may take.
    public var connectTimeout = Duration.seconds(5)
    /// When nothing has come for this time, Redis is asked whether it is there; after as long again, the connection counts
    /// as lost.
    public var keepAlive = Duration.seconds(10)
    /// How long to wait before a new connection is tried: the shortest time first, then twice as long each time, up to the
    /// longest. Between half and all of it is waited, so that not all servers come at once.
    public var retryDelays = Duration.milliseconds(50)...Duration.seconds(2)
    /// Where the connection gets its event loop.
    public var eventLoopGroup: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton

    public init() {}
}

/// TLS to Redis. The server's certificate must be valid, and for the name in the URL.
public struct RedisTLS: Sendable {
    /// A file with the certificates of the authorities that are trusted, as PEM. Nil: those that the system trusts.
    public var trustedCertificates: String?
    /// A file with the certificate that is shown to Redis, and those that have signed it, as PEM.
    public var certificate: String?
    /// A file with the private key of ``certificate``, as PEM.
    public var privateKey: String?
    /// The name in the server's certificate. Nil: the host in the URL.
    public var serverName: String?

    public init() {}
}
