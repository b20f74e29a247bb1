// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

public import Martlet

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
    /// In an application with more services, put a `MartletServer` into its `ServiceGroup` instead.
    ///
    /// - Parameters:
    ///   - host: the name or address to listen on.
    ///   - port: the port to listen on; 0 picks a free one.
    ///   - tls: the server's certificate.
    ///   - onListening: called once with the address that the server listens on.
    /// - Throws: an `IOError` when the address cannot be listened on.
    public func run(
        host: String = "127.0.0.1",
        port: Int = 3000,
        tls: ServerTLS,
        onListening: @escaping @Sendable (SocketAddress) -> Void = { print("listening on \($0)") }
    ) async throws {
        var configuration = MartletServer.Configuration(host: host, port: port)
        configuration.tls = tls
        try await self.run(configuration, onListening: onListening)
    }
}
