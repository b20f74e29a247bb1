// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// How a server speaks HTTP/2 (RFC 9113).
///
/// A client that floods the server with resets of streams, pings, settings or pieces of a request's head loses its
/// connection: the guide's page on TLS has the numbers.
public struct HTTP2Configuration: Sendable {
    /// How many requests of a connection may be answered at a time; each Server-Sent Events session takes one for as
    /// long as it lasts, as does each WebSocket. A client that begins one more loses its connection. Browsers take 100
    /// for granted until they have heard of another number, so fewer do not serve them.
    public var maxConcurrentStreams = 100
    /// Whether clients may speak HTTP/2 also on connections that are not encrypted, as proxies do: a connection is taken
    /// for HTTP/2 that begins with HTTP/2's preface (RFC 9113, 3.3), and for HTTP/1.1 otherwise.
    public var allowsPlaintext = false

    public init() {}
}
