// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule
internal import HTTPTypes
internal import MartletEngine
public import NIOCore
public import NIOHTTPTypes

/// The front door: takes the requests that are for Martlet out of an HTTP/1.1 pipeline, and passes every other one on
/// untouched.
///
/// It stands behind the codec that makes `HTTPRequestPart`s, and before whatever else handles requests:
///
/// ```
/// bytes ⇄ HTTP/1.1 decoder, encoder ⇄ HTTP types codec ⇄ MartletChannelHandler ⇄ the rest of the server
/// ```
///
/// A request is dealt with when the one before it on the same connection has been answered, whoever answers it. When a
/// WebSocket is accepted, the HTTP handlers leave the pipeline, and one handler for raw bytes takes the place of this.
///
/// `@unchecked Sendable`: confined to the event loop of its channel; the reference is handed to exchanges, which use it
/// there only.
public final class MartletChannelHandler: ChannelDuplexHandler, RemovableChannelHandler, @unchecked Sendable {
    public typealias InboundIn = HTTPRequestPart
    public typealias InboundOut = HTTPRequestPart
    public typealias OutboundIn = HTTPResponsePart
    public typealias OutboundOut = HTTPResponsePart

    /// The request that is being dealt with.
    private struct Current {
        enum Owner {
            case ours(ServerExchange, any Endpoint)
            case passed
        }

        let owner: Owner
        var body = ByteBuffer()
        /// What is left of a request after it has been refused: read, counted, and dropped.
        var discardedBytes: Int?
        var requestHasEnded = false
        var responseHasBegun = false
        var responseHasEnded = false
        let keepsAlive: Bool
    }

    private enum LastAnswer {
        case underWay
        case sent
    }

    private let endpoints: [any Endpoint]
    /// Whether nothing stands between this pipeline and the socket, so that a WebSocket may write to it directly.
    let isPlaintext: Bool
    private var context: ChannelHandlerContext?
    private var current: Current?
    /// Requests that came before the current one was answered.
    private var backlog = Deque<HTTPRequestPart>()
    private var isQuiescing = false
    /// The answer after which this connection is closed.
    private var lastAnswer: LastAnswer?

    /// Parts of pipelined requests that are kept before the connection is read no further.
    private static let maxBacklog = 32
    /// How long a request that is under way may keep a server from going down.
    private static let shutdownTimeout = TimeAmount.seconds(2)
    /// How much of a refused body is read so that the client gets to see the answer.
    private static let maxDiscarded = 64 << 20

    init(endpoints: [any Endpoint], isPlaintext: Bool) {
        self.endpoints = endpoints
        self.isPlaintext = isPlaintext
    }

    public func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    public func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    // MARK: Requests

