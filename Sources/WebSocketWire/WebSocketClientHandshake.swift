// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// The client's side of the opening handshake (RFC 6455, 4.1): gives header values, and checks those of the answer.
package struct WebSocketClientHandshake: Sendable {
    /// `Sec-WebSocket-Key`
    package let key: String
    /// Whether permessage-deflate is offered.
    package let offersDeflate: Bool

    /// - Parameter nonce: A number that nobody can predict; each handshake needs another one.
    package init(nonce: (UInt64, UInt64), offersDeflate: Bool) {
        self.key = withUnsafeBytes(of: nonce) { HandshakeBase64.encode(Array($0)) }
        self.offersDeflate = offersDeflate
    }

    /// `Sec-WebSocket-Extensions`, if any. Neither side takes over a context, so that an idle connection needs none.
    package var extensions: String? {
        offersDeflate
            ? "\(WebSocketExtension.perMessageDeflate); client_no_context_takeover; server_no_context_takeover; "
                + "client_max_window_bits" : nil
    }

    /// What an answer with the status 101 says that the handshake depends on: the values of the lines as received.
    package struct Answer: Sendable {
        package var upgrade: [String] = []
        package var connection: [String] = []
        package var accept: [String] = []
        package var protocols: [String] = []
        package var extensions: [String] = []

        package init() {}

        /// Stores a header line's value if the handshake depends on it.
        package mutating func read(_ name: String, _ value: String) {
            switch name.utf8.count {
            case 7 where HeaderList.isSame(name, "Upgrade"): self.upgrade.append(value)
            case 10 where HeaderList.isSame(name, "Connection"): self.connection.append(value)
            case 20 where HeaderList.isSame(name, "Sec-WebSocket-Accept"): self.accept.append(value)
            case 22 where HeaderList.isSame(name, "Sec-WebSocket-Protocol"): self.protocols.append(value)
            case 24 where HeaderList.isSame(name, "Sec-WebSocket-Extensions"): self.extensions.append(value)
            default: break
            }
        }
    }

    /// Checks all that RFC 6455, 4.1 requires of an answer with the status 101.
    /// - Returns: The negotiated compression; nil for none.
    /// - Throws: What is wrong with the answer, in the reason.
    package func check(_ answer: Answer) throws(WebSocketError) -> PerMessageDeflateParameters? {
        guard HeaderList.contains("websocket", in: answer.upgrade) else { throw .violation("invalid Upgrade header") }
        guard HeaderList.contains("upgrade", in: answer.connection) else {
            throw .violation("invalid Connection header")
        }
        guard answer.accept.count == 1,
            HeaderList.trimmed(answer.accept[0][...]) == WebSocketHandshake.acceptKey(for: key)
        else { throw .violation("invalid Sec-WebSocket-Accept header") }
        guard HeaderList.elements(answer.protocols).isEmpty else { throw .violation("unexpected subprotocol") }
        guard let extensions = WebSocketExtension.parse(answer.extensions) else {
            throw .violation("invalid Sec-WebSocket-Extensions header")
        }
        if extensions.isEmpty { return nil }
        // RFC 7692, 7.1.1.1: a server that accepts the offer does not take over its context.
        guard offersDeflate, var parameters = PerMessageDeflateParameters(answer: extensions),
            parameters.serverNoContextTakeover
        else { throw .violation("unexpected extension") }
        // A client need not take over its context, whatever was agreed on (7.1.1.2).
        parameters.clientNoContextTakeover = true
        return parameters
    }
}
