// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import EngineIOWire
internal import HTTPTypes
internal import MartletEngine
internal import NIOCore

/// One request on a connection. The request can be answered from the event loop of its session.
///
/// `@unchecked Sendable`: `head`, `endpoint` and `channel` never change; `progress` is used on the connection's event loop
/// only, or before the exchange is first handed to another; `answer` on `home` only, which changes hands by a hop from
/// one loop to the other.
final class ServerExchange: HTTPExchange, @unchecked Sendable {
    let head: RequestHead
    /// The endpoint that answers; `nil` when the request was passed on to other handlers.
    let endpoint: (any HTTPEndpoint)?
    let channel: any Channel
    // Unchecked: see LoopContext.
    @exclusivity(unchecked) var progress: Progress
    @exclusivity(unchecked) private var answer = Answer()
    private let connection: HTTPConnection

    /// The connection's progress with the request and its answer.
    struct Progress {
        /// The event loop of the request's session, which answers and on which callbacks are called.
        fileprivate(set) var home: any EventLoop
        /// Header fields in addition to the answer's own.
        var fields = HTTPFields()
        /// The application's decision on the request, while it is under way.
        var admission: Task<Void, Never>?
        /// The receiver of the body, if the endpoint has chosen one.
        var bodyReceiver: (any RequestBodyReceiver)?
        var body = ByteBuffer()
        /// How many bytes of the body were read and dropped since the request was refused; `nil` if it was not refused.
        var discardedBytes: Int?
        var requestHasEnded = false
        var responseHasEnded = false
        /// Where the request comes from, if another node has forwarded it.
        var origin: ForwardedOrigin?
        /// The session that the request has opened.
        var openedSession: SessionID?
        /// Who makes the request, if the application says so. Set before the exchange is handed to another loop.
        var identity: String?
    }

    /// The session's progress with the answer.
    private struct Answer {
        var isOver = false
        var unsentBytes = 0
        var isFull = false
        var onLost: (() -> Void)?
        var hasSentOutput = false
        /// Whether the session must be told if the answer cannot be sent. Set before the answer is handed to the
        /// connection.
        var isMissedWhenLost = false
        var onWritable: (() -> Void)?
    }

    private static let lowWaterMark = 32 << 10

    init(head: RequestHead, endpoint: (any HTTPEndpoint)?, channel: any Channel, connection: HTTPConnection) {
        self.head = head
        self.endpoint = endpoint
        self.channel = channel
        self.progress = Progress(home: channel.eventLoop)
        self.connection = connection
    }

    /// Makes `home`, the event loop of the request's session, the loop that answers.
    func move(to home: any EventLoop) {
        self.progress.home = home
    }

    var onLost: (() -> Void)? {
        get { self.answer.onLost }
        set { self.answer.onLost = newValue }
    }

    var onWritable: (() -> Void)? {
        get { self.answer.onWritable }
        set { self.answer.onWritable = newValue }
    }

    var unsentBytes: Int { self.answer.unsentBytes }
    var hasSentOutput: Bool { self.answer.hasSentOutput }
    var isMissedWhenLost: Bool { self.answer.isMissedWhenLost }

    /// The request's head, with the client's address, whether it is encrypted, and who makes it.
    func handshake(trusting proxies: TrustedProxies) -> HandshakeRequest {
        var request = self.head.handshake(
            remoteAddress: self.peerAddress,
            isSecure: self.progress.origin?.isSecure ?? self.isSecure,
            trusting: proxies
        )
        request.identity = self.progress.identity
        return request
    }

    /// Whether the connection is encrypted, as far as this server knows.
    var isSecure: Bool { self.connection.isSecure || self.head.isSecure }

    /// The request's head as the application sees it.
    var request: HTTPRequest {
        var request = self.head.request
        if self.connection.isSecure { request.scheme = "https" }
        return request
    }

    /// Where the client's connection comes from, which may be one to another node.
    var peerAddress: SocketAddress? {
        if let origin = self.progress.origin { origin.address } else { self.channel.remoteAddress }
    }

    // MARK: On the session's event loop

