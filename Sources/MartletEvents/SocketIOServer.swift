// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import MartletEngine
internal import NIOCore

/// A Socket.IO server: a backend sends named events to clients through it, and handles theirs.
///
/// ```swift
/// let io = SocketIOServer()
/// io.onConnection { socket in
///     socket.join("lobby")
///     socket.on("say") { (message: Message) in
///         socket.to("lobby").emit("said", message)
///     }
/// }
/// ```
///
/// Members that do not name a ``Namespace`` act on `/`. All members may be used from anywhere.
public final class SocketIOServer: Sendable {
    public let configuration: SocketIOConfiguration
    package let engine: Engine
    let core: ServerCore
    /// The namespace `/`.
    private let main: Namespace

    public convenience init(configuration: SocketIOConfiguration = SocketIOConfiguration()) {
        self.init(configuration: configuration, adapter: LocalAdapter(), logger: ThrottledLogger())
    }

    /// - Parameters:
    ///   - adapter: reaches sockets that are addressed together.
    ///   - logger: logs errors, unless ``onError(_:)`` is set.
    ///   - log: of sessions and sockets.
    package init(
        configuration: SocketIOConfiguration = SocketIOConfiguration(),
        adapter: any Adapter = LocalAdapter(),
        logger: ThrottledLogger,
        log: SessionLog = SessionLog()
    ) {
        let core = ServerCore(
            configuration: configuration,
            codec: configuration.makeCodec(),
            adapter: adapter,
            logger: logger
        )
        self.configuration = configuration
        self.core = core
        self.main = core.namespace("/")
        self.engine = Engine(
            configuration: configuration.engine,
            log: log,
            makeHandler: { Connection(core: core, shard: core.shard(of: $0), session: $0) }
        )
        core.setEngine(self.engine)
    }

    /// A namespace. Clients can join it once this has been called with its name.
    /// - Parameter namespace: its name, `/admin` for example.
    public func of(_ namespace: String) -> Namespace {
        self.core.namespace(namespace)
    }

    /// Namespaces that clients bring into being by asking for a name that a pattern matches as a whole:
    ///
    /// ```swift
    /// io.of(matching: /\/dynamic-\d+/).onConnection { socket in
    ///     print(socket.namespace.name)
    /// }
    /// ```
    ///
    /// A namespace that was made by its name comes first; among patterns, the one that was added first.
    /// - Parameter pattern: made anew for each name, which a client has chosen: a pattern that backtracks without limit
    ///   lets a client keep an event loop busy.
    public func of<Pattern: RegexComponent & SendableMetatype>(
        matching pattern: @escaping @autoclosure @Sendable () -> Pattern
    ) -> ParentNamespace {
        self.of { name, _ in name.wholeMatch(of: pattern()) != nil }
    }

    /// Namespaces that clients bring into being by asking for a name that a function takes; see ``of(matching:)``.
    /// - Parameter isTaken: called with the name and the authentication data of the client, on the event loop of its
    ///   connection. Middleware of the parent can refuse the client, with a reason.
    public func of(
        _ isTaken: @escaping @Sendable (_ name: String, _ auth: SocketArgument) -> Bool
    ) -> ParentNamespace {
        let parent = ParentNamespace(core: self.core, isTaken)
        self.core.namespaces.add(parent)
        return parent
    }

    /// Sets the function that is called with each namespace that a client brings into being, before its first socket
    /// joins: middleware and handlers that are set there are used for all of its sockets.
    public func onNewNamespace(_ handler: @escaping @Sendable (Namespace) -> Void) {
        self.core.namespaces.onNew(handler)
    }

    /// Sets the function that is called with errors: of handlers and middleware that throw, of arguments that cannot be
    /// decoded as the type that a handler takes, of arguments that cannot be encoded, of counts to which not all servers
    /// of a cluster have contributed. It is called on the thread where the error happens, and replaces the function set
    /// before. Without a function, errors are logged under the label `martlet`, at most one line a second: `error` for
    /// errors that a handler threw, `notice` for invalid arguments from a client, `debug` for an `EventError`.
    public func onError(_ hook: @escaping @Sendable (HandlerFailure) -> Void) {
        self.core.setOnError(hook)
    }

    /// How many sockets there are in all namespaces together.
    package func socketCount() async -> Int {
        var count = 0
        for shard in self.core.shards {
            count += await withCheckedContinuation { continuation in
                shard.queue.perform { continuation.resume(returning: shard.socketCount) }
            }
        }
        return count
    }

    /// Hands the lossless sessions to the other servers of the cluster; see ``ClusterConfiguration/handover-swift.property``.
    /// Without a cluster, and while no other server lives, it does nothing.
    package func handOver() async { await self.core.handOver() }

    /// All connections have ended.
    package func ended() async { await self.core.ended() }

    /// Whether the server shuts down, or has done so, and opens no sessions. For a check of readiness where the server is
    /// embedded in another one; a standalone one has `MartletServer.Mount.health(_:)`.
    public var isShuttingDown: Bool { !self.engine.isOpen }

    /// Hands the lossless sessions to the other servers of the cluster, if there are any; ends all other sessions, as
    /// `EngineIOConfiguration.drain` has it, with the reason `DisconnectReason.serverShuttingDown`; leaves the cluster; and
    /// returns when all this has been done, and the handlers have returned. A task that is cancelled ends all sessions at once.
    public func shutDown() async {
        await self.handOver()
        await self.engine.drain()
        for shard in self.core.shards {
            await withCheckedContinuation { continuation in
                shard.eventLoop.execute {
                    shard.engineShard.closeAll(.serverShuttingDown)
                    continuation.resume()
                }
            }
        }
        await self.core.tasksEnded()
        // After the disconnect handlers, which may have told the other servers something.
        self.core.leaveCluster()
        self.engine.node.forwarder?.shutDown()
    }
}

extension SocketIOServer: BroadcastSource {
    /// Everybody in the namespace `/`.
    public var everyone: BroadcastOperator { self.main.everyone }
}

extension SocketIOServer: EventSource {
    /// The namespace `/`.
    public var eventNamespace: Namespace { self.main }
}
