// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// The server's side of the opening handshake (RFC 6455, 4.2): takes header values and gives header values.
package enum WebSocketHandshake {
    /// The answer to an upgrade request.
    package enum Answer: Sendable, Hashable {
        case accepted(Acceptance)
        case refused(Refusal)
    }

    /// The headers of a 101 response besides `Upgrade: websocket` and `Connection: Upgrade`.
    package struct Acceptance: Sendable, Hashable {
        /// `Sec-WebSocket-Accept`
        package var acceptKey: String
        /// `Sec-WebSocket-Protocol`, if any.
        package var subprotocol: String?
        /// The negotiated compression; nil for none.
        package var deflate: PerMessageDeflateParameters?
        /// `Sec-WebSocket-Extensions`, if any.
        package var extensions: String? { deflate?.headerValue }
    }

    /// An HTTP answer that refuses the upgrade.
    package struct Refusal: Error, Sendable, Hashable {
        /// 400, 405 or 426.
        package var status: Int
        /// In words, for the body.
        package var reason: String
        /// A header that the status asks for: `Allow`, or `Sec-WebSocket-Version`.
        package var header: Header?

        package struct Header: Sendable, Hashable {
            package var name: String
            package var value: String
        }
    }

    /// The only version of the protocol, "13".
    package static let version = "13"

    /// The value of `Sec-WebSocket-Accept` for a `Sec-WebSocket-Key` (4.2.2, step 5.4).
    package static func acceptKey(for key: String) -> String {
        var message: [UInt8] = []
        message.reserveCapacity(key.utf8.count + 36)
        message.append(contentsOf: key.utf8)
        message.append(contentsOf: "258EAFA5-E914-47DA-95CA-C5AB0DC85B11".utf8)
        return HandshakeBase64.encode(SHA1.digest(message))
    }

    /// Checks an upgrade request.
    /// - Parameters:
    ///   - supportedProtocols: The subprotocols that the server speaks, or nil for all. The answer names the first of
    ///     the client's offers that is among them, or none.
    ///   - deflate: How to compress; nil for not at all.
    package static func answer(
        _ request: WebSocketUpgradeRequest, supportedProtocols: [String]? = [],
        deflate: PerMessageDeflateConfiguration? = nil
    ) -> Answer {
        do throws(Refusal) {
            let key = try validKey(request)
            let offers = try validOffers(request)
            return .accepted(
                Acceptance(
                    acceptKey: acceptKey(for: key),
                    subprotocol: try chooseProtocol(request, supportedProtocols),
                    deflate: deflate.flatMap { PerMessageDeflateParameters.negotiate(offers, $0) }))
        } catch {
            return .refused(error)
        }
    }

    /// Checks all that RFC 6455, 4.2.1 requires.
    /// - Returns: The key.
    private static func validKey(_ request: WebSocketUpgradeRequest) throws(Refusal) -> String {
        guard request.method == "GET" else {
            throw Refusal(
                status: 405, reason: "Method not allowed", header: .init(name: "Allow", value: "GET"))
        }
        guard HeaderList.contains("websocket", in: request.upgrade) else { throw .bad("Invalid Upgrade header") }
        guard HeaderList.contains("upgrade", in: request.connection) else { throw .bad("Invalid Connection header") }
        guard request.version.count <= 1 else { throw .bad("Repeated Sec-WebSocket-Version header") }
        guard let asked = request.version.first, HeaderList.trimmed(asked[...]) == version else {
            throw Refusal(
                status: 426, reason: "Unsupported WebSocket version",
                header: .init(name: "Sec-WebSocket-Version", value: version))
        }
        guard request.key.count == 1 else { throw .bad("Missing or repeated Sec-WebSocket-Key header") }
        let key = String(HeaderList.trimmed(request.key[0][...]))
        guard isValid(key) else { throw .bad("Invalid Sec-WebSocket-Key header") }
        return key
    }

    /// Whether a key is sixteen bytes in base64: 22 letters and two signs of padding.
    private static func isValid(_ key: String) -> Bool {
        var key = key
        return key.withUTF8 { bytes in
            bytes.count == 24 && bytes[22] == UInt8(ascii: "=") && bytes[23] == UInt8(ascii: "=")
                && bytes[..<22].allSatisfy(HandshakeBase64.isInAlphabet)
        }
    }

    private static func validOffers(_ request: WebSocketUpgradeRequest) throws(Refusal) -> [WebSocketExtension] {
        guard let offers = WebSocketExtension.parse(request.extensions) else {
            throw .bad("Invalid Sec-WebSocket-Extensions header")
        }
        return offers
    }

    /// Chooses the subprotocol. The comparison distinguishes upper and lower case.
    private static func chooseProtocol(
        _ request: WebSocketUpgradeRequest, _ supported: [String]?
    ) throws(Refusal) -> String? {
        let offered = HeaderList.elements(request.protocols)
        guard offered.allSatisfy(HeaderList.isToken) else { throw .bad("Invalid Sec-WebSocket-Protocol header") }
        return offered.lazy.map(String.init).first { supported?.contains($0) != false }
    }
}

extension WebSocketHandshake.Refusal {
    fileprivate static func bad(_ reason: String) -> Self { Self(status: 400, reason: reason, header: nil) }
}
