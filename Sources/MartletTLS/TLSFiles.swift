// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOSSL

#if canImport(Darwin)
internal import Darwin
#elseif canImport(Musl)
internal import Musl
#else
internal import Glibc
#endif

/// The files of a ``ServerTLS``.
struct TLSFiles: Sendable {
    let certificate: String
    let key: String
    let clientAuthority: String?

    /// More than any file of certificates has.
    private static let maxSize = 1 << 20
    /// How long a client may take to confirm the end of a connection. The server need not wait (RFC 8446, 6.1).
    private static let shutdownTime = TimeAmount.seconds(1)

    func context() throws(TLSError) -> NIOSSLContext {
        let chain = try Self.certificates(in: self.certificate).map { NIOSSLCertificateSource.certificate($0) }
        let bytes = try Self.read(self.key)
        guard let key = try? NIOSSLPrivateKey(bytes: bytes, format: .pem) else {
            throw .noPrivateKey(file: self.key)
        }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain,
            privateKey: .privateKey(key)
        )
        configuration.minimumTLSVersion = .tlsv12
        // Of TLS 1.2 only the suites that HTTP/2 allows (RFC 9113, appendix A). TLS 1.3 has no others.
        configuration.cipherSuites = "ECDHE+AESGCM:ECDHE+CHACHA20"
        configuration.applicationProtocols = ["h2", "http/1.1"]
        configuration.shutdownTimeout = Self.shutdownTime
        if let clientAuthority {
            configuration.trustRoots = .certificates(try Self.certificates(in: clientAuthority))
            configuration.certificateVerification = .noHostnameVerification
        }
        do {
            return try NIOSSLContext(configuration: configuration)
        } catch NIOSSLError.failedToLoadPrivateKey {
            throw .keyMismatch(key: self.key, certificate: self.certificate)
        } catch {
            throw .unusable(certificate: self.certificate, reason: "\(error)")
        }
    }

    private static func certificates(in file: String) throws(TLSError) -> [NIOSSLCertificate] {
        let bytes = try Self.read(file)
        guard let certificates = try? NIOSSLCertificate.fromPEMBytes(bytes), !certificates.isEmpty else {
            throw .noCertificate(file: file)
        }
        return certificates
    }

    private static func read(_ path: String) throws(TLSError) -> [UInt8] {
        guard let file = fopen(path, "r") else { throw .unreadableFile(path, reason: Self.lastError) }
        defer { fclose(file) }
        let bytes = [UInt8](unsafeUninitializedCapacity: Self.maxSize) { buffer, count in
            count = fread(buffer.baseAddress, 1, buffer.count, file)
        }
        if ferror(file) != 0 { throw .unreadableFile(path, reason: Self.lastError) }
        return bytes
    }

    private static var lastError: String { String(cString: strerror(errno)) }
}
