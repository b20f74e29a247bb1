// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// How the answers to polling requests, and the files of the JavaScript client, are compressed: with gzip, or with
/// deflate for a client that accepts only that (RFC 9110, 8.4.1). Needs the package's trait `Compression`, which is on
/// by default.
///
/// The length of a compressed answer tells what is in it: somebody who can both have text of their own put beside a
/// secret in one answer, and watch the answer's length on the network, can guess the secret (the BREACH attack). Send an
/// event with such a secret with `compress(false)`, which goes for the whole answer that carries it, or turn this off.
public struct HTTPCompression: Sendable {
    /// Answers shorter than this number of bytes are sent uncompressed.
    public var threshold = 1024
    /// zlib's effort, from 1 (fast) to 9 (small).
    public var level = 6

    #if Compression
    public init() {}

    static let byDefault: HTTPCompression? = HTTPCompression()
    #else
    @available(*, unavailable, message: "Martlet is built without its trait 'Compression'.")
    public init() {}

    static let byDefault: HTTPCompression? = nil
    #endif
}
