// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Logging
import Martlet
import MartletTLS
import Testing

/// The samples of TLS.md.
struct TLSSamples {
    @Test func anErrorNamesTheFile() {
        let error = TLSError.unreadableFile("/etc/tls/fullchain.pem", reason: "No such file or directory")
        #expect("\(error)" == "cannot read '/etc/tls/fullchain.pem': No such file or directory")
    }

    private func running(_ io: SocketIOServer) async throws {
        let tls = try ServerTLS(certificate: "/etc/tls/fullchain.pem", key: "/etc/tls/privkey.pem")
        try await io.run(host: "0.0.0.0", port: 443, tls: tls)
    }

    private func configured(_ io: SocketIOServer, _ tls: ServerTLS) -> MartletServer {
        var configuration = MartletServer.Configuration(host: "0.0.0.0", port: 443)
        configuration.tls = tls
        let server = MartletServer([.socketIO(io)], configuration: configuration)
        return server
    }

    private func reloading(_ tls: ServerTLS, _ logger: Logger) -> () -> Void {
        func renewed() {
            do {
                try tls.reload()
            } catch {
                logger.error("the old certificate stays: \(error)")
            }
        }
        return renewed
    }

    private func mutual() throws -> ServerTLS {
        let tls = try ServerTLS(
            certificate: "/etc/tls/fullchain.pem",
            key: "/etc/tls/privkey.pem",
            clientAuthority: "/etc/tls/devices-ca.pem"
        )
        return tls
    }

    private func plaintextHTTP2() -> MartletServer.Configuration {
        var configuration = MartletServer.Configuration()
        configuration.http2.allowsPlaintext = true
        return configuration
    }
}
