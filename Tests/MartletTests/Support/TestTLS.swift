// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletTestSupport
import NIOSSL

/// What clients of a test do about TLS.
enum TestTLS {
    /// How the connections of the current task are encrypted; `nil`: they are not.
    @TaskLocal static var context: NIOSSLContext?

    /// - Parameters:
    ///   - server: the certificate that the server has to show.
    ///   - client: what the client shows.
    ///   - protocols: what the client speaks.
    static func client(
        of server: TestCertificate,
        as client: TestCertificate? = nil,
        speaking protocols: [String] = []
    ) throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .file(server.certificate)
        configuration.applicationProtocols = protocols
        if let client {
            configuration.certificateChain = try NIOSSLCertificate.fromPEMFile(client.certificate)
                .map { .certificate($0) }
            configuration.privateKey = .privateKey(try NIOSSLPrivateKey(file: client.key, format: .pem))
        }
        return try NIOSSLContext(configuration: configuration)
    }
}

/// A certificate that a test makes for itself, and its key. It vouches for itself.
final class TestCertificate: Sendable {
    private let directory: String

    init() throws {
        self.directory = try ServerProcess.makeDirectory()
        try spawn(
            [
                "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
                "1", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout",
                self.key, "-out", self.certificate,
            ],
            wait: true
        )
    }

    deinit {
        _ = try? spawn(["rm", "-r", self.directory], wait: true)
    }

    var certificate: String { "\(self.directory)/certificate.pem" }
    var key: String { "\(self.directory)/key.pem" }

    /// Puts another certificate and its key in the place of these.
    func replace(by other: TestCertificate) throws {
        try writeFile(self.certificate, try readFile(other.certificate))
        try writeFile(self.key, try readFile(other.key))
    }
}
