// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import HTTPTypes
internal import MartletEngine
internal import NIOCore

/// One request on a connection, and the way to answer it from the event loop of the session that it is for.
///
/// `@unchecked Sendable`: `head` and `channel` never change; `fields` is set on the connection's event loop before
/// the exchange is handed to another; `home` and `handler` are used on the connection's loop only, all else on `home`
/// only, which changes hands by a hop from one loop to the other.
final class ServerExchange: HTTPExchange, @unchecked Sendable {
    let head: HTTPRequest
    let channel: any Channel
    /// Header fields that go into the answer besides its own.
    var fields = HTTPFields()
    /// The event loop of the session that the request is for: where the answer comes from and callbacks go to.
    var home: any EventLoop
    /// What an endpoint keeps with the request between its head and its end.
    var upload: EngineUpload?

    private let handler: MartletChannelHandler
    private var isOver = false
    private(set) var unsentBytes = 0
    private var isFull = false
    var onLost: (() -> Void)?
    var onWritable: (() -> Void)?

    private static let lowWaterMark = 32 << 10

    init(head: HTTPRequest, channel: any Channel, handler: MartletChannelHandler) {
        self.head = head
        self.channel = channel
        self.home = channel.eventLoop
        self.handler = handler
    }

    /// The request's head, with the client's address and whether it is encrypted.
    func handshake(trusting proxies: TrustedProxies) -> HandshakeRequest {
        HandshakeRequest(
            head: self.head,
            remoteAddress: self.channel.remoteAddress,
            isSecure: self.head.scheme == "https",
            trusting: proxies
        )
    }

    // MARK: On the session's event loop

    func respond(_ answer: HTTPAnswer) {
        guard !self.isOver else { return }
        self.end()
        self.withHandler { $0.respond(to: self, answer) }
    }

    func beginStream(_ head: HTTPAnswer) {
        self.withHandler { $0.beginStream(for: self, head) }
    }

    func writeStream(_ bytes: ByteBuffer) {
        guard !self.isOver else { return }
        let count = bytes.readableBytes
        self.unsentBytes += count
        self.withHandler { handler in
            handler.writeStream(for: self, bytes) { self.onHome { self.sent(count) } }
        }
    }

    func endStream() {
        guard !self.isOver else { return }
        self.end()
        self.withHandler { $0.endStream(for: self) }
    }

    private func end() {
        self.isOver = true
        self.onLost = nil
        self.onWritable = nil
    }

    private func sent(_ count: Int) {
        self.unsentBytes -= count
        if self.unsentBytes < Self.lowWaterMark { self.onWritable?() }
    }

    // MARK: On the connection's event loop

    /// The connection is gone.
    func connectionLost() {
        self.onHome {
            guard !self.isOver else { return }
            let onLost = self.onLost
            self.end()
            onLost?()
        }
    }

    /// Makes the connection's event loop the place where the exchange is answered from.
    /// - Returns: false when the connection is lost, and the session's event loop may be hearing of it.
    func takeBack() -> Bool {
        guard self.channel.isActive else { return false }
        self.home = self.channel.eventLoop
        return true
    }

    /// Puts a handler for raw bytes in the place of the HTTP handlers.
    func replaceHandler(with handler: WebSocketChannelHandler) -> Bool {
        self.end()
        return self.handler.replace(for: self, with: handler)
    }

    /// Whether nothing stands between the connection's HTTP handlers and its socket.
    var isPlaintext: Bool { self.handler.isPlaintext }

    /// Runs `body` on the event loop of the session.
    func onHome(_ body: @escaping @Sendable () -> Void) {
        if self.home.inEventLoop { body() } else { self.home.execute(body) }
    }

    /// Runs `body` on the event loop of the connection.
    func onChannel(_ body: @escaping @Sendable () -> Void) {
        if self.channel.eventLoop.inEventLoop { body() } else { self.channel.eventLoop.execute(body) }
    }

    private func withHandler(_ body: @escaping @Sendable (MartletChannelHandler) -> Void) {
        self.onChannel { body(self.handler) }
    }
}
