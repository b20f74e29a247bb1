// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// The settings of sessions, whatever stands on top of them: those of an Engine.IO server, and of a Socket.IO server
/// all that have nothing to do with events. The times and sizes are those of the reference server.
public struct EngineIOConfiguration: Sendable {
    /// The path under which the server is found. A missing slash at its end is accepted.
    public var path = "/engine.io/"
    /// The transports that clients may use.
    public var transports: Set<TransportName> = [.websocket, .sse, .polling]
    /// Whether a polling client may move to a better transport.
    public var allowsUpgrades = true
    /// Who may use the server from pages of another origin; `nil`: nobody.
    public var cors: CORSConfiguration?
    /// The proxies that are believed when they say who their client is, whether it came by HTTPS, and for which host.
    public var trustedProxies = TrustedProxies.none
    /// The WebSocket subprotocols of which the first that a client offers is agreed on (RFC 6455, 1.9); `nil`: whichever
    /// it offers first, since browsers give up a WebSocket for which they offered some and none was chosen.
    public var subprotocols: [String]?

    /// From an answered ping to the next one.
    public var pingInterval = Duration.seconds(25)
    /// How long a ping may stay without an answer.
    public var pingTimeout = Duration.seconds(20)
    /// How long a move to another transport may take.
    public var upgradeTimeout = Duration.seconds(10)
    /// How often a silent event stream says a comment, so that proxies keep it open.
    public var streamKeepAlive = Duration.seconds(15)
    /// How long a closed polling session waits for the request that tells its client.
    package var closeTimeout = Duration.seconds(30)

    /// The largest message in bytes, in either form, and the largest body of a POST.
    public var maxPayload = 1_000_000
    /// Unsent bytes for one client past which it is disconnected.
    public var unsentLimit = 16 << 20
    /// Unsent bytes up to which a volatile message may wait; 0: one that would have to wait is dropped.
    package var volatileLimit = 0

    /// Whether and how messages on WebSockets are compressed; `nil`: they are not.
    public var perMessageDeflate: PerMessageDeflate?

    /// What clients that ask for a lossless session are granted; `nil`: they get a plain one, which ends with its
    /// connection.
    public var resume: Resume? = Resume()

    /// The terms of a lossless session, which survives its connections: what a client missed while it had none is sent
    /// when it is back, and what uses the session hears of nothing but a change of the transport.
    public struct Resume: Sendable {
        /// How long a session is kept whose client has no connection. Past it, the session ends.
        public var timeout = Duration.seconds(30)
        /// How many bytes for one client may be without its acknowledgement before what follows waits. While it has no
        /// connection, more than that ends its session.
        public var buffer = 1 << 20

        public init() {}
    }

    public init() {}

    /// What the open packet offers to a session on this transport.
    func upgrades(from transport: any Transport) -> [TransportName] {
        guard self.allowsUpgrades else { return [] }
        return transport.upgrades.filter(self.transports.contains)
    }
}
