// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import EngineIOWire
package import HTTPTypes

/// What a request under an engine's path asks for.
package enum EngineRequest: Equatable, Sendable {
    /// Open a session on a transport.
    case handshake(TransportName)
    /// Give me what the session has for me: a GET on a transport of HTTP requests.
    case receive(SessionID, TransportName)
    /// Take this: a POST.
    case send(SessionID, TransportName)
    /// Connect a WebSocket to a session.
    case probe(SessionID, TransportName)

    /// Classifies a request. The checks and their order are the reference server's.
    ///
    /// - Parameters:
    ///   - asksForUpgrade: whether the request's header fields ask for a WebSocket.
    ///   - originIsAllowed: asked for the requests that a foreign page could make without being able to read the
    ///     answer: WebSocket and POST.
    package init(
        head: HTTPRequest,
        asksForUpgrade: Bool,
        configuration: EngineConfiguration,
        originIsAllowed: () -> Bool
    ) throws(EngineIOError) {
        let query = EngineQuery(target: head.path ?? "")
        let transport = TransportName(rawValue: query.transport ?? "")
        guard configuration.transports.contains(transport) else { throw .unknownTransport }
        let opensWebSocket = transport == .websocket
        if opensWebSocket || head.method == .post, !originIsAllowed() { throw .forbidden(message: nil) }

        guard let sid = query.sid, !sid.isEmpty else {
            guard head.method == .get else { throw .badHandshakeMethod }
            guard opensWebSocket == asksForUpgrade else { throw .badRequest }
            guard query.protocolVersion == "4" else { throw .unsupportedProtocolVersion }
            self = .handshake(transport)
            return
        }
        guard let id = SessionID(sid) else { throw .unknownSession }
        // Only a lossless session may be attached to, and there is none.
        guard query.attach == nil, !query.hasMalformedCount else { throw .badRequest }
        if opensWebSocket {
            guard asksForUpgrade, head.method == .get else { throw .badRequest }
            self = .probe(id, transport)
        } else {
            switch head.method {
            case .get: self = .receive(id, transport)
            case .post: self = .send(id, transport)
            default: throw .badHandshakeMethod
            }
        }
    }
}
