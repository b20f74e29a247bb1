// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import HTTPTypes
internal import MartletEngine
internal import NIOCore

/// One request on a connection, and the way to answer it from the event loop of the session that it is for.
///
/// `@unchecked Sendable`: `head`, `endpoint` and `channel` never change; `fields` is set on the connection's event loop
/// before the exchange is handed to another; `home` and what stands under "progress" are used on the connection's loop
/// only, all else on `home` only, which changes hands by a hop from one loop to the other.
final class ServerExchange: HTTPExchange, @unchecked Sendable {
    let head: RequestHead
    /// Who answers; `nil` when the request was passed on to others.
    let endpoint: (any Endpoint)?
    let channel: any Channel
    // `@exclusivity(unchecked)`: see LoopContext.
    /// Header fields that go into the answer besides its own.
    @exclusivity(unchecked) var fields = HTTPFields()
    /// The event loop of the session that the request is for: where the answer comes from and callbacks go to.
    @exclusivity(unchecked) var home: any EventLoop
    /// What an endpoint keeps with the request between its head and its end.
    @exclusivity(unchecked) var upload: EngineUpload?

    // Progress
    @exclusivity(unchecked) var body = ByteBuffer()
    /// What is left of a request after it has been refused: read, counted, and dropped.
    var discardedBytes: Int?
    @exclusivity(unchecked) var requestHasEnded = false
    @exclusivity(unchecked) var responseHasEnded = false

    private let connection: HTTPConnection
    @exclusivity(unchecked) private var isOver = false
    @exclusivity(unchecked) private(set) var unsentBytes = 0
    @exclusivity(unchecked) private var isFull = false
    @exclusivity(unchecked) var onLost: (() -> Void)?
    @exclusivity(unchecked) private(set) var hasSentOutput = false
    /// Whether somebody is to be told if the answer cannot be sent. Set before the answer is handed to the connection.
    @exclusivity(unchecked) private(set) var isMissedWhenLost = false
    @exclusivity(unchecked) var onWritable: (() -> Void)?

    private static let lowWaterMark = 32 << 10

    init(head: RequestHead, endpoint: (any Endpoint)?, channel: any Channel, connection: HTTPConnection) {
        self.head = head
        self.endpoint = endpoint
        self.channel = channel
        self.home = channel.eventLoop
        self.connection = connection
    }

    /// The request's head, with the client's address and whether it is encrypted.
    func handshake(trusting proxies: TrustedProxies) -> HandshakeRequest {
        self.head.handshake(remoteAddress: self.channel.remoteAddress, trusting: proxies)
    }

    // MARK: On the session's event loop

    func respond(_ answer: HTTPAnswer) {
        guard !self.isOver else { return }
        self.isOver = true
        self.onWritable = nil
        self.isMissedWhenLost = self.onLost != nil
        // As `onChannel` does, without a closure where none is needed: this is on every request's way.
        let eventLoop = self.channel.eventLoop
        if eventLoop.inEventLoop {
            self.connection.respond(to: self, answer)
        } else {
            eventLoop.execute { self.connection.respond(to: self, answer) }
        }
    }

    func beginStream(_ head: HTTPAnswer) {
        self.onChannel { self.connection.beginStream(for: self, head) }
    }

    func writeStream(_ bytes: ByteBuffer) {
        guard !self.isOver else { return }
        let count = bytes.readableBytes
        self.unsentBytes += count
        if self.unsentBytes >= Self.lowWaterMark { self.isFull = true }
        self.onChannel {
            self.connection.writeStream(for: self, bytes) { hasLeft in
                self.onHome { self.sent(count, hasLeft: hasLeft) }
            }
        }
    }

    func endStream() {
        guard !self.isOver else { return }
        self.end()
        self.onChannel { self.connection.endStream(for: self) }
    }

    private func end() {
        self.isOver = true
        self.onLost = nil
        self.onWritable = nil
    }

    private func sent(_ count: Int, hasLeft: Bool) {
        if hasLeft { self.hasSentOutput = true }
        self.unsentBytes -= count
        guard self.isFull, self.unsentBytes < Self.lowWaterMark else { return }
        self.isFull = false
        self.onWritable?()
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

    /// The answer could not be sent.
    func answerLost() {
        guard self.isMissedWhenLost else { return }
        self.onHome { self.onLost.take()?() }
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
        return self.connection.replace(for: self, with: handler)
    }

    /// Whether nothing stands between the connection's HTTP handlers and its socket.
    var isPlaintext: Bool { self.connection.isPlaintext }

    /// Runs `body` on the event loop of the session.
    func onHome(_ body: @escaping @Sendable () -> Void) {
        if self.home.inEventLoop { body() } else { self.home.execute(body) }
    }

    /// Runs `body` on the event loop of the connection.
    func onChannel(_ body: @escaping @Sendable () -> Void) {
        if self.channel.eventLoop.inEventLoop { body() } else { self.channel.eventLoop.execute(body) }
    }
}
