// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import EngineIOWire
internal import HTTPTypes
internal import MartletEngine
internal import MartletWebSocket
internal import NIOCore
internal import WebSocketWire

extension ServerExchange {
    /// Checks the handshake (RFC 6455, 4.2.1).
    func webSocketAnswer(
        deflate: PerMessageDeflateConfiguration?,
        subprotocols: [String]?
    ) -> WebSocketHandshake.Answer {
        var request = WebSocketUpgradeRequest(method: self.head.method.rawValue)
        self.head.forEachField { request.read($0, $1) }
        // An HTTP/1.0 client's `Upgrade` is ignored.
        if !self.head.asksForWebSocket { request.upgrade = [] }
        return WebSocketHandshake.answer(request, supportedProtocols: subprotocols, deflate: deflate)
    }

    func refuse(_ refusal: WebSocketHandshake.Refusal) {
        var answer = HTTPAnswer(
            status: .init(code: refusal.status),
            contentType: "text/plain; charset=UTF-8",
            body: ByteBuffer(string: refusal.reason)
        )
        if let header = refusal.header, let name = HTTPField.Name(header.name) {
            answer.otherFields[name] = header.value
        }
        self.respond(answer)
    }

    /// Turns the HTTP connection into a WebSocket.
    ///
    /// - Parameters:
    ///   - loop: the event loop on which the WebSocket lives.
    ///   - start: called on that loop with the connection. The answer to the handshake is already in the connection's
    ///     output, so that messages sent at once leave together with it.
    func acceptWebSocket(
        _ acceptance: WebSocketHandshake.Acceptance,
        on loop: WebSocketLoop,
        limits: WebSocketLimits,
        deflate: PerMessageDeflateConfiguration?,
        start: @escaping @Sendable (WebSocketConnection) -> Void
    ) {
        let handler = WebSocketChannelHandler(
            channel: self.channel,
            loop: loop,
            isPlaintext: self.isPlaintext
        )
        guard self.replaceHandler(with: handler) else { return }
        let head = self.switchingProtocols(acceptance)
        let begin: @Sendable () -> Void = {
            var compression: WebSocketConnection.Compression?
            if let parameters = acceptance.deflate, let deflate {
                compression = .init(parameters: parameters, configuration: deflate, loop: loop)
            }
            let connection = WebSocketConnection(
                loop: loop,
                host: handler,
                limits: limits,
                compression: compression,
                preamble: head
            )
            handler.start(connection)
            start(connection)
        }
        if loop.context.eventLoop.inEventLoop { begin() } else { loop.context.eventLoop.execute(begin) }
    }

    private func switchingProtocols(_ acceptance: WebSocketHandshake.Acceptance) -> ByteBuffer {
        var head = ByteBuffer()
        head.writeHead { parts in
            parts.put("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n")
            parts.putField("Sec-WebSocket-Accept: ", acceptance.acceptKey)
            if let subprotocol = acceptance.subprotocol { parts.putField("Sec-WebSocket-Protocol: ", subprotocol) }
            if let extensions = acceptance.extensions { parts.putField("Sec-WebSocket-Extensions: ", extensions) }
            parts.putFields(self.progress.fields)
            parts.put("\r\n")
        }
        return head
    }
}
