// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// Connection state recovery of a whole cluster, on a stream of Redis: a client of Socket.IO that loses its connection gets
/// back its id, its rooms, its data and the events that it missed from any server, also after the server that it was
/// connected to has died.
///
/// ```swift
/// var configuration = SocketIOConfiguration()
/// configuration.connectionStateRecovery = ConnectionStateRecovery()
/// let io = SocketIOServer(configuration: configuration)
/// var redis = RedisConfiguration()
/// redis.recovery = RedisRecovery()
/// io.cluster(try RedisCluster(url: "redis://localhost", configuration: redis))
/// ```
///
/// Events that ask for no answer, to many sockets or to one, and joins, leaves and disconnects of many sockets are entries of
/// the stream. Each server reads it, and delivers each entry when it comes to it, its own too: all clients get them in one
/// order. Events that are volatile, local or ask for an answer do not pass through the stream, so they may come before
/// events that were sent earlier; and no client gets them later.
///
/// While Redis is away, entries wait, up to ``RedisConfiguration/queueLimit``: past that the oldest are dropped. They are
/// delivered when Redis is back, to the clients of this server too.
///
/// The record of a connected client is written when it connects, and a tenth of a second after its rooms or its data have
/// changed. Of the data, the values that are `Encodable` are kept. Two more connections to Redis are made.
public struct RedisRecovery: Sendable {
    /// The key of the stream. The keys of the clients' records begin with it, too.
    public var stream: String
    /// How many entries the stream keeps; Redis keeps some more, where that is cheaper. A client that has missed more, of
    /// all namespaces, is not restored.
    public var maxLength = 100_000
    /// How many entries are read at most to restore one client. One that has missed more, of all namespaces, is not restored.
    public var maxRead = 10_000

    public init(stream: String = "martlet") {
        self.stream = stream
    }
}
