// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

public import HTTPTypes
public import NIOCore

/// The settings of an Engine.IO server's sessions, and of a Socket.IO server all settings that do not concern events.
/// The defaults of times and sizes are those of the reference server.
public struct EngineIOConfiguration: Sendable {
    /// The path under which the server is found. A missing slash at its end is accepted, here and in requests: clients
    /// may be made with the reference client's `addTrailingSlash: false`.
    public var path = "/engine.io/"
    /// The transports that clients may use.
    public var transports: Set<TransportName> = [.websocket, .sse, .polling]
    /// Whether a polling client may move to a better transport.
    public var allowsUpgrades = true
    /// Who may use the server from pages of another origin; `nil`: nobody.
    public var cors: CORSConfiguration?
    /// The proxies whose word is taken for the client's address, for whether it came by HTTPS, and for which host.
    public var trustedProxies = TrustedProxies.none
    /// The WebSocket subprotocols that the server speaks; the first one that a client offers is agreed on (RFC 6455,
    /// 1.9). `nil`: whichever the client offers first, since a browser closes a WebSocket if it offered subprotocols
    /// and the server chose none.
    public var subprotocols: [String]?

    /// The time from an answered ping to the next ping.
    public var pingInterval = Duration.seconds(25)
    /// How long a ping may stay without an answer.
    public var pingTimeout = Duration.seconds(20)
    /// How long a move to another transport may take.
    public var upgradeTimeout = Duration.seconds(10)
    /// How often a silent event stream sends a comment, so that proxies keep the stream open.
    public var streamKeepAlive = Duration.seconds(15)
    /// How long a closed polling session stays known, so that the client's next request can tell the client.
    package var closeTimeout = Duration.seconds(30)

    /// How sessions end when the server shuts down.
    public var drain = Drain()

    /// The largest message in bytes, in either form, and the largest body of a POST.
    public var maxPayload = 1_000_000
    /// How many bytes may wait to be sent to one client. Past this limit the client is disconnected, with the reason
    /// ``DisconnectReason/slowConsumer``.
    public var unsentLimit = 16 << 20
    /// How many unsent bytes a volatile message may wait behind; 0: a volatile message that would have to wait is
    /// dropped.
    package var volatileLimit = 0

    /// How many messages, from threads other than its own, an event loop may have left to send. What goes to one socket
    /// past this limit ends that socket's session, as if it were slow; what goes to many is not sent to those on that
    /// loop. A loop that is so far behind does not keep up with the application.
    public var maxQueuedSends = 1 << 16
    /// How many sessions there may be, and how fast clients may open them and send on them.
    public var limits = LimitsConfiguration()

    /// How messages on WebSockets are compressed; `nil`: they are not.
    public var perMessageDeflate: PerMessageDeflate?
    /// How answers to polling requests, and the JavaScript client's files, are compressed; `nil`: they are not.
    public var httpCompression = HTTPCompression.byDefault

    /// Decides whether a session may be opened: asked with each handshake on every transport, once the request has
    /// passed the server's own checks. Called outside the event loops. Until it has returned, nothing more is read from
    /// the request's connection; if the connection ends meanwhile, the task is cancelled.
    ///
    /// It refuses the handshake by throwing: the client is answered with 403 and code 4, and gets the message of a
    /// ``RequestRefused``, and "Forbidden" for any other error.
    public var allowRequest: (@Sendable (HandshakeRequest) async throws -> Void)?
    /// Says who makes a request, by a cookie or a token that it carries: the name of a user, for example; `nil` for
    /// nobody in particular. A session then belongs to who opened it: a request for it that is made by anybody else,
    /// who has learned its id, is answered with 403 and code 4, on every transport and every server of a cluster.
    ///
    /// Asked about each request that opens or uses a session, once it has passed the server's own checks, and before
    /// ``allowRequest``, which finds the answer in ``HandshakeRequest/identity``. Called outside the event loops, as
    /// ``allowRequest`` is, and refuses a request by throwing in the same way.
    public var sessionIdentity: (@Sendable (HandshakeRequest) async throws -> String?)?
    /// Called in this order with every HTTP request under ``path``, upgrades included, before any check, but not with
    /// preflight requests and requests for the JavaScript client's files. Called outside the event loops, as
    /// ``allowRequest`` is.
    public var httpMiddleware: [HTTPMiddleware] = []
    /// Adds header fields to the answer that opens a session, a WebSocket's 101 included. Called on an event loop, so
    /// it must not block.
    public var initialHeaders: (@Sendable (HandshakeRequest, inout HTTPFields) -> Void)?
    /// Adds header fields to every answer under ``path``. Called on an event loop, so it must not block.
    ///
    /// Fields that frame an answer, such as `Content-Length`, are the server's own: here and in ``initialHeaders`` and
    /// ``httpMiddleware`` they are ignored.
    public var headers: (@Sendable (HandshakeRequest, inout HTTPFields) -> Void)?
    /// The cookie that the answer to a handshake on polling or Server-Sent Events sets; `nil`: none.
    public var cookie: SessionCookie?
    /// Called with every request that is refused before it reaches a session. Called on any thread, so it must not
    /// block.
    public var onConnectionError: (@Sendable (ConnectionFailure) -> Void)?
    /// Called each time that a client, or all clients together, exceeded a limit, with the client's address as far as it
    /// is known. Called on any thread, so it must not block.
    public var onLimitExceeded: (@Sendable (_ limit: ExceededLimit, _ address: SocketAddress?) -> Void)?
    /// A message that every new session is sent first, together with the answer to its handshake.
    public var initialPacket: InitialPacket?

    /// A message for new sessions, as Engine.IO carries it.
    public enum InitialPacket: Sendable {
        case text(String)
        case binary(ByteBuffer)
    }

    /// The terms for clients that ask for a lossless session; `nil`: those clients get a plain session, which ends with
    /// its connection.
    public var resume: Resume? = Resume()

    /// The terms of a lossless session, which survives its connections: the server sends the messages that a client
    /// missed without a connection when the client is back. The layers above the session see only a change of the
    /// transport.
    public struct Resume: Sendable {
        /// How long a session without a connection is kept. Past this time, the session ends.
        public var timeout = Duration.seconds(30)
        /// How many unacknowledged bytes may be on the way to one client. Past this limit, further messages wait. A
        /// session without a connection ends when more than this number of bytes is kept for it.
        public var buffer = 1 << 20

        public init() {}
    }

    public init() {}

    /// The transports that the open packet offers to a session on `transport`.
    func upgrades(from transport: any Transport) -> [TransportName] {
        guard self.allowsUpgrades else { return [] }
        return transport.upgrades.filter(self.transports.contains)
    }
}
