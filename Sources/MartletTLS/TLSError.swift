// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// Why a ``ServerTLS`` cannot be used. Each case says which file is to blame.
public enum TLSError: Error, Hashable, CustomStringConvertible {
    /// The file cannot be read.
    case unreadableFile(String, reason: String)
    /// The file contains no certificate in PEM.
    case noCertificate(file: String)
    /// The file contains no private key in PEM, or an encrypted one.
    case noPrivateKey(file: String)
    /// The private key is another certificate's.
    case keyMismatch(key: String, certificate: String)
    /// The TLS library does not take the certificate with its key.
    case unusable(certificate: String, reason: String)

    public var description: String {
        switch self {
        case .unreadableFile(let file, let reason): "cannot read '\(file)': \(reason)"
        case .noCertificate(let file): "there is no certificate in '\(file)'"
        case .noPrivateKey(let file): "there is no private key in '\(file)', or it is encrypted"
        case .keyMismatch(let key, let certificate): "the key in '\(key)' is not that of '\(certificate)'"
        case .unusable(let certificate, let reason): "'\(certificate)' cannot be used: \(reason)"
        }
    }
}
