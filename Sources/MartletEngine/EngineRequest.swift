// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import EngineIOWire
package import HTTPTypes

/// The meaning of a request under an engine's path.
package enum EngineRequest: Equatable, Sendable {
    /// Open a session on a transport.
    case handshake(TransportName, wantsResume: Bool)
    /// Show that this transport works between client and server, without a session.
    case trial(TransportName)
    /// Receive the session's messages: a GET on a transport of HTTP requests.
    case receive(SessionID, TransportName, Counts)
    /// Send messages to the session: a POST.
    case send(SessionID, TransportName, Counts)
    /// Connect a second transport to a session; on it the client may ask to move the session there.
    case probe(SessionID, TransportName)
    /// Move a lossless session to this transport.
    case attach(AttachRequest)

    /// The counts of a lossless session that a request carries; a plain session ignores them.
    package struct Counts: Equatable, Sendable {
        /// How many messages the client has received.
        package var acknowledged: Int?
        /// The number of the first message in the body.
        package var first: Int?
        /// Whether a count is malformed, or an `attach` lacks its `ack`. That is a bad request, except in a plain
        /// session, where the application may use these parameter names itself.
        package var isMalformed: Bool

        package init(acknowledged: Int? = nil, first: Int? = nil, isMalformed: Bool = false) {
            self.acknowledged = acknowledged
            self.first = first
            self.isMalformed = isMalformed
        }
    }

    /// Classifies a request. The checks and their order are the reference server's.
    ///
    /// - Parameters:
    ///   - target: path and query.
    ///   - asksForUpgrade: whether the request's header fields ask for an upgrade of its connection.
    ///   - transports: the transports that clients may use.
    ///   - needsUpgrade: whether a transport needs requests that ask for an upgrade; `nil` when the transport does not
    ///     exist.
    ///   - originIsAllowed: whether the page that makes the request may use the server. Asked on every transport, so
    ///     that a page that is refused a WebSocket does not fall back to another transport in vain.
    package init(
        method: HTTPRequest.Method,
        target: String,
        asksForUpgrade: Bool,
        transports: Set<TransportName>,
        needsUpgrade: (TransportName) -> Bool?,
        originIsAllowed: () -> Bool
    ) throws(EngineIOError) {
        let query = EngineQuery(target: target)
        let transport = TransportName(rawValue: query.transport ?? "")
        guard transports.contains(transport), let needsUpgrade = needsUpgrade(transport) else {
            throw .unknownTransport
        }
        if method == .get || method == .post, !originIsAllowed() { throw .forbidden(message: nil) }

        guard let sid = query.sid, !sid.isEmpty else {
            guard method == .get else { throw .badHandshakeMethod }
            guard needsUpgrade == asksForUpgrade else { throw .badRequest }
            guard query.protocolVersion == "4" else { throw .unsupportedProtocolVersion }
            if transport == .polling, query.j != nil { throw .jsonpUnsupported }
            self = query.isProbe ? .trial(transport) : .handshake(transport, wantsResume: query.wantsResume)
            return
        }
        if transport == .polling, query.j != nil { throw .jsonpUnsupported }
        let id = SessionID(sid)
        if let number = query.attach, let acknowledged = query.ack, !query.hasMalformedCount {
            guard method == .get, needsUpgrade == asksForUpgrade else { throw .badRequest }
            self = .attach(
                AttachRequest(id: id, transport: transport, number: number, acknowledged: acknowledged))
            return
        }
        guard let id else { throw .unknownSession }
        let counts = Counts(
            acknowledged: query.ack,
            first: query.seq,
            isMalformed: query.hasMalformedCount || query.attach != nil
        )
        if needsUpgrade {
            guard asksForUpgrade, method == .get else { throw .badRequest }
            self = .probe(id, transport)
        } else {
            switch method {
            case .get: self = .receive(id, transport, counts)
            case .post: self = .send(id, transport, counts)
            default: throw .badHandshakeMethod
            }
        }
    }
}