    func respond(_ answer: HTTPAnswer) {
        guard !self.answer.isOver else { return }
        if answer.body.readableBytes >= answer.compressionThreshold { return self.respondCompressed(answer) }
        self.answer.isOver = true
        self.answer.onWritable = nil
        self.answer.isMissedWhenLost = self.answer.onLost != nil
        // Like `onChannel`, but without a closure when already on the loop: every request passes here.
        let eventLoop = self.channel.eventLoop
        if eventLoop.inEventLoop {
            self.connection.respond(to: self, answer)
        } else {
            eventLoop.execute { self.connection.respond(to: self, answer) }
        }
    }

    private func respondCompressed(_ answer: HTTPAnswer) {
        var answer = self.endpoint?.compress(answer, for: self) ?? answer
        answer.compressionThreshold = .max
        self.respond(answer)
    }

    /// Refuses the request, and lets the application know.
    /// - Parameter context: see ``HTTPEndpoint/willRefuse(_:_:context:)``.
    func refuse(_ error: EngineIOError, context: [String: String]? = nil) {
        self.willRefuse(error, context: context)
        self.respond(.error(error))
    }

    /// Lets the application know that the request is refused.
    func willRefuse(_ error: EngineIOError, context: [String: String]? = nil) {
        self.endpoint?.willRefuse(self, error, context: context)
    }

    func beginStream(_ head: HTTPAnswer) {
        self.onChannel { self.connection.beginStream(for: self, head) }
    }

    func writeStream(_ bytes: ByteBuffer) {
        guard !self.answer.isOver else { return }
        let count = bytes.readableBytes
        self.answer.unsentBytes += count
        if self.answer.unsentBytes >= Self.lowWaterMark { self.answer.isFull = true }
        self.onChannel {
            self.connection.writeStream(for: self, bytes) { hasLeft in
                self.onHome { self.sent(count, hasLeft: hasLeft) }
            }
        }
    }

    func endStream() {
        guard !self.answer.isOver else { return }
        self.end()
        self.onChannel { self.connection.endStream(for: self) }
    }

    private func end() {
        self.answer.isOver = true
        self.answer.onLost = nil
        self.answer.onWritable = nil
    }

    private func sent(_ count: Int, hasLeft: Bool) {
        if hasLeft { self.answer.hasSentOutput = true }
        self.answer.unsentBytes -= count
        guard self.answer.unsentBytes < (self.answer.isFull ? Self.lowWaterMark : 1) else { return }
        self.answer.isFull = false
        self.answer.onWritable?()
    }

    // MARK: On the connection's event loop

    /// The connection is gone.
    func connectionLost() {
        self.onHome {
            guard !self.answer.isOver else { return }
            let onLost = self.answer.onLost
            self.end()
            onLost?()
        }
    }

    /// The answer could not be sent.
    func answerLost() {
        guard self.answer.isMissedWhenLost else { return }
        self.onHome { self.answer.onLost.take()?() }
    }

    /// Makes the connection's event loop the loop that answers.
    /// - Returns: false when the connection is lost; the session's event loop may be learning of that now.
    func takeBack() -> Bool {
        guard self.channel.isActive else { return false }
        self.progress.home = self.channel.eventLoop
        return true
    }

    /// Replaces the HTTP handlers with a handler for raw bytes.
    func replaceHandler(with handler: WebSocketChannelHandler) -> Bool {
        self.end()
        return self.connection.replace(for: self) { try $0.replaceHTTP(with: handler) }
    }

    func replaceHTTP(with handler: any RawBytesHandler) -> Bool {
        self.end()
        return self.connection.replace(for: self) { try $0.replaceHTTP(with: handler) }
    }

    /// Ends the connection, whatever was sent of the answer.
    func abort() {
        self.onChannel { self.connection.abort(self) }
    }

    /// Whether no handler lies between the connection's HTTP handlers and its socket.
    var isPlaintext: Bool { self.connection.isPlaintext }

    /// Runs `body` on the event loop of the session.
    func onHome(_ body: @escaping @Sendable () -> Void) {
        if self.progress.home.inEventLoop { body() } else { self.progress.home.execute(body) }
    }

    /// Runs `body` on the event loop of the connection.
    func onChannel(_ body: @escaping @Sendable () -> Void) {
        if self.channel.eventLoop.inEventLoop { body() } else { self.channel.eventLoop.execute(body) }
    }
}
