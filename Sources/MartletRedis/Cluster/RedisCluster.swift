// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

public import MartletEvents
public import NIOCore

/// A cluster of servers that share a Redis server; see `SocketIOServer.cluster(_:configuration:)`.
///
/// ```swift
/// let io = SocketIOServer()
/// io.cluster(try RedisCluster(url: "redis://localhost"))
/// ```
///
/// One connection carries all messages, in both directions. It is made in the background, anew whenever it is lost, and
/// subscriptions are then made anew too. A server does not wait for Redis: while Redis is away, its own clients are
/// served, and messages to the other servers wait, up to ``RedisConfiguration/queueLimit``, and until
/// the others count as dead; then the server is alone, and publishes nothing.
///
/// A message reaches each other server once at most. It is lost for servers that are not connected at that moment; for
/// those that read more slowly than Redis's `client-output-buffer-limit pubsub` allows, since Redis then closes their
/// connection; and perhaps when the connection is lost after it was sent.
///
/// Redis 6 or later is needed. The connection is closed by ``close()``, or when all servers have left the cluster and
/// nobody else has a reference to the object; with recovery, by ``close()`` alone. All members may be used from any thread.
public final class RedisCluster: ClusterBus {
    package let client: RedisClient
    private let kind: SubscriptionKind
    let peers: [RedisPeer]
    let stream: RedisJournal?

    /// Begins to connect, and returns at once.
    /// - Parameters:
    ///   - url: `redis://[[user]:password@]host[:port][/database]`; `rediss://` for TLS; `unix:///path[?db=database]` for a
    ///     socket in the file system. Characters that mean something in a URL are percent-encoded.
    ///   - configuration: the settings.
    /// - Throws: a ``RedisError`` when the URL or the configuration cannot be used, or a certificate not be read.
    public init(url: String, configuration: RedisConfiguration = RedisConfiguration()) throws(RedisError) {
        self.client = try RedisClient(url: url, configuration: configuration)
        self.stream = try configuration.recovery.map { settings throws(RedisError) in
            try RedisJournal(settings, url: url, configuration: configuration)
        }
        self.kind = configuration.usesShardedChannels ? .shard : .channel
        self.peers = configuration.peers
    }

    /// Sets the function that is called with what happens to the connection. It replaces the function set before, is called
    /// on an event loop, and must not block. What happens is logged under the label `martlet.redis` too.
    public func onEvent(_ hook: @escaping @Sendable (RedisEvent) -> Void) {
        self.client.onEvent(hook)
        self.stream?.onEvent(hook)
    }

    public func publish(_ message: ByteBuffer, to channel: String) { self.client.publish(message, to: channel) }

    public func subscribe(
        to channel: String,
        _ receive: @escaping @Sendable (_ message: ByteBuffer) -> Void
    ) -> ClusterSubscription {
        self.client.subscribe(self.kind, to: channel) { receive($0.content) }
    }

    /// Publishes what waits, for a second at most, and closes the connection. Call it after
    /// `SocketIOServer.shutDown()`, so that the other servers know that this one is gone. What is published later is
    /// dropped.
    public func close() async {
        await self.stream?.close()
        await self.client.close()
    }
}

extension RedisCluster: DurableBus {
    package var journal: (any RecoveryJournal)? { self.stream }
}
