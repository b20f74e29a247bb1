// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

public import Logging
public import Martlet
public import ServiceLifecycle

extension MartletServer.Configuration {
    /// How connections are encrypted; `nil`: they are not.
    public var tls: ServerTLS? {
        get { self.secureConnections.tls }
        set { self.secureConnections.tls = newValue }
    }

    /// How HTTP/2 is spoken. With ``tls`` clients choose between HTTP/2 and HTTP/1.1.
    public var http2: HTTP2Configuration {
        get { self.secureConnections.http2 }
        set { self.secureConnections.http2 = newValue }
    }

    private var secureConnections: SecureConnections {
        get { self.connectionSetup as? SecureConnections ?? SecureConnections() }
        set { self.connectionSetup = newValue }
    }
}

extension SocketIOServer {
    /// Serves this Socket.IO server on a standalone server with TLS, on all cores, until the process gets SIGTERM or
    /// SIGINT; then disconnects the clients in good order.
    ///
    /// In an application that has a `ServiceGroup`, put a `MartletServer` into that instead.
    ///
    /// - Parameters:
    ///   - host: the name or address to listen on. 127.0.0.1 is reached by this machine only, 0.0.0.0 by all.
    ///   - port: the port to listen on; 0 picks a free one.
    ///   - tls: the server's certificate.
    ///   - services: run beside the server, such as one that feeds it; see `MartletServer.runUntilSignal(with:logger:)`.
    ///   - logger: gets what the services' group has to say.
    ///   - onListening: called once with the address that the server listens on; `nil`: it is printed.
    /// - Throws: an `IOError` when the address cannot be listened on; what a service throws.
    public func run(
        host: String = "127.0.0.1",
        port: Int = 3000,
        tls: ServerTLS,
        services: [any Service] = [],
        logger: Logger = Logger(label: "martlet"),
        onListening: (@Sendable (SocketAddress) -> Void)? = nil
    ) async throws {
        var configuration = MartletServer.Configuration(host: host, port: port)
        configuration.tls = tls
        try await self.run(configuration, services: services, logger: logger, onListening: onListening)
    }
}
