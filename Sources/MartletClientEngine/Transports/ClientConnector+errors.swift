// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#else
internal import Darwin
#endif

extension ClientConnector {
    /// An error of the network or of TLS, in words that say what to look for.
    static func error(_ error: any Error, _ address: ServerAddress) -> ClientError {
        if let error = error as? ClientError { return error }
        let host = "\(address.host):\(address.port)"
        switch error {
        case is NIOSSLError, is NIOSSLExtraError, is BoringSSLError:
            return ClientError(.tls, "no encrypted connection to \(host): \(self.fault("\(error)", address))")
        case ChannelError.connectTimeout:
            return ClientError(
                .timeout, "the server at \(host) did not answer: is the host right, and does a firewall let it through?"
            )
        case let error as NIOConnectionError:
            if error.connectionErrors.isEmpty {
                return ClientError(.notConnected, "the name \(address.host) has no address: is it right?")
            }
            // A name may have several addresses, and mostly all fail alike.
            var reasons: [String] = []
            for failure in error.connectionErrors {
                let reason = self.reason(failure.error)
                if !reasons.contains(reason) { reasons.append(reason) }
            }
            return ClientError(.notConnected, "no connection to \(host): \(reasons.joined(separator: ", "))")
        case is IOError:
            return ClientError(.connectionLost, "the connection to \(host) is gone: \(self.reason(error))")
        case HTTPParserError.invalidEOFState, is ChannelError:
            return ClientError(.connectionLost, "the connection to \(host) was closed in the middle of an answer")
        case is HTTPParserError:
            return ClientError(
                .unexpectedAnswer,
                "what answers at \(host) speaks no HTTP: is this the port of a web server, and has it TLS?")
        default: return ClientError(.connectionLost, "the connection to \(host) is gone")
        }
    }

    private static func reason(_ error: any Error) -> String {
        switch error {
        case ChannelError.connectTimeout: "it did not answer: does a firewall let it through?"
        case let error as IOError where error.errnoCode == ECONNREFUSED:
            "nobody listens there: does the server run, and is the port right?"
        case let error as IOError: String(cString: strerror(error.errnoCode)).lowercased()
        default: "the network does not let it through"
        }
    }

    /// What TLS found wrong. BoringSSL names its errors in capitals.
    private static func fault(_ error: String, _ address: ServerAddress) -> String {
        if error.contains("CERTIFICATE_VERIFY_FAILED") || error.contains("unableToValidateCertificate") {
            return "its certificate is not trusted: it is signed by an authority that is unknown here, or has expired"
        }
        if error.contains("failedToValidateHostname") { return "its certificate is not for the name \(address.host)" }
        let others = ["WRONG_VERSION_NUMBER", "HTTP_REQUEST", "HTTPS_PROXY_REQUEST", "INVALID_OUTER_RECORD_TYPE"]
        if others.contains(where: error.contains) {
            return "what answers there speaks no TLS: is the address http:// instead of https://?"
        }
        if error.contains("CERTIFICATE_REQUIRED") || error.contains("CERTIFICATE_UNKNOWN") {
            return "it wants a certificate of the client, or refuses the one that it got"
        }
        if error.contains("EOF") || error.contains("uncleanShutdown") {
            return "the connection was closed in the middle: has the port TLS?"
        }
        // `…OPENSSL_internal:SOME_REASON at …`
        let name = error.split(separator: ":").dropFirst().last { $0.first?.isUppercase == true } ?? ""
        let words = name.prefix { $0.isUppercase || $0 == "_" }.lowercased().split(separator: "_")
        return words.isEmpty ? "the handshake failed" : "the handshake failed (\(words.joined(separator: " ")))"
    }
}
