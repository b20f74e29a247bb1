// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import HTTPTypes
internal import Martlet
internal import MartletEngine
internal import NIOCore
internal import NIOHTTPTypes
internal import NIOHTTPTypesHTTP2

/// Makes of what differs in HTTP/2 what it is in HTTP/1.1, so that requests of both are answered in one way.
final class HTTP2StreamHandler: ChannelDuplexHandler, RemovableChannelHandler, RequestStream {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let connections: ServerConnections
    private let codec: HTTP2FramePayloadToHTTPServerCodec
    private let isSecure: Bool
    private var context: ChannelHandlerContext?
    private var opensTunnel = false
    private var isReading = true
    private var answer = Answer.none
    private let timer: ResettableTimer

    private enum Answer {
        case none
        case begun
        case ended
    }

    /// RFC 9113, 8.2.2: these concern a connection of HTTP/1.1, and make an answer malformed.
    private static let connectionFields = [
        "Connection", "Keep-Alive", "Proxy-Connection", "Transfer-Encoding", "Upgrade",
    ].compactMap { HTTPField.Name($0) }

    init(_ connections: ServerConnections, _ codec: HTTP2FramePayloadToHTTPServerCodec, isSecure: Bool) {
        self.connections = connections
        self.timer = ResettableTimer(connections.timers)
        self.codec = codec
        self.isSecure = isSecure
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.timer.cancel()
        self.context = nil
    }

    // MARK: The request

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = self.unwrapInboundIn(data)
        guard case .head(let head) = part else {
            // What a client sends on a WebSocket before that is open is dropped: it has to wait (RFC 6455, 4.1).
            if self.opensTunnel { return }
            if case .end = part, self.answer != .ended { self.timer.cancel() }
            return context.fireChannelRead(data)
        }
        self.opensTunnel = head.extendedConnectProtocol != nil
        guard let head = self.likeHTTP1(head) else {
            let answer = HTTPResponse(status: .notImplemented)
            context.write(self.wrapOutboundOut(.head(answer)), promise: nil)
            return context.writeAndFlush(self.wrapOutboundOut(.end(nil)), promise: nil)
        }
        if !self.opensTunnel { self.awaitBody() }
        context.fireChannelRead(self.wrapInboundOut(.head(head)))
        if self.opensTunnel { context.fireChannelRead(self.wrapInboundOut(.end(nil))) }
    }

    private func awaitBody() {
        self.timer.start(self.connections.bodyTime) { self.bodyTimedOut() }
    }

    private func bodyTimedOut() {
        // While the server does not read, a body may wait for it.
        guard self.isReading else { return self.awaitBody() }
        guard let context = self.context else { return }
        self.connections.bodyTimedOut(from: context.channel.remoteAddress)
        if self.answer == .none {
            context.write(self.wrapOutboundOut(.head(HTTPResponse(status: .requestTimeout))), promise: nil)
            context.writeAndFlush(self.wrapOutboundOut(.end(nil)), promise: nil)
        }
        context.close(promise: nil)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        self.isReading = false
        context.fireChannelReadComplete()
    }

    func read(context: ChannelHandlerContext) {
        self.isReading = true
        context.read()
    }

    /// - Returns: `nil` for a request for a tunnel that is not a WebSocket's.
    private func likeHTTP1(_ head: HTTPRequest) -> HTTPRequest? {
        var head = head
        // The client may say anything.
        head.scheme = self.isSecure ? "https" : "http"
        // RFC 9113, 8.2.3.
        let cookies = head.headerFields[values: .cookie]
        if cookies.count > 1 { head.headerFields[.cookie] = cookies.joined(separator: "; ") }
        guard let tunnel = head.extendedConnectProtocol else { return head }
        guard tunnel == "websocket", head.method == .connect else { return nil }
        // RFC 8441, 5: as a GET of HTTP/1.1, but for the fields of that, and for the key, which proves nothing here.
        head.extendedConnectProtocol = nil
        head.method = .get
        head.headerFields[.connection] = "Upgrade"
        head.headerFields[.upgrade] = "websocket"
        head.headerFields[.secWebSocketKey] = "AAAAAAAAAAAAAAAAAAAAAA=="
        return head
    }

    // MARK: The answer

    var date: String { self.connections.date }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch self.unwrapOutboundIn(data) {
        case .head(var head):
            self.answer = .begun
            for name in Self.connectionFields { head.headerFields[name] = nil }
            context.write(self.wrapOutboundOut(.head(head)), promise: promise)
        case .body: context.write(data, promise: promise)
        case .end:
            self.answer = .ended
            // A client that does not take the answer may keep its stream no longer than an idle connection.
            self.timer.start(self.connections.idleTime) { self.context?.close(promise: nil) }
            context.write(data, promise: promise)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.fireErrorCaught(error)
        context.close(promise: nil)
    }

    func carryRawBytes() throws -> () -> Int {
        let handler = HTTP2TunnelHandler()
        guard let pipeline = self.context?.pipeline.syncOperations else { throw ChannelError.ioOnClosedChannel }
        try pipeline.addHandler(handler, position: .before(self.codec))
        pipeline.removeHandler(self.codec, promise: nil)
        pipeline.removeHandler(self, promise: nil)
        return { handler.unsentBytes }
    }
}
