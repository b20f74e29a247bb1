// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

public import MartletEngine
internal import NIOCore

/// The settings of a ``SocketIOServer``. Every limit is here, with its default beside it.
public struct SocketIOConfiguration: Sendable {
    /// The path under which the server is found. A missing slash at its end is accepted.
    public var path = "/socket.io/"
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
    /// How long a connection may be open without having joined a namespace.
    public var connectTimeout = Duration.seconds(45)
    /// How long a move to another transport may take.
    public var upgradeTimeout = Duration.seconds(10)
    /// How often a silent event stream says a comment, so that proxies keep it open.
    public var streamKeepAlive = Duration.seconds(15)

    /// The largest message in bytes, in either form, and the largest body of a POST.
    public var maxPayload = 1_000_000
    /// How many binary attachments one packet may have.
    public var maxAttachments = 10
    /// How many namespaces one connection may have joined. Past it, a client is answered with a connect error.
    public var maxNamespaces = 100
    /// How many events of one connection wait for handlers that are suspended. Past it the connection is not read
    /// until there is room.
    public var maxWaitingEvents = 256
    /// How many acknowledgements of one socket may be outstanding. Past it the oldest fails with
    /// ``AcknowledgementError/tooManyPending``.
    public var maxPendingAcknowledgements = 10_000
    /// Unsent bytes for one client up to which a volatile event may wait for it. With 0, which is the default, one that
    /// would have to wait is dropped: on long polling while no request of the client's waits, on a connection that
    /// cannot take more at the moment, and in a session that has lost its connection (there with any limit).
    public var volatileLimit = 0
    /// Unsent bytes for one client past which it is disconnected.
    public var unsentLimit = 16 << 20

    /// Whether and how messages on WebSockets are compressed; `nil`: they are not.
    public var perMessageDeflate: PerMessageDeflate?

    /// What clients that ask for a lossless session are granted; `nil`: they get a plain one, which ends with its
    /// connection.
    public var resume: Resume? = Resume()

    /// The terms of a lossless session, which survives its connections: what a client missed while it had none is sent
    /// when it is back, and the application hears of nothing but a change of ``Socket/transport``.
    public struct Resume: Sendable {
        /// How long a session is kept whose client has no connection. Past it, its sockets are disconnected.
        public var timeout = Duration.seconds(30)
        /// How many bytes for one client may be without its acknowledgement before what follows waits. While it has no
        /// connection, more than that disconnects its sockets.
        public var buffer = 1 << 20

        public init() {}
    }

    /// Turns arguments into JSON and back.
    public var coder: any ArgumentCoder = JSONArgumentCoder()

    public init() {}

    package var engine: EngineConfiguration {
        var engine = EngineConfiguration()
        engine.transports = self.transports
        engine.allowUpgrades = self.allowsUpgrades
        engine.pingInterval = TimeAmount(self.pingInterval)
        engine.pingTimeout = TimeAmount(self.pingTimeout)
        engine.upgradeTimeout = TimeAmount(self.upgradeTimeout)
        engine.maxPayload = self.maxPayload
        engine.volatileLimit = self.volatileLimit
        engine.unsentLimit = self.unsentLimit
        engine.resume = self.resume.map { resume in
            var terms = EngineConfiguration.Resume()
            terms.timeout = TimeAmount(resume.timeout)
            terms.buffer = resume.buffer
            return terms
        }
        return engine
    }
}
