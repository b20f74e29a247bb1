// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOConcurrencyHelpers
internal import NIOCore
internal import NIOPosix
internal import NIOSSL

#if canImport(Network)
internal import NIOTransportServices
#endif

/// Connects to a server over TCP, and TLS if the address asks for it. TLS is the same on all platforms: swift-nio-ssl, which
/// asks Apple's platforms what they trust.
final class ClientConnector: Sendable {
    let address: ServerAddress
    private let timeout: TimeAmount
    private let tls: TLSConfiguration?
    /// Made from the session's own settings of TLS, with its first connection.
    private let context = NIOLockedValueBox<NIOSSLContext?>(nil)

    init(_ address: ServerAddress, _ configuration: ClientSessionConfiguration) {
        self.address = address
        self.timeout = configuration.openTimeout
        self.tls = configuration.tls
    }

    /// - Parameter handlers: what stands behind TLS in the channel's pipeline; called once for each address that is
    ///   tried.
    func connect(
        on eventLoop: any EventLoop,
        handlers: @escaping @Sendable (any Channel) throws -> Void
    ) -> EventLoopFuture<any Channel> {
        #if canImport(Network)
        // Network.framework connects on whatever way the device has: Wi-Fi, mobile data, a VPN on demand.
        if let bootstrap = NIOTSConnectionBootstrap(validatingGroup: eventLoop) {
            return self.connect(bootstrap, handlers)
        }
        #endif
        // A second read would most often find nothing.
        let bootstrap = ClientBootstrap(group: eventLoop).channelOption(.maxMessagesPerRead, value: 1)
        return self.connect(bootstrap, handlers)
    }

    private func connect(
        _ bootstrap: some NIOClientTCPBootstrapProtocol,
        _ handlers: @escaping @Sendable (any Channel) throws -> Void
    ) -> EventLoopFuture<any Channel> {
        bootstrap
            .connectTimeout(self.timeout)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls = try self.makeTLSHandler() {
                        try channel.pipeline.syncOperations.addHandler(tls)
                    }
                    try handlers(channel)
                }
            }
            .connect(host: self.address.host, port: self.address.port)
    }

    private func makeTLSHandler() throws -> NIOSSLClientHandler? {
        guard self.address.isSecure else { return nil }
        let context = try self.tls.map { try Self.context(self.context, $0) } ?? Self.standardContext()
        // Server Name Indication is for names (RFC 6066, 3).
        let isName = (try? SocketAddress(ipAddress: self.address.host, port: 0)) == nil
        return try NIOSSLClientHandler(context: context, serverHostname: isName ? self.address.host : nil)
    }

    /// With the system's roots, which are read once.
    private static func standardContext() throws -> NIOSSLContext {
        try self.context(self.standard, .makeClientConfiguration())
    }

    private static let standard = NIOLockedValueBox<NIOSSLContext?>(nil)

    private static func context(
        _ known: NIOLockedValueBox<NIOSSLContext?>,
        _ configuration: TLSConfiguration
    ) throws -> NIOSSLContext {
        try known.withLockedValue { known in
            if let known { return known }
            var configuration = configuration
            configuration.applicationProtocols = ["http/1.1"]
            let context = try NIOSSLContext(configuration: configuration)
            known = context
            return context
        }
    }
}
