// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

public import HTTPTypes
internal import Logging
public import MartletEngine
internal import NIOConcurrencyHelpers
public import NIOCore
public import NIOPosix
public import ServiceLifecycle

/// A standalone HTTP server for one or more endpoints, on all cores.
///
/// To serve the endpoints inside an existing server, use ``MartletServer/channelHandler(_:isPlaintext:)`` or
/// `SocketIOServer.channelHandler(isPlaintext:)` instead of running a `MartletServer`.
public struct MartletServer: Service {
    /// Where and how a server listens.
    public struct Configuration: Sendable {
        /// The name or address to listen on.
        public var host: String
        /// The port to listen on; 0 picks a free one.
        public var port: Int
        /// How many event loops serve connections.
        public var threads: Int
        /// Event loops that the application runs, to serve connections on, instead of ``threads`` of the server's own.
        public var eventLoopGroup: MultiThreadedEventLoopGroup?
        /// How many connections may wait to be accepted.
        public var backlog = 4096
        /// The largest head of a request, in bytes: request line and header fields. A larger head is answered with 431.
        public var maxHeadSize = 16 << 10
        /// How long a request's head may take to arrive. A request that takes longer is answered with 408.
        public var headTimeout = Duration.seconds(10)
        /// How long a request's body may take to arrive, but for the time in which the server itself does not read it. A
        /// request that takes longer is answered with 408 (RFC 9110, 15.5.9).
        public var bodyTimeout = Duration.seconds(60)
        /// How many requests are answered on one connection, which is closed then; `nil`: any number.
        public var maxRequestsPerConnection: Int?
        /// How many connections may be open; `nil`: any number. A connection past this limit is answered with 503.
        public var maxConnections: Int?
        /// How many connections from one address may be open; `nil`: any number. A connection past this limit is answered
        /// with 429. The addresses of an IPv6 network of 64 bits count as one.
        public var maxConnectionsPerAddress: Int?
        /// How often one address may connect; `nil`: as often as it likes. A connection past this limit is answered with
        /// 429.
        public var connectionsPerAddress: RateLimit?
        /// The proxies whose connections serve many clients, and count for no address.
        public var trustedProxies = TrustedProxies.none
        /// Called each time that clients exceeded one of these limits. Called on any thread, so it must not block.
        public var onLimitExceeded: (@Sendable (_ limit: ExceededLimit, _ address: SocketAddress?) -> Void)?
        /// How long a connection is kept without a request.
        public var idleTimeout = Duration.seconds(75)
        /// How long a server of which a graceful shutdown was asked goes on as before, while its ``Mount/health(_:)`` says
        /// already that it is not ready: the time that a load balancer takes to notice.
        public var readinessDelay = Duration.zero
        /// How long connections may take to end when the server goes down, after the sessions have ended, which
        /// `EngineIOConfiguration.drain` is about.
        public var shutdownTimeout = Duration.seconds(5)
        /// Sets up connections that are not plain HTTP/1.1; `nil`: all are.
        package var connectionSetup: (any ConnectionSetup)?

        /// - Parameters:
        ///   - host: the name or address to listen on; 127.0.0.1 is reached by this machine only.
        ///   - port: the port to listen on; 0 picks a free one.
        ///   - threads: how many event loops serve connections; by default one for each core.
        public init(host: String = "127.0.0.1", port: Int = 3000, threads: Int = System.coreCount) {
            self.host = host
            self.port = port
            self.threads = threads
        }
    }

    /// An answer to a request, given by an ``Endpoint`` or by a ``MartletServer/Responder``.
    public typealias Reply = HTTPReply

    /// Answers a request that is for none of the endpoints; `nil`: 404.
    public typealias Responder = @Sendable (_ request: HTTPRequest) async -> Reply?

    private let endpoints: [any HTTPEndpoint]
    private let configuration: Configuration
    private let onListening: @Sendable (SocketAddress) -> Void
    package let limits: LimitReporter
    private let gate: ConnectionGate?

    /// - Parameters:
    ///   - mounts: what is served; a request goes to the first mount under whose path it lies.
    ///   - configuration: where and how the server listens.
    ///   - responder: answers all other requests.
    ///   - onListening: called once with the address that the server listens on.
    public init(
        _ mounts: [Mount],
        configuration: Configuration = Configuration(),
        responder: Responder? = nil,
        onListening: @escaping @Sendable (SocketAddress) -> Void = { _ in }
    ) {
        self.endpoints = mounts.map(\.endpoint) + [FallbackEndpoint(responder: responder)]
        self.configuration = configuration
        self.onListening = onListening
        self.limits = LimitReporter(configuration.onLimitExceeded)
        self.gate = ConnectionGate(configuration, self.limits)
    }

    /// How often each limit of the connections was exceeded since the start; those that never were are missing.
    public var exceededLimits: [ExceededLimit: Int] { self.limits.exceeded }

