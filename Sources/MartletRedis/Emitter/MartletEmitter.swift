// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import Logging
internal import MartletEngine
public import MartletEvents

/// Sends events to the clients of a cluster, from a process that serves none: a job runner, a command-line tool, another
/// backend.
///
/// ```swift
/// let io = try await MartletEmitter(url: "redis://localhost")
/// io.to("news").emit("headline", "hello")
/// try await io.flush()
/// ```
///
/// The servers of the cluster are a ``RedisCluster`` on the same Redis server. The emitter is none of them, and they wait for
/// nothing from it. Without a rooms' name, all clients of the namespace `/` are addressed.
///
/// Calls return before Redis has the message. ``flush(timeout:)`` waits for that; a process that ends without it may lose
/// what it sent last. All members may be used from any thread. The connection is closed by ``close()``, or when nobody
/// refers to the emitter any more.
public final class MartletEmitter: Sendable {
    private let bus: RedisCluster
    private let emitter: ClusterEmitter

    /// Connects.
    /// - Parameters:
    ///   - url: see ``RedisCluster/init(url:configuration:)``.
    ///   - configuration: the settings of the connection, as the servers have them.
    ///   - server: the servers' configuration, of which the parser and the connection state recovery count.
    ///   - cluster: the cluster's configuration, of which the prefix of channels counts.
    /// - Throws: a ``RedisError`` when the URL or the configuration cannot be used, or when there is no connection at the
    ///   first try.
    public init(
        url: String,
        configuration: RedisConfiguration = RedisConfiguration(),
        server: SocketIOConfiguration = SocketIOConfiguration(),
        cluster: ClusterConfiguration = ClusterConfiguration()
    ) async throws {
        let bus = try RedisCluster(url: url, configuration: configuration)
        self.bus = bus
        self.emitter = ClusterEmitter(bus: bus, server: server, cluster: cluster, logger: ThrottledLogger())
        _ = try await bus.client.send(RedisCommand("PING"))
    }

    /// A namespace of the servers.
    /// - Parameter name: its name, `/admin` for example.
    public func of(_ name: String) -> EmitterNamespace { EmitterNamespace(namespace: self.emitter.of(name)) }

    /// Sets the function that is called with errors, such as arguments that cannot be encoded. Without a function they are
    /// logged under the label `martlet`.
    public func onError(_ hook: @escaping @Sendable (HandlerFailure) -> Void) { self.emitter.onError(hook) }

    /// Sets the function that is called with what happens to the connection; see ``RedisCluster/onEvent(_:)``.
    public func onEvent(_ hook: @escaping @Sendable (RedisEvent) -> Void) { self.bus.onEvent(hook) }

    /// Waits until Redis has taken all that was sent before, also when the connection has to be made anew first. Redis
    /// hands it on to the servers that are connected then.
    /// - Parameter timeout: how long to wait.
    /// - Throws: a ``RedisError`` when Redis did not take it in that time; or when something was lost since the last call,
    ///   or may have been: what is sent again then may arrive twice.
    public func flush(timeout: Duration = .seconds(10)) async throws {
        try await self.bus.client.flush(timeout: timeout)
        try await self.bus.stream?.flush(timeout: timeout)
    }

    /// Sends what waits, for a second at most, and closes the connection. What is sent later is dropped.
    public func close() async { await self.bus.close() }

    /// Sends an event to all servers that have the namespace `/`.
    public func serverSideEmit<each Argument: Encodable & Sendable>(
        _ event: Event<repeat each Argument>,
        _ arguments: repeat each Argument
    ) {
        self.of("/").serverSideEmit(event, repeat each arguments)
    }
}

extension MartletEmitter: EmitterSource {
    /// All clients in the namespace `/`.
    public var everyone: EmitterOperator { self.of("/").everyone }
}

/// A namespace of the servers of a cluster, as a ``MartletEmitter`` sees it.
public struct EmitterNamespace: EmitterSource {
    let namespace: Namespace

    /// All clients in the namespace.
    public var everyone: EmitterOperator { EmitterOperator(target: self.namespace.everyone) }

    /// Sends an event to all servers that have the namespace; see `BroadcastSource.onServerSideEvent(_:_:)`.
    public func serverSideEmit<each Argument: Encodable & Sendable>(
        _ event: Event<repeat each Argument>,
        _ arguments: repeat each Argument
    ) {
        self.namespace.serverSideEmit(event, repeat each arguments)
    }
}
