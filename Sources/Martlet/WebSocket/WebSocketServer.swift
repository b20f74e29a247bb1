// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

public import MartletEngine

/// A server of plain WebSockets (RFC 6455), for applications that need no sessions: it receives and sends messages.
public final class WebSocketServer: Sendable {
    /// The settings of a ``WebSocketServer``.
    public struct Configuration: Sendable {
        /// The largest message in bytes, after inflating. A larger message closes the connection with 1009.
        public var maxMessageSize = 1_000_000
        /// How messages are compressed; `nil`: they are not.
        public var perMessageDeflate: PerMessageDeflate?
        /// Who may connect from web pages of another origin; `nil`: nobody.
        public var cors: CORSConfiguration?
        /// The proxies whose word is taken for the host to which a request was sent.
        public var trustedProxies = TrustedProxies.none
        /// The subprotocols that the server speaks (RFC 6455, 1.9). The first one that a client offers and the server
        /// speaks is agreed on; if this is `nil`, the first one that the client offers. A client that offers none of
        /// them is accepted all the same, and may then fail the connection.
        public var subprotocols: [String]? = []
        /// The number of unsent bytes past which the server stops reading from a connection, until its peer has caught
        /// up.
        public var readPauseLimit = 1 << 20
        /// The number of unsent bytes past which a connection is closed, because its peer is too slow.
        public var unsentLimit = 16 << 20

        public init() {}
    }

    public let path: String
    public let configuration: Configuration
    let onConnection: @Sendable (WebSocket) -> Void
    let connections = PerLoop { eventLoop, _ in WebSocketConnections(eventLoop: eventLoop) }

    /// - Parameters:
    ///   - path: where the server is found; a missing slash at its end is accepted.
    ///   - configuration: the settings.
    ///   - onConnection: called on each connection's event loop when it opens; it sets the connection's handlers.
    public init(
        path: String,
        configuration: Configuration = Configuration(),
        onConnection: @escaping @Sendable (WebSocket) -> Void
    ) {
        self.path = path
        self.configuration = configuration
        self.onConnection = onConnection
    }
}
