// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

public import HTTPTypes
public import MartletEngine
public import NIOCore

/// Answers the HTTP requests under a path, beside Socket.IO: metrics, a webhook, a form.
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
    /// The path of the endpoint, which also answers requests for all paths below it.
    var path: String { get }

    /// The largest body of a request, in bytes; 1 MiB unless an endpoint says otherwise. A request with a larger body
    /// is answered with 413 (RFC 9110, 15.5.14).
    var maxBodySize: Int { get }

    /// Answers a request, once its body is complete. Called outside the event loops. Requests of one connection are
    /// answered one at a time, requests of several connections at the same time.
    /// - Parameters:
    ///   - request: the request's head; its path includes the query.
    ///   - body: the request's body, empty if it has none.
    /// - Throws: any error: the client is answered with 500, and the error is logged.
    func respond(to request: HTTPRequest, body: ByteBuffer) async throws -> MartletServer.Reply
}

extension Endpoint {
    /// 1 MiB.
    public var maxBodySize: Int { 1 << 20 }
}
