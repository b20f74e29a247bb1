// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

public import HTTPTypes
public import NIOCore

/// What answers the HTTP requests under a path, beside Socket.IO: metrics, a webhook, a form.
///
/// ```swift
/// struct Version: Endpoint {
///     let path = "/version"
///
///     func respond(to request: HTTPRequest, body: ByteBuffer) async -> MartletServer.Reply {
///         MartletServer.Reply(status: .ok, body: ByteBuffer(string: "1.0"))
///     }
/// }
///
/// MartletServer([.socketIO(io), .endpoint(Version())])
/// ```
public protocol Endpoint: Sendable {
    /// Where the endpoint is found: this path, and all that lie below it.
    var path: String { get }

    /// The largest body of a request, in bytes; 1 MiB unless an endpoint says otherwise. Past it the request is answered
    /// with 413 (RFC 9110, 15.5.14).
    var maxBodySize: Int { get }

    /// Answers a request, once its body is complete. Called outside the event loops. One connection has one request at a
    /// time, but others have theirs meanwhile.
    /// - Parameters:
    ///   - request: the request's head; its path has the query as well.
    ///   - body: the request's body, empty if it has none.
    /// - Throws: whatever it wants: the client is told 500, and the error is logged.
    func respond(to request: HTTPRequest, body: ByteBuffer) async throws -> MartletServer.Reply
}

extension Endpoint {
    /// 1 MiB.
    public var maxBodySize: Int { 1 << 20 }
}
