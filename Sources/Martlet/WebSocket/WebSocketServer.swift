// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

public import MartletEngine

/// A server of plain WebSockets (RFC 6455), for what needs no session: messages in, messages out.
public final class WebSocketServer: Sendable {
    /// The settings of a ``WebSocketServer``.
    public struct Configuration: Sendable {
        /// The largest message in bytes, after inflating too. Past it the connection is closed with 1009.
        public var maxMessageSize = 1_000_000
        /// Whether and how messages are compressed; `nil`: they are not.
        public var perMessageDeflate: PerMessageDeflate?
        /// Who may connect from web pages of another origin; `nil`: nobody.
        public var cors: CORSConfiguration?
        /// The proxies that are believed when they say for which host a request came.
        public var trustedProxies = TrustedProxies.none
        /// The subprotocols that the server speaks (RFC 6455, 1.9). The first of the client's that is among them is
        /// agreed on; where this is `nil`, just the first. A client that asks for none of them is accepted all the same,
        /// and may then fail the connection.
        public var subprotocols: [String]? = []
        /// Unsent bytes past which a connection is not read, until its peer has caught up.
        public var readPauseLimit = 1 << 20
        /// Unsent bytes past which a connection is closed: its peer is too slow.
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
    ///   - onConnection: called on the connection's event loop for each; it says what is done with messages.
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
