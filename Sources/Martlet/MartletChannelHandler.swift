// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import HTTPTypes
internal import MartletEngine
public import NIOCore
public import NIOHTTPTypes

/// Takes the requests that are for Martlet out of an HTTP/1.1 pipeline, and passes all other requests on unchanged.
///
/// Its place is behind the codec that makes `HTTPRequestPart`s, and before all other handlers of requests:
///
/// ```
/// bytes ⇄ HTTP/1.1 decoder, encoder ⇄ HTTP types codec ⇄ MartletChannelHandler ⇄ the rest of the server
/// ```
///
/// A request is handled once the previous one on the same connection has been answered, by Martlet or by another
/// handler. When a WebSocket is accepted, the HTTP handlers leave the pipeline, and a handler for raw bytes takes this
/// handler's place.
///
/// `@unchecked Sendable`: confined to the event loop of its channel; the reference is handed to exchanges, which use it
/// there only.
public final class MartletChannelHandler: ChannelDuplexHandler, RemovableChannelHandler, @unchecked Sendable {
    public typealias InboundIn = HTTPRequestPart
    public typealias InboundOut = HTTPRequestPart
    public typealias OutboundIn = HTTPResponsePart
    public typealias OutboundOut = HTTPResponsePart

    private let endpoints: [any HTTPEndpoint]
    private let isPlaintext: Bool
    /// `nil` on a connection that speaks HTTP/1.1.
    private let stream: (any RequestStream)?
    private var context: ChannelHandlerContext?
    private var connection: HTTPConnection?

    init(endpoints: [any HTTPEndpoint], isPlaintext: Bool, stream: (any RequestStream)? = nil) {
        self.endpoints = endpoints
        self.isPlaintext = isPlaintext
        self.stream = stream
    }

    public func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        self.connection = HTTPConnection(
            endpoints: self.endpoints,
            channel: context.channel,
            isPlaintext: self.isPlaintext,
            host: self
        )
    }

    public func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        self.connection?.hostRemoved()
        self.connection = nil
    }

    private var hasRequest: Bool { self.connection?.hasRequest == true }

    // MARK: Inbound

    public func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch self.unwrapInboundIn(data) {
        case .head(let head): self.connection?.received(.head(RequestHead(head)))
        case .body(let bytes): self.connection?.received(.body(bytes))
        case .end(let trailers): self.connection?.received(.end(trailers))
        }
    }

    public func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed where self.hasRequest:
            if self.connection?.inputClosed() != true { self.connection?.loseAndClose() }
            return
        case is ChannelShouldQuiesceEvent: self.connection?.quiesce()
        default: break
        }
        context.fireUserInboundEventTriggered(event)
    }

    public func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if self.hasRequest { self.connection?.loseAndClose() } else { context.fireErrorCaught(error) }
    }

    public func channelInactive(context: ChannelHandlerContext) {
        self.connection?.lost()
        context.fireChannelInactive()
    }

    // MARK: Outbound: the answers of others

    public func read(context: ChannelHandlerContext) {
        if self.connection?.mayRead != false { context.read() }
    }

    public func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard case .end = self.unwrapOutboundIn(data) else { return context.write(data, promise: promise) }
        var promise = promise
        if let sent = self.connection?.othersEndAnswer() {
            promise = promise ?? context.eventLoop.makePromise(of: Void.self)
            promise?.futureResult.assumeIsolated().whenComplete { _ in sent(true) }
        }
        context.write(data, promise: promise)
        self.connection?.othersEndedAnswer()
    }

    public func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        // The handlers behind this one do not see the requests that it took, and may think the connection idle. So
        // their close is ignored, also when the server shuts down: then the open requests end with an answer, after
        // which this handler closes the connection.
        if self.hasRequest, mode == .all {
            promise?.succeed()
        } else {
            context.close(mode: mode, promise: promise)
        }
    }
}

extension MartletChannelHandler: HTTPConnectionHost {
    func passOn(_ part: RequestPart) {
        let part: HTTPRequestPart =
            switch part {
            case .head(let head): .head(head.request)
            case .body(let bytes): .body(bytes)
            case .end(let trailers): .end(trailers)
            }
        self.context?.fireChannelRead(self.wrapInboundOut(part))
    }

    func read() {
        self.context?.read()
    }

    func writeContinue() {
        self.context?.writeAndFlush(self.wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: nil)
    }

    func write(_ answer: HTTPAnswer, to exchange: ServerExchange, closes: Bool, _ sent: ((Bool) -> Void)?) {
        var answer = answer
        // RFC 9110, 8.6: no length for an answer that cannot have a body.
        if answer.mayHaveBody { answer.otherFields[.contentLength] = String(answer.body.readableBytes) }
        self.writeHead(answer, to: exchange, closes: closes)
        if answer.body.readableBytes > 0, exchange.head.method != .head {
            self.context?.write(self.wrapOutboundOut(.body(answer.body)), promise: nil)
        }
        guard exchange.isMissedWhenLost else { return self.endStream(sent) }
        self.endStream { hasLeft in
            // An HTTP/2 stream is gone, and this handler with it, before that is known.
            if !hasLeft { exchange.answerLost() }
            sent?(hasLeft)
        }
    }

    func beginStream(_ head: HTTPAnswer, to exchange: ServerExchange, closes: Bool) {
        self.writeHead(head, to: exchange, closes: closes)
        self.context?.flush()
    }

    private func writeHead(_ answer: HTTPAnswer, to exchange: ServerExchange, closes: Bool) {
        var fields = answer.fields
        fields.append(contentsOf: exchange.progress.fields)
        if let stream {
            // RFC 9113, 8.2.2: no field concerns the connection.
            fields[.date] = stream.date
        } else if closes {
            fields[.connection] = "close"
        }
        let head = HTTPResponse(status: answer.status, headerFields: fields)
        self.context?.write(self.wrapOutboundOut(.head(head)), promise: nil)
    }

    func writeStream(_ bytes: ByteBuffer, _ sent: @escaping (Bool) -> Void) {
        self.writeAndFlush(.body(bytes), sent)
    }

    func endStream(_ sent: ((Bool) -> Void)?) {
        self.writeAndFlush(.end(nil), sent)
    }

    private func writeAndFlush(_ part: HTTPResponsePart, _ sent: ((Bool) -> Void)?) {
        guard let context = self.context else { return }
        guard let sent else { return context.writeAndFlush(self.wrapOutboundOut(part), promise: nil) }
        context.writeAndFlush(self.wrapOutboundOut(part)).assumeIsolated().whenComplete { result in
            if case .success = result { sent(true) } else { sent(false) }
        }
    }

    func close() {
        self.context?.close(promise: nil)
    }

    func replaceHTTP(with handler: WebSocketChannelHandler) throws {
        if let stream { handler.counts(try stream.carryRawBytes()) }
        try self.replace(with: handler)
    }

    func replaceHTTP(with handler: any RawBytesHandler) throws {
        handler.willReplaceHTTP { _ in }
        if let stream { handler.counts(try stream.carryRawBytes()) }
        try self.replace(with: handler)
    }

    private func replace(with handler: any RemovableChannelHandler) throws {
        try self.context?.pipeline.syncOperations.replaceHTTP(self, with: handler)
    }
}
