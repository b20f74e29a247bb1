// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOSSL

/// All that a client needs to know to make connections: the URL and the configuration, checked.
struct RedisSettings: Sendable {
    let url: RedisURL
    let configuration: RedisConfiguration
    private let tls: NIOSSLContext?

    init(url: String, configuration: RedisConfiguration) throws(RedisError) {
        self.url = try RedisURL(url)
        self.configuration = configuration
        guard configuration.clientName.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw RedisError(.invalidConfiguration, "clientName has a character that Redis does not take")
        }
        do {
            self.tls = self.url.usesTLS ? try configuration.tls.makeContext() : nil
        } catch {
            throw RedisError(.invalidConfiguration, "TLS", underlying: error)
        }
    }

    /// The handler of TLS for a new connection; nil where there is none.
    func makeTLSHandler() throws -> NIOSSLClientHandler? {
        guard let tls else { return nil }
        let name = self.configuration.tls.serverName ?? self.url.host ?? ""
        // Certificates for addresses are checked against the address that the connection has.
        let isAddress = (try? SocketAddress(ipAddress: name, port: 0)) != nil
        return try NIOSSLClientHandler(context: tls, serverHostname: isAddress || name.isEmpty ? nil : name)
    }

    /// What a connection begins with.
    var greeting: [RedisCommand] {
        var hello: [RedisCommand.Argument] = ["HELLO", "3"]
        if let password = self.url.password {
            hello += ["AUTH", .string(self.url.user ?? "default"), .string(password)]
        }
        if !self.configuration.clientName.isEmpty { hello += ["SETNAME", .string(self.configuration.clientName)] }
        var commands = [RedisCommand(hello)]
        if self.url.database != 0 { commands.append(RedisCommand("SELECT", .string(String(self.url.database)))) }
        return commands
    }
}

extension RedisTLS {
    fileprivate func makeContext() throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        if let trustedCertificates { configuration.trustRoots = .file(trustedCertificates) }
        if let certificate {
            configuration.certificateChain = try NIOSSLCertificate.fromPEMFile(certificate).map { .certificate($0) }
        }
        if let privateKey {
            configuration.privateKey = .privateKey(try NIOSSLPrivateKey(file: privateKey, format: .pem))
        }
        return try NIOSSLContext(configuration: configuration)
    }
}
