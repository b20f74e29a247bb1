// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import MartletEngine
internal import NIOCore

/// A Socket.IO server: what a backend emits named events through, and hears them from.
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
/// What is said of a server without naming a ``Namespace`` is about `/`. All members may be used from anywhere.
public final class SocketIOServer: Sendable {
    public let configuration: SocketIOConfiguration
    package let engine: Engine
    private let core: ServerCore
    /// The namespace `/`.
    private let main: Namespace

    public convenience init(configuration: SocketIOConfiguration = SocketIOConfiguration()) {
        self.init(configuration: configuration, adapter: LocalAdapter(), logger: ThrottledLogger())
    }

    /// - Parameters:
    ///   - codec: the form of packets; nil for that of Socket.IO's protocol.
    ///   - adapter: reaches the sockets that are addressed together.
    ///   - logger: is told of errors, unless ``onError(_:)`` is set.
    package init(
        configuration: SocketIOConfiguration = SocketIOConfiguration(),
        codec: (any PacketCodec)? = nil,
        adapter: any Adapter = LocalAdapter(),
        logger: ThrottledLogger
    ) {
        let core = ServerCore(
            configuration: configuration,
            codec: codec ?? JSONPacketCodec(configuration),
            adapter: adapter,
            logger: logger
        )
        self.configuration = configuration
        self.core = core
        self.main = core.namespace("/")
        self.engine = Engine(
            configuration: configuration.engine,
            makeHandler: { Connection(core: core, shard: core.shard(of: $0), session: $0) }
        )
    }

    /// A namespace, which exists for clients from the first time that it is asked for.
    /// - Parameter namespace: its name, `/admin` for example.
    public func of(_ namespace: String) -> Namespace {
        self.core.namespace(namespace)
    }

    /// Called with every socket that has joined `/`: see `Namespace.onConnection`.
    public func onConnection(_ handler: @escaping @Sendable (Socket) -> Void) {
        self.main.onConnection(handler)
    }

    /// Called with every socket that has joined `/`. The client's events wait until it returns.
    public func onConnection(_ handler: @escaping @Sendable (Socket) async -> Void) {
        self.main.onConnection(handler)
    }

    /// Adds middleware to `/`: see ``Namespace/use(_:)``.
    public func use(_ middleware: @escaping @Sendable (Socket) async throws -> Void) {
        self.main.use(middleware)
    }

    /// Sets what is told of errors: handlers that threw, payloads that were not what a handler takes, arguments that
    /// could not be encoded. It is called where the error happens, and takes the place of the one set before. Without it
    /// errors are logged under the label `martlet`, a line a second at most: `error` for what a handler threw, `notice` for
    /// what a client sent wrongly, `debug` for an ``EventError``.
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

    /// Closes all connections, with the reason `DisconnectReason.serverShuttingDown`, and returns when all have been
    /// closed.
    public func shutDown() async {
        for shard in self.core.shards {
            await withCheckedContinuation { continuation in
                shard.eventLoop.execute {
                    shard.engineShard.closeAll(.serverShuttingDown)
                    continuation.resume()
                }
            }
        }
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
