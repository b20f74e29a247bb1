// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// Why a request or a packet is refused. Code, message and HTTP status are those of the reference server, but for what it
/// does not refuse: past a limit, on its way down, and for a session of somebody else.
package enum EngineIOError: Error, Equatable, Sendable {
    case unknownTransport
    case unknownSession
    case badHandshakeMethod
    case badRequest
    /// A polling request asks for JSONP; its code is that of a bad request.
    case jsonpUnsupported
    /// The application or the Origin rule refused the request; a nil message stands for `Forbidden`.
    case forbidden(message: String?)
    /// The request is not made by who opened the session; its code is that of a refusal.
    case foreignSession
    case unsupportedProtocolVersion
    /// A limit of the server, or of what one address may have, was exceeded; its code is that of a refusal.
    /// - Parameter retryAfter: in so many seconds it may be tried again (RFC 9110, 10.2.3).
    case limited(message: String, retryAfter: Int, isServers: Bool)
    /// The server opens no sessions any more; another server, or the next one, does.
    case shuttingDown
    /// A malformed packet or payload: the session ends with the reason `parse error`. The text says what was wrong.
    case parseError(String)

    /// The `code` in the body of the HTTP answer; a parse error has the code of a bad request.
    package var code: Int {
        switch self {
        case .unknownTransport: 0
        case .unknownSession: 1
        case .badHandshakeMethod: 2
        case .badRequest, .jsonpUnsupported, .parseError: 3
        case .forbidden, .foreignSession, .limited, .shuttingDown: 4
        case .unsupportedProtocolVersion: 5
        }
    }

    package var message: String {
        switch self {
        case .unknownTransport: "Transport unknown"
        case .unknownSession: "Session ID unknown"
        case .badHandshakeMethod: "Bad handshake method"
        case .badRequest, .parseError: "Bad request"
        case .jsonpUnsupported: "JSONP is not supported"
        case .forbidden(let message): message ?? "Forbidden"
        case .foreignSession: "The session belongs to somebody else"
        case .unsupportedProtocolVersion: "Unsupported protocol version"
        case .limited(let message, _, _): message
        case .shuttingDown: "The server is shutting down"
        }
    }

    /// The status of the HTTP answer.
    package var httpStatus: Int {
        switch self {
        case .forbidden, .foreignSession: 403
        // RFC 9110, 15.6.4, and RFC 6585, 4.
        case .limited(_, _, let isServers): isServers ? 503 : 429
        case .shuttingDown: 503
        default: 400
        }
    }

    /// After how many seconds it may be tried again (RFC 9110, 10.2.3).
    package var retryAfter: Int? {
        switch self {
        case .limited(_, let seconds, _): seconds
        case .shuttingDown: 1
        default: nil
        }
    }

    /// Appends the body of the HTTP answer, `{"code":1,"message":"Session ID unknown"}`.
    package func writeBody(into buffer: inout ByteBuffer) {
        buffer.writeParts(expecting: 64) { parts in
            parts.put("{\"code\":")
            parts.put(code)
            parts.put(",\"message\":")
            parts.putJSON(message)
            parts.put("}")
        }
    }

    /// The body of the HTTP answer.
    package var body: ByteBuffer {
        var buffer = ByteBuffer()
        writeBody(into: &buffer)
        return buffer
    }
}