    public func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = self.unwrapInboundIn(data)
        if let current = self.current, current.requestHasEnded {
            self.backlog.append(part)
        } else {
            self.received(part, context)
        }
    }

    public func read(context: ChannelHandlerContext) {
        // A connection that pipelines waits for its turn in the network; one that waits for an answer is read on, or
        // its end would go unnoticed.
        if self.backlog.count < Self.maxBacklog { context.read() }
    }

    private func received(_ part: HTTPRequestPart, _ context: ChannelHandlerContext) {
        switch part {
        case .head(let head): self.begin(head, context)
        case .body(let bytes): self.receivedBody(bytes, context)
        case .end: self.receivedEnd(part, context)
        }
    }

    private func begin(_ head: HTTPRequest, _ context: ChannelHandlerContext) {
        let keepsAlive = !head.headerFields.hasToken("close", in: .connection)
        guard let endpoint = self.endpoints.first(where: { $0.takes(head) }) else {
            self.current = Current(owner: .passed, keepsAlive: keepsAlive)
            context.fireChannelRead(self.wrapInboundOut(.head(head)))
            return
        }
        let exchange = ServerExchange(head: head, channel: context.channel, handler: self)
        self.current = Current(owner: .ours(exchange, endpoint), keepsAlive: keepsAlive)
        endpoint.headReceived(exchange)
        if let length = head.headerFields[.contentLength].flatMap(Int.init), length > endpoint.maxBody {
            self.refuseBody(exchange, endpoint)
        } else if head.headerFields.hasToken("100-continue", in: .expect) {
            context.writeAndFlush(self.wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: nil)
        }
    }

    private func receivedBody(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) {
        guard let current = self.current else { return }
        switch current.owner {
        case .passed:
            context.fireChannelRead(self.wrapInboundOut(.body(bytes)))
        case .ours(let exchange, let endpoint):
            if let discarded = current.discardedBytes {
                self.current?.discardedBytes = discarded + bytes.readableBytes
                if discarded > Self.maxDiscarded { context.close(promise: nil) }
            } else if current.body.readableBytes + bytes.readableBytes > endpoint.maxBody {
                self.refuseBody(exchange, endpoint)
            } else {
                self.current?.body.writeImmutableBuffer(bytes)
            }
        }
    }

    private func refuseBody(_ exchange: ServerExchange, _ endpoint: any Endpoint) {
        self.current?.discardedBytes = 0
        self.current?.body = ByteBuffer()
        endpoint.bodyRefused(exchange)
        exchange.respond(HTTPAnswer(status: .contentTooLarge, contentType: nil))
    }

    private func receivedEnd(_ part: HTTPRequestPart, _ context: ChannelHandlerContext) {
        guard let current = self.current else { return }
        self.current?.requestHasEnded = true
        switch current.owner {
        case .passed:
            context.fireChannelRead(self.wrapInboundOut(part))
        case .ours(let exchange, let endpoint):
            if current.discardedBytes == nil { endpoint.requestReceived(exchange, body: current.body) }
        }
        self.finishIfDone(context)
    }

    // MARK: Answers of ours

    func respond(to exchange: ServerExchange, _ answer: HTTPAnswer) {
        guard let context = self.context, self.isCurrent(exchange) else { return }
        var answer = answer
        // RFC 9110, 8.6: no length where there can be no body.
        if answer.status != .noContent, answer.status != .notModified {
            answer.fields[.contentLength] = String(answer.body.readableBytes)
        }
        self.writeHead(answer, exchange, context)
        if answer.body.readableBytes > 0, exchange.head.method != .head {
            context.write(self.wrapOutboundOut(.body(answer.body)), promise: nil)
        }
        self.endAnswer(context)
    }

    func beginStream(for exchange: ServerExchange, _ head: HTTPAnswer) {
        guard let context = self.context, self.isCurrent(exchange) else { return }
        self.writeHead(head, exchange, context)
        context.flush()
    }

    func writeStream(for exchange: ServerExchange, _ bytes: ByteBuffer, _ sent: @escaping @Sendable () -> Void) {
        guard let context = self.context, self.isCurrent(exchange) else { return sent() }
        let promise = context.eventLoop.makePromise(of: Void.self)
        promise.futureResult.whenComplete { _ in sent() }
        context.writeAndFlush(self.wrapOutboundOut(.body(bytes)), promise: promise)
    }

    func endStream(for exchange: ServerExchange) {
        guard let context = self.context, self.isCurrent(exchange) else { return }
        self.endAnswer(context)
    }

    private func isCurrent(_ exchange: ServerExchange) -> Bool {
        guard let current = self.current, !current.responseHasEnded, case .ours(let known, _) = current.owner else {
            return false
        }
        return known === exchange
    }

    private func writeHead(_ answer: HTTPAnswer, _ exchange: ServerExchange, _ context: ChannelHandlerContext) {
        self.current?.responseHasBegun = true
        var fields = answer.fields
        fields.append(contentsOf: exchange.fields)
        if self.closesAfterAnswer { fields[.connection] = "close" }
        context.write(
            self.wrapOutboundOut(.head(HTTPResponse(status: answer.status, headerFields: fields))),
            promise: nil
        )
    }

    private var closesAfterAnswer: Bool {
        guard let current = self.current else { return false }
        // A decoder that has seen a request for an upgrade does not read another request.
        let askedForUpgrade =
            if case .ours(let exchange, _) = current.owner { exchange.asksForUpgrade } else { false }
        return !current.keepsAlive || askedForUpgrade || current.discardedBytes != nil || self.isQuiescing
    }

    private func endAnswer(_ context: ChannelHandlerContext) {
        self.current?.responseHasEnded = true
        let isLast = self.closesAfterAnswer
        let sent = context.writeAndFlush(self.wrapOutboundOut(.end(nil)))
        if isLast { self.close(after: sent) }
        self.finishIfDone(context)
    }

    /// Closes the connection once an answer has left and its request has come whole: closing while the client still
    /// sends would reset the connection, and the answer might be lost with it.
    private func close(after sent: EventLoopFuture<Void>) {
        self.lastAnswer = .underWay
        sent.assumeIsolated().whenComplete { _ in
            self.lastAnswer = .sent
            if self.current?.requestHasEnded != false { self.context?.close(promise: nil) }
        }
    }

    private func finishIfDone(_ context: ChannelHandlerContext) {
        guard let current = self.current, current.requestHasEnded, current.responseHasEnded else { return }
        switch self.lastAnswer {
        case .sent: return context.close(promise: nil)
        case .underWay: return
        case nil: break
        }
        self.current = nil
        let wasFull = self.backlog.count >= Self.maxBacklog
        while self.current?.requestHasEnded != true, let part = self.backlog.popFirst() {
            self.received(part, context)
        }
        if wasFull, self.backlog.count < Self.maxBacklog { context.read() }
    }

    // MARK: Answers of others

    public func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard case .end = self.unwrapOutboundIn(data), case .passed = self.current?.owner else {
            context.write(data, promise: promise)
            return
        }
        self.current?.responseHasEnded = true
        if self.isQuiescing {
            let promise = promise ?? context.eventLoop.makePromise(of: Void.self)
            self.close(after: promise.futureResult)
            context.write(data, promise: promise)
        } else {
            context.write(data, promise: promise)
        }
        self.finishIfDone(context)
    }

    public func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        // Those behind this handler know nothing of the requests that it took, and may think the connection idle. That
        // holds when the server goes down, too: what is open ends with an answer, after which the connection is closed.
        if case .ours = self.current?.owner, mode == .all {
            promise?.succeed()
        } else {
            context.close(mode: mode, promise: promise)
        }
    }

    // MARK: The end of the connection

    public func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed:
            // The client is gone: it would have to read the answer to stay.
            if case .ours = self.current?.owner {
                context.close(promise: nil)
                return
            }
        case is ChannelShouldQuiesceEvent:
            self.isQuiescing = true
            // An answer that waits, or has no end, would keep the server from going down.
            if case .ours(_, let endpoint) = self.current?.owner {
                endpoint.shutDown()
                context.eventLoop.assumeIsolated().scheduleTask(in: Self.shutdownTimeout) {
                    self.context?.close(promise: nil)
                }
            }
            if self.current == nil { context.close(promise: nil) }
        default: break
        }
        context.fireUserInboundEventTriggered(event)
    }

    public func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if case .ours = self.current?.owner {
            context.close(promise: nil)
        } else {
            context.fireErrorCaught(error)
        }
    }

    public func channelInactive(context: ChannelHandlerContext) {
        if let current = self.current, case .ours(let exchange, let endpoint) = current.owner {
            self.current = nil
            if !current.requestHasEnded, current.discardedBytes == nil { endpoint.requestAborted(exchange) }
            exchange.connectionLost()
        }
        self.backlog.removeAll()
        context.fireChannelInactive()
    }

    // MARK: Upgrade

    /// Takes the HTTP handlers out of the pipeline and puts `handler` in the place of this one.
    /// - Returns: whether that was possible; if not, the connection is closed.
    func replace(for exchange: ServerExchange, with handler: WebSocketChannelHandler) -> Bool {
        guard let context = self.context, self.isCurrent(exchange) else { return false }
        self.current = nil
        do {
            try context.pipeline.syncOperations.replaceHTTP(self, with: handler)
            return true
        } catch {
            context.close(promise: nil)
            return false
        }
    }
}
