// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

public import Logging
internal import MartletEngine
public import MartletEvents
public import NIOCore
public import ServiceLifecycle

extension SocketIOServer {
    /// Serves this Socket.IO server on a standalone HTTP server, on all cores, until the process gets SIGTERM or
    /// SIGINT; then disconnects the clients in good order; see `MartletServer.runUntilSignal()`.
    ///
    /// `GET /healthz` tells whether the server is ready; see `MartletServer.Mount.health(_:)`.
    ///
    /// In an application that has a `ServiceGroup`, put a `MartletServer` into that instead.
    ///
    /// - Parameters:
    ///   - host: the name or address to listen on. 127.0.0.1 is reached by this machine only, 0.0.0.0 by all.
    ///   - port: the port to listen on; 0 picks a free one.
    ///   - services: run beside the server, such as one that feeds it; see `MartletServer.runUntilSignal(with:logger:)`.
    ///   - logger: gets what the services' group has to say.
    ///   - onListening: called once with the address that the server listens on; `nil`: it is printed.
    /// - Throws: an `IOError` when the address cannot be listened on; what a service throws.
    public func run(
        host: String = "127.0.0.1",
        port: Int = 3000,
        services: [any Service] = [],
        logger: Logger = Logger(label: "martlet"),
        onListening: (@Sendable (SocketAddress) -> Void)? = nil
    ) async throws {
        try await self.run(
            .init(host: host, port: port), services: services, logger: logger, onListening: onListening)
    }

    package func run(
        _ configuration: MartletServer.Configuration,
        services: [any Service] = [],
        logger: Logger = Logger(label: "martlet"),
        onListening: (@Sendable (SocketAddress) -> Void)?
    ) async throws {
        let server = MartletServer(
            [.socketIO(self), .health()],
            configuration: configuration,
            onListening: onListening ?? { print($0.announcement) }
        )
        try await server.runUntilSignal(with: services, logger: logger)
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

extension SocketAddress {
    /// What a server prints when it listens on this address.
    package var announcement: String {
        guard let address = IPAddress(self), let text = self.ipAddress, let port = self.port else {
            return "listening on \(self)"
        }
        let host = text.utf8.contains(UInt8(ascii: ":")) ? "[\(text)]" : text
        let reach = TrustedProxies.loopback.contains(address) ? ", which only this machine reaches" : ""
        return "listening on \(host):\(port)\(reach)"
    }
}
