// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOConcurrencyHelpers
internal import NIOCore
internal import NIOSSL

/// The certificate and the key by which a server proves to be who it says, and which clients it lets in.
///
/// ```swift
/// let tls = try ServerTLS(certificate: "/etc/tls/fullchain.pem", key: "/etc/tls/privkey.pem")
/// try await io.run(host: "0.0.0.0", port: 443, tls: tls)
/// ```
///
/// Clients need TLS 1.2 or 1.3. They choose between HTTP/2 and HTTP/1.1 while they connect (ALPN, RFC 7301).
public final class ServerTLS: Sendable {
    private let files: TLSFiles
    let handshakeTime: TimeAmount
    private let current: NIOLockedValueBox<NIOSSLContext>

    /// Reads the files.
    /// - Parameters:
    ///   - certificate: the file with the server's certificate, and then those that lead to a known authority, in PEM.
    ///   - key: the file with the certificate's private key, in PEM, not encrypted.
    ///   - clientAuthority: the file with the certificates of those who vouch for clients, in PEM: only clients with a
    ///     certificate from one of them are let in. `nil`: clients need none.
    ///   - handshakeTimeout: how long a connection may take until it is encrypted.
    /// - Throws: a ``TLSError`` that names the file.
    public init(
        certificate: String,
        key: String,
        clientAuthority: String? = nil,
        handshakeTimeout: Duration = .seconds(10)
    ) throws(TLSError) {
        self.files = TLSFiles(certificate: certificate, key: key, clientAuthority: clientAuthority)
        self.handshakeTime = TimeAmount(handshakeTimeout)
        self.current = NIOLockedValueBox(try self.files.context())
    }

    /// Reads the files again, after a certificate was renewed. Connections from now on get what the files say now;
    /// those that are open go on as they are. Callable from anywhere, also while servers run.
    /// - Throws: a ``TLSError`` that names the file; what was read before is kept then.
    public func reload() throws(TLSError) {
        let context = try self.files.context()
        self.current.withLockedValue { $0 = context }
    }

    /// For the next connection.
    var context: NIOSSLContext { self.current.withLockedValue { $0 } }
}
