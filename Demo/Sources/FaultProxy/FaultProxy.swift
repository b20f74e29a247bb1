// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore
internal import NIOExtras
internal import NIOPosix
public import ServiceLifecycle

/// A proxy in front of an HTTP application, which gives each visitor the network that they ask for: one that blocks,
/// buffers, delays, stalls or cuts. For visitors who ask for no faults, the proxy changes nothing.
///
/// Visitors connect to the proxy; the application listens on a port of its own, which it passes to ``forward(to:)``. In
/// a `ServiceGroup` the proxy goes before the application, so that the proxy ends last, and still passes on the
/// application's last messages.
public final class FaultProxy: Service {
    private let host: String
    private let port: Int
    private let onListening: @Sendable (SocketAddress) -> Void
    private let visitors = Visitors()
    private let application = AsyncStream.makeStream(of: SocketAddress.self)

    public init(host: String, port: Int, onListening: @escaping @Sendable (SocketAddress) -> Void) {
        self.host = host
        self.port = port
        self.onListening = onListening
    }

    /// Sets the address at which the application listens. Before this call, the proxy does not listen.
    public func forward(to address: SocketAddress) {
        self.application.continuation.yield(address)
    }

    // MARK: Faults

    public func faults(of visitor: Visitor) -> (Faults, VisitorCounters) {
        self.visitors.faults(of: visitor)
    }

    /// Sets the faults of a visitor. When this returns, they hold for open connections as well as for new ones.
    public func set(_ faults: Faults, of visitor: Visitor) async {
        await self.visitors.set(faults, of: visitor)
    }

    /// Resets a visitor's connections.
    /// - Returns: how many connections were reset.
    public func cut(_ visitor: Visitor) async -> Int {
        await self.visitors.cut(visitor)
    }

    // MARK: Service

    public func run() async throws {
        var addresses = self.application.stream.cancelOnGracefulShutdown().makeAsyncIterator()
        guard let address = await addresses.next() else { return }

        let group = MultiThreadedEventLoopGroup.singleton
        let quiescing = ServerQuiescingHelper(group: group)
        let visitors = self.visitors
        let server = try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 256)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let handler = quiescing.makeServerChannelHandler(channel: channel)
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            }
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try ProxyConnection(client: channel, backendAddress: address, visitors: visitors).setUpClient()
                }
            }
            .bind(host: self.host, port: self.port)
            .get()
        if let address = server.localAddress { self.onListening(address) }

        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                try? await Task.sleep(for: .seconds(60))
                await visitors.forgetIdle()
            }
        }
        let ended = server.eventLoop.makePromise(of: Void.self)
        quiescing.initiateShutdown(promise: ended)
        try await ended.futureResult.get()
    }
}
