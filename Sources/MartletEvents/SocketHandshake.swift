// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

public import HTTPTypes
public import MartletEngine
public import NIOCore

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// The request that opened the connection, and the authentication data that the client sent when it joined the
/// namespace.
public struct SocketHandshake: Sendable {
    /// The authentication data that the client gave; `{}` when it gave none.
    public let auth: SocketArgument
    /// The HTTP request that opened the connection.
    public let request: HandshakeRequest
    /// When the namespace was joined, as time since 1 January 1970, UTC.
    public let time: Duration

    /// The time since 1 January 1970, UTC.
    package static func now() -> Duration {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return .seconds(Int64(now.tv_sec)) + .nanoseconds(Int64(now.tv_nsec))
    }

    /// ``time`` in whole milliseconds, as JavaScript counts time.
    public var issued: Int {
        let (seconds, attoseconds) = self.time.components
        return Int(seconds * 1000 + attoseconds / 1_000_000_000_000_000)
    }

    /// The header fields of ``request``, but for `Host`, which is `request.head.authority`.
    public var headers: HTTPFields { self.request.head.headerFields }
    /// The target of ``request``: path and query.
    public var url: String { self.request.target }
    /// The query parameters of ``request``, decoded.
    public var query: [String: String] { self.request.query }
    /// The client's address: the other end of the connection, or the address that
    /// `SocketIOConfiguration.trustedProxies` report.
    public var address: SocketAddress? { self.request.remoteAddress }
    /// Whether the client's connection is encrypted, as far as this process can tell or a trusted proxy says.
    public var secure: Bool { self.request.isSecure }
    /// Whether the request names the origin of the page that makes it, as browsers do when it is another one than the
    /// server's, and on every WebSocket.
    public var xdomain: Bool { self.headers[.origin] != nil }
}

extension SocketHandshake: CustomStringConvertible {
    /// That of the ``request``, without ``auth``.
    public var description: String { self.request.description }
}
