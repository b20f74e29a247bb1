// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletClientEngine
import MartletEngine
import MartletTLS
import MartletTestSupport
import NIOCore
import NIOSSL
import Testing

/// Sessions over TLS.
struct TLSTests {
    @Test(arguments: [TransportName.websocket, .sse, .polling])
    func aTrustedServerIsReached(transport: TransportName) async throws {
        let certificate = try TestIdentity()
        try await EchoServer.run(tls: try certificate.server()) { server in
            let client = try await EngineClient.open(server.port, scheme: "https") {
                $0.transports = [transport]
                $0.tls = certificate.trusting()
            }
            try await client.send("secret")
            try await client.until("the answer") { $0.texts == ["secret"] }
            try await client.close()
        }
    }

    @Test func aServerThatIsNotTrustedIsRefused() async throws {
        let certificate = try TestIdentity()
        try await EchoServer.run(tls: try certificate.server()) { server in
            let client = try await EngineClient.open(server.port, scheme: "https")
            try await client.until("the end") { $0.ends.count == 1 }
            #expect(client.now.ends[0].error?.code == .tls)
        }
    }

    @Test func aServerWithoutTLSIsRefused() async throws {
        try await EchoServer.run { server in
            let client = try await EngineClient.open(server.port, scheme: "wss")
            try await client.until("the end") { $0.ends.count == 1 }
            #expect(!client.now.isOpen)
        }
    }
}

/// A certificate for the loopback, which vouches for itself.
private final class TestIdentity: Sendable {
    private let directory: String

    init() throws {
        self.directory = try ServerProcess.makeDirectory()
        try spawn(
            [
                "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
                "1", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout",
                "\(self.directory)/key.pem", "-out", "\(self.directory)/certificate.pem",
            ],
            wait: true)
    }

    deinit { _ = try? spawn(["rm", "-r", self.directory], wait: true) }

    func server() throws -> ServerTLS {
        try ServerTLS(certificate: "\(self.directory)/certificate.pem", key: "\(self.directory)/key.pem")
    }

    func trusting() -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .file("\(self.directory)/certificate.pem")
        return configuration
    }
}
