// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

public import MartletEvents
public import NIOCore

extension SocketIOServer {
    /// Serves this Socket.IO server on a standalone HTTP server, on all cores, until the process gets SIGTERM or
    /// SIGINT; then disconnects the clients in good order; see `MartletServer.runUntilSignal()`.
    ///
    /// `GET /healthz` tells whether the server is ready; see `MartletServer.Mount.health(_:)`.
    ///
    /// In an application with more services, put a `MartletServer` into its `ServiceGroup` instead.
    ///
    /// - Parameters:
    ///   - host: the name or address to listen on.
    ///   - port: the port to listen on; 0 picks a free one.
    ///   - onListening: called once with the address that the server listens on.
    /// - Throws: an `IOError` when the address cannot be listened on.
    public func run(
        host: String = "127.0.0.1",
        port: Int = 3000,
        onListening: @escaping @Sendable (SocketAddress) -> Void = { print("listening on \($0)") }
    ) async throws {
        try await self.run(.init(host: host, port: port), onListening: onListening)
    }

    package func run(
        _ configuration: MartletServer.Configuration,
        onListening: @escaping @Sendable (SocketAddress) -> Void
    ) async throws {
        let server = MartletServer(
            [.socketIO(self), .health()],
            configuration: configuration,
            onListening: onListening
        )
        try await server.runUntilSignal()
    }

    /// A handler that serves this Socket.IO server inside another HTTP/1.1 server. In Hummingbird:
    ///
    /// ```swift
    /// Application(
    ///     router: router,
    ///     server: .http1(configuration: .init(additionalChannelHandlers: [io.channelHandler()]))
    /// )
    /// ```
    ///
    /// - Parameter isPlaintext: whether no TLS handler is in the pipeline, so that WebSockets may write to the socket
    ///   directly, which is faster.
    public func channelHandler(isPlaintext: Bool = false) -> MartletChannelHandler {
        MartletServer.channelHandler([.socketIO(self)], isPlaintext: isPlaintext)
    }
}