    /// Listens, serves, and returns when the task is cancelled or a graceful shutdown has been asked for, and all
    /// connections have ended. In a graceful shutdown ``Mount/health(_:)`` says so first; then the sessions of a server in
    /// a cluster go to other servers, no connection is accepted any more, and the other sessions end one after the other,
    /// as `EngineIOConfiguration.drain` has it. A task that is cancelled, before that or meanwhile, ends them at once.
    /// - Throws: an `IOError` when the address cannot be listened on.
    public func run() async throws {
        if let group = self.configuration.eventLoopGroup { return try await self.run(on: group, successor: nil) }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: self.configuration.threads)
        do {
            try await self.run(on: group) { Self.successor }
        } catch {
            try? await group.shutdownGracefully()
            throw error
        }
        try await group.shutdownGracefully()
    }

    /// Does what is asked of a server whose event loops have ended.
    private static let successor: any EventLoop = MultiThreadedEventLoopGroup.singleton.any()

    private func run(on group: MultiThreadedEventLoopGroup, successor: LoopSuccession.Successor?) async throws {
        let loops = Dictionary(
            uniqueKeysWithValues: group.makeIterator().map { (ObjectIdentifier($0), ServerLoop(eventLoop: $0)) }
        )
        let listener: any Channel
        do {
            listener = try await self.listen(on: group, loops)
        } catch {
            for loop in loops.values { try? await loop.eventLoop.submit { loop.tearDown() }.get() }
            throw error
        }
        let eventLoops = loops.values.map(\.eventLoop)
        for endpoint in self.endpoints { endpoint.serves(on: eventLoops) }
        if let address = listener.localAddress { self.onListening(address) }
        let departure = NIOLockedValueBox<Task<Void, Never>?>(nil)
        await withGracefulShutdownHandler {
            await withTaskCancellationHandler {
                try? await listener.closeFuture.get()
            } onCancel: {
                listener.close(promise: nil)
            }
        } onGracefulShutdown: {
            let task = Task {
                await self.depart()
                if !Task.isCancelled { listener.close(promise: nil) }
            }
            departure.withLockedValue { $0 = task }
        }
        // The server's task may have been cancelled meanwhile: then the listener's event loop ends soon.
        departure.withLockedValue { $0 }?.cancel()
        await withTaskGroup(of: Void.self) { group in
            for endpoint in self.endpoints { group.addTask { await endpoint.drain() } }
        }
        for endpoint in self.endpoints { endpoint.shutDown() }
        let time = Task.isCancelled ? .zero : TimeAmount(self.configuration.shutdownTimeout)
        let ends = loops.values.map { loop in loop.eventLoop.flatSubmit { loop.closeAll(within: time) } }
        for end in ends { try? await end.get() }
        for endpoint in self.endpoints { await endpoint.ended(successor) }
    }

    /// A graceful shutdown has been asked for. Clients whose sessions have gone still come here first.
    private func depart() async {
        for endpoint in self.endpoints { endpoint.retire() }
        guard (try? await Task.sleep(for: self.configuration.readinessDelay)) != nil else { return }
        await withTaskGroup(of: Void.self) { group in
            for endpoint in self.endpoints { group.addTask { await endpoint.leave() } }
        }
    }

    private func listen(
        on group: MultiThreadedEventLoopGroup,
        _ loops: [ObjectIdentifier: ServerLoop]
    ) async throws -> any Channel {
        let connections = loops.mapValues { loop in
            ServerConnections(self.endpoints, self.configuration, loop, self.limits)
        }
        return try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: Int32(self.configuration.backlog))
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelInitializer { listener in
                listener.eventLoop.makeCompletedFuture {
                    try listener.pipeline.syncOperations.addHandler(AcceptFailureHandler())
                }
            }
            // NIO sets TCP_NODELAY on the listening socket, and accepted sockets inherit it. Further options of
            // accepted sockets are set in the initializer: as the bootstrap's options they would cost a chain of
            // futures for each connection.
            .childChannelInitializer { channel in
                do {
                    try self.accepted(channel, connections)
                    // The loop has this future already.
                    return channel.eventLoop.makeSucceededVoidFuture()
                } catch {
                    return channel.eventLoop.makeFailedFuture(error)
                }
            }
            .bind(host: self.configuration.host, port: self.configuration.port)
            .get()
    }

    /// - Parameter loops: by the identity of their event loops.
    private func accepted(_ channel: any Channel, _ loops: [ObjectIdentifier: ServerConnections]) throws {
        // Every channel is on one of the group's loops, so there is a loop.
        guard let connections = loops[ObjectIdentifier(channel.eventLoop)] else { return }
        if let refusal = self.gate?.admit(channel), refusal != .admitted { return try self.refuse(channel, refusal) }
        try connections.loop.opened(channel)
        if let setup = self.configuration.connectionSetup {
            try setup.setUp(channel, connections)
        } else {
            try connections.serveHTTP1(on: channel, isFirst: true)
        }
    }

    private func refuse(_ channel: any Channel, _ verdict: ConnectionGate.Verdict) throws {
        // Where clients speak TLS first, an answer in the clear would tell them nothing.
        guard case .refused(let status) = verdict, self.configuration.connectionSetup == nil else {
            return channel.close(promise: nil)
        }
        try channel.syncOptions?.setOption(.allowRemoteHalfClosure, value: true)
        try channel.pipeline.syncOperations.addHandler(RefusedConnectionHandler(status: status))
    }
}

extension MartletServer: CustomStringConvertible {
    /// Where it is to listen. A `ServiceGroup` logs this at the level `debug`, not all the settings.
    public var description: String { "MartletServer(\(self.configuration.host):\(self.configuration.port))" }
}
