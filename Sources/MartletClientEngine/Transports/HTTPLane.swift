// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOHTTP1

/// Who waits for the answers to a lane's requests.
protocol HTTPLaneUser: AnyObject {
    func answered(_ lane: HTTPLane, _ head: HTTPResponseHead)
    func received(_ lane: HTTPLane, _ body: ByteBuffer)
    /// The answer is complete.
    func ended(_ lane: HTTPLane)
    /// There is no answer, or only a part of one. Called instead of ``ended(_:)``.
    func failed(_ lane: HTTPLane, _ error: ClientError)
}

/// HTTP requests one after another, over a connection that is kept between them. A session has two lanes, so that its
/// GET, which waits, does not stand in the way of its POSTs. Confined to its event loop.
final class HTTPLane {
    struct Request {
        var head: HTTPRequestHead
        var body: ByteBuffer?
        /// Whether it may be made once more if a kept connection turns out to be gone (RFC 9112, 9.3.1).
        var isRepeatable: Bool
    }

    private weak var user: (any HTTPLaneUser)?
    private let connector: ClientConnector
    private let cookies: CookieJar
    private let eventLoop: any EventLoop
    private var connection: HTTPLaneConnection?
    private var request: Request?
    private var isClosed = false

    init(_ maker: RequestMaker, on eventLoop: any EventLoop) {
        self.connector = maker.connector
        self.cookies = maker.cookies
        self.eventLoop = eventLoop
    }

    /// - Parameter user: who waits for the answers.
    func serve(_ user: any HTTPLaneUser) { self.user = user }

    /// Whether a request is under way.
    var isBusy: Bool { self.request != nil }

    /// Makes a request; none may be under way.
    func send(_ request: Request) {
        guard !self.isClosed else { return }
        self.request = request
        if let connection = self.connection { connection.send(request) } else { self.connect() }
    }

    func close() {
        self.isClosed = true
        self.user = nil
        self.request = nil
        self.connection.take()?.close()
    }

    func setReadingPaused(_ isPaused: Bool) { self.connection?.setReadingPaused(isPaused) }

    private func connect() {
        let connection = HTTPLaneConnection(self)
        self.connection = connection
        let bound = NIOLoopBound(connection, eventLoop: self.eventLoop)
        self.connector.connect(on: self.eventLoop) { channel in
            guard !bound.value.isClosed else { throw ChannelError.ioOnClosedChannel }
            try channel.pipeline.syncOperations.addHTTPClientHandlers()
            try channel.pipeline.syncOperations.addHandler(bound.value)
        }.assumeIsolated().whenFailure { self.closed(connection, $0) }
    }

    // MARK: The connection

    fileprivate func connected(_ connection: HTTPLaneConnection) {
        guard connection === self.connection, let request = self.request else { return connection.close() }
        connection.send(request)
    }

    fileprivate func received(_ part: HTTPClientResponsePart, _ connection: HTTPLaneConnection) {
        guard connection === self.connection, self.request != nil else { return }
        switch part {
        case .head(let head):
            for cookie in head.headers["set-cookie"] { self.cookies.set(cookie) }
            self.user?.answered(self, head)
        case .body(let bytes): self.user?.received(self, bytes)
        case .end:
            self.request = nil
            if !connection.isReusable { self.connection.take()?.close() }
            self.user?.ended(self)
        }
    }

    fileprivate func closed(_ connection: HTTPLaneConnection, _ error: (any Error)?) {
        guard connection === self.connection else { return }
        self.connection = nil
        connection.close()
        guard let request = self.request else { return }
        if request.isRepeatable, connection.hasBeenKept {
            self.request?.isRepeatable = false
            return self.connect()
        }
        self.request = nil
        self.user?.failed(
            self,
            error.map { ClientConnector.error($0, self.connector.address) }
                ?? ClientError(.connectionLost, "the server, or something between, has closed the connection"))
    }
}

/// One connection of a lane.
private final class HTTPLaneConnection: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private weak var lane: HTTPLane?
    private var context: ChannelHandlerContext?
    private var isActive = false
    private(set) var isClosed = false
    /// Whether another request may follow the answer.
    private(set) var isReusable = true
    /// Whether an answer has come before on it, and none yet to the request under way.
    private(set) var hasBeenKept = false

    init(_ lane: HTTPLane) { self.lane = lane }

    func send(_ request: HTTPLane.Request) {
        guard let context = self.context else { return }
        context.write(self.wrapOutboundOut(.head(request.head)), promise: nil)
        if let body = request.body { context.write(self.wrapOutboundOut(.body(.byteBuffer(body))), promise: nil) }
        context.writeAndFlush(self.wrapOutboundOut(.end(nil)), promise: nil)
    }

    func setReadingPaused(_ isPaused: Bool) { self.context?.setReadingPaused(isPaused) }

    func close() {
        self.isClosed = true
        self.lane = nil
        self.context?.close(promise: nil)
    }

    /// Several addresses of a server may be tried at once, each with a channel: the first that is active counts.
    func handlerAdded(context: ChannelHandlerContext) {
        if !self.isActive { self.context = context }
    }

    func channelActive(context: ChannelHandlerContext) {
        if self.isClosed || self.isActive { return context.close(promise: nil) }
        self.isActive = true
        self.context = context
        self.lane?.connected(self)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        if context === self.context { self.context = nil }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = self.unwrapInboundIn(data)
        switch part {
        case .head(let head):
            self.hasBeenKept = false
            if !head.isKeepAlive { self.isReusable = false }
        case .body: break
        case .end: self.hasBeenKept = true
        }
        self.lane?.received(part, self)
    }

    func channelInactive(context: ChannelHandlerContext) {
        if context === self.context { self.lane?.closed(self, nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.lane?.closed(self, error)
        context.close(promise: nil)
    }
}
