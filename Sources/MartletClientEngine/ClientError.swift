// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import MartletEngine

/// Why a connection, a request or a session has failed. The text says what happened and what to look for.
package struct ClientError: Error, Sendable, CustomStringConvertible {
    package enum Code: Sendable, Hashable {
        /// The address is none, or names what this client cannot use.
        case invalidAddress
        /// No connection: the name is unknown, nobody listens, the network is down.
        case notConnected
        /// The connection was not encrypted: a certificate that is not trusted, or a server without TLS.
        case tls
        /// Nothing came in time.
        case timeout
        /// An HTTP answer that is none of Engine.IO's: a proxy's, or that of another application.
        case unexpectedAnswer
        /// The server has refused the request, with one of Engine.IO's codes.
        case refused
        /// The server does not know the session, or no longer.
        case sessionUnknown
        /// The server has refused a message for its size.
        case messageTooLarge
        /// The server, or something between, broke the protocol.
        case protocolViolation
        /// The connection is gone.
        case connectionLost
        /// The application has asked for something that is not to be had.
        case unavailable
    }

    package let code: Code
    package let message: String
    /// The transport that has failed.
    package var transport: TransportName?
    /// The status of the HTTP answer.
    package var status: Int?
    /// The code of Engine.IO's answer (Protocol.md, section 1), or of the WebSocket's close frame.
    package var detail: Int?

    package init(
        _ code: Code,
        _ message: String,
        transport: TransportName? = nil,
        status: Int? = nil,
        detail: Int? = nil
    ) {
        self.code = code
        self.message = message
        self.transport = transport
        self.status = status
        self.detail = detail
    }

    package var description: String {
        guard let transport = self.transport else { return self.message }
        return "\(transport): \(self.message)"
    }
}
