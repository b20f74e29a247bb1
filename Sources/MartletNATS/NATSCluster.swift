// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

public import MartletEvents
public import NIOCore

/// A cluster of servers that share a NATS server; see `SocketIOServer.cluster(_:configuration:)`.
///
/// ```swift
/// let io = SocketIOServer()
/// io.cluster(try NATSCluster(url: "nats://localhost"))
/// ```
///
/// It uses the C client of NATS, libnats 3.4 or later (`libnats-dev` on Debian). One connection carries all messages, in
/// both directions. It is made in the background, anew whenever it is lost, and subscriptions are then made anew too. A
/// server does not wait for NATS: while NATS is away, its own clients are served, and messages to the other servers wait,
/// up to ``NATSConfiguration/queueLimit``, and until the others count as dead.
///
/// A message reaches each other server once at most. NATS refuses messages that are longer than its `max_payload`, which
/// is a megabyte by default, and drops messages for servers that read too slowly. The connection is closed by
/// ``close()``, or when no server and nobody else has a reference to the object any more. All members may be used from
/// any thread.
public final class NATSCluster: ClusterBus {
    private let connection: NATSConnection

    /// Begins to connect, and returns at once.
    /// - Parameters:
    ///   - url: `nats://[user:password@]host[:port]`, or `tls://…`.
    ///   - configuration: the settings.
    /// - Throws: a ``NATSError`` when the URL or the configuration cannot be used.
    public init(url: String, configuration: NATSConfiguration = NATSConfiguration()) throws(NATSError) {
        self.connection = try NATSConnection(url: url, configuration: configuration)
        self.connection.open()
    }

    deinit { self.connection.end() }

    /// Sets the function that is called with what happens to the connection. It replaces the function set before, is
    /// called on any thread, and must not block. What happens is logged under the label `martlet.nats` too.
    public func onEvent(_ hook: @escaping @Sendable (NATSEvent) -> Void) { self.connection.reporter.setHook(hook) }

    public func publish(_ message: ByteBuffer, to channel: String) {
        self.connection.publish(message, to: NATSSubject.encode(channel))
    }

    public func subscribe(
        to channel: String,
        _ receive: @escaping @Sendable (_ message: ByteBuffer) -> Void
    ) -> ClusterSubscription {
        self.connection.subscribe(to: NATSSubject.encode(channel), receive)
    }

    /// Publishes what waits, and closes the connection. Call it after `SocketIOServer.shutDown()`, so that the other
    /// servers know that this one is gone. What is published later is dropped.
    public func close() async { await self.connection.close() }
}

/// The settings of a connection to NATS, besides what its URL says.
public struct NATSConfiguration: Sendable {
    /// How the connection calls itself, in NATS's monitoring.
    public var clientName = "martlet"
    /// How many bytes of messages may wait to be published, while NATS is away or slow. Past that the newest are dropped.
    public var queueLimit = 16 << 20
    /// How long making a connection may take.
    public var connectTimeout = Duration.seconds(5)
    /// NATS is asked so often whether it is there; after two questions without an answer the connection counts as lost.
    public var keepAlive = Duration.seconds(10)
    /// How long to wait before a new connection is tried; up to twice as long, so that not all servers come at once.
    public var retryDelay = Duration.milliseconds(250)

    public init() {}
}

/// What happens between a server and NATS.
public enum NATSEvent: Sendable {
    /// A connection has been made, and subscriptions have been made again.
    case connected
    /// The connection was lost, or could not be made. A new one is tried after a while.
    case disconnected(NATSError)
    /// A message was not published.
    case dropped(bytes: Int, NATSError)
    /// NATS or its client has reported an error, as when messages came faster than they were handled.
    case failed(NATSError)
}

/// An error of NATS's client.
public struct NATSError: Error, CustomStringConvertible, Sendable {
    public let description: String
}
