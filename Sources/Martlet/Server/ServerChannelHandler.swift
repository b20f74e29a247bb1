// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import HTTPTypes
internal import MartletEngine
internal import NIOCore
internal import NIOHTTP1

/// The handler behind the HTTP decoder of a standalone server: takes requests in NIO's types, and writes answers as
/// bytes.
///
/// The general HTTP types, an encoder, and NIO's queue of writes would take half of the time of a request (x86-64,
/// November 2026).
final class ServerChannelHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundIn = Never
    typealias OutboundOut = ByteBuffer

    private let endpoints: [any HTTPEndpoint]
    private let limiter: RequestHeadLimiter
    private let loop: ServerLoop
    private let isSecure: Bool
    private let maxRequests: Int
    // Unchecked: see LoopContext.
    @exclusivity(unchecked) private var state = State()

    private struct State {
        var context: ChannelHandlerContext?
        var connection: HTTPConnection?
        var socket: DirectSocket?
        /// The bytes written in this turn, in a buffer that the loop lends.
        var output = ByteBuffer()
        var needsFlush = false
        /// Called when `output` has been sent (true), or never will be.
        var outputSent: ((Bool) -> Void)?
        /// How many writes NIO has not yet handed to the network.
        var pendingWrites = 0
        var hasRefused = false
        var hasInputClosed = false
        var hasClosed = false
        /// Whether the body of the current stream is sent in chunks.
        var sendsChunks = true
    }

    /// The size up to which a body is copied to the output. Longer bodies are sent from their own buffer.
    private static let maxCopiedBody = 16 << 10
    /// The size from which on the output is sent before the end of the turn.
    private static let maxOutput = 64 << 10
    /// How long the network may take to report that a client is gone, if the client had ended its side before it was
    /// answered.
    private static let arrivalTime = TimeAmount.seconds(1)

    /// - Parameters:
    ///   - socket: what is written goes there directly, if there is one.
    ///   - maxRequests: how many requests are answered on the connection.
    init(
        endpoints: [any HTTPEndpoint],
        limiter: RequestHeadLimiter,
        loop: ServerLoop,
        socket: DirectSocket?,
        isSecure: Bool,
        maxRequests: Int = .max
    ) {
        self.maxRequests = maxRequests
        self.endpoints = endpoints
        self.limiter = limiter
        self.loop = loop
        self.isSecure = isSecure
        self.state.socket = socket
    }

    private var date: String { self.loop.clock.date() }

    func handlerAdded(context: ChannelHandlerContext) {
        self.state.context = context
        self.state.connection = HTTPConnection(
            endpoints: self.endpoints,
            channel: context.channel,
            isPlaintext: self.state.socket != nil,
            isSecure: self.isSecure,
            maxRequests: self.maxRequests,
            host: self
        )
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.state.context = nil
        self.state.socket = nil
        self.state.connection?.hostRemoved()
        self.state.connection = nil
    }

    // MARK: Inbound

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if self.state.hasRefused { return }
        switch self.unwrapInboundIn(data) {
        case .head(let head):
            guard let head = RequestHead(head) else { return self.close() }
            if self.limiter.headCompleted(head) {
                self.state.connection?.received(.head(head))
            } else {
                self.state.hasRefused = true
            }
        case .body(let bytes):
            self.state.connection?.received(.body(bytes))
        case .end:
            self.limiter.requestEnded()
            self.state.connection?.received(.end(nil))
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        self.loop.context.readComplete()
        context.fireChannelReadComplete()
    }

    /// A handler that writes past this one also flushes: its flush first sends this handler's output, to keep the
    /// order.
    func flush(context: ChannelHandlerContext) {
        self.flush()
        context.flush()
    }

    func read(context: ChannelHandlerContext) {
        if self.state.connection?.mayRead != false { context.read() } else { self.limiter.readingPaused() }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is ChannelShouldQuiesceEvent: self.state.connection?.quiesce()
        // Runs after this turn, in which the client's earlier requests are answered. A request that is still without an
        // answer then would wait for a client that may be gone.
        case ChannelEvent.inputClosed:
            self.state.hasInputClosed = true
            context.eventLoop.assumeIsolated().execute { self.inputClosed() }
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    /// Answers bytes that are no valid request, unless the client would take the answer for that of another request.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let status: HTTPResponse.Status? =
            switch error as? HTTPParserError {
            case .headerOverflow: .requestHeaderFieldsTooLarge
            case .some: .badRequest
            case nil: nil
            }
        guard let connection = self.state.connection else { return self.close() }
        guard let status, context.channel.isActive, !connection.hasRequest else { return connection.loseAndClose() }
        var answer = HTTPAnswer(status: status, contentType: nil)
        answer.cacheControl = nil
        let close = { (_: Bool) in self.close() }
        self.write(close) {
            $0.writeAnswer(answer, HTTPFields(), date: self.date, closes: true, .whole(omitsBody: false))
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.state.socket = nil
        // The client ended its side, and its host does not know the connection any longer: the client has not read the
        // answers that came after.
        if self.state.hasInputClosed, !self.state.hasClosed { self.state.connection?.outputLost() }
        self.state.connection?.lost()
        context.fireChannelInactive()
    }
}

extension ServerChannelHandler: HTTPConnectionHost, Flushable {
    /// Never called: one of the endpoints takes every request.
    func passOn(_ part: RequestPart) {}

    func read() {
        self.state.context?.read()
    }

    func writeContinue() {
        self.write { $0.writeStaticString("HTTP/1.1 100 Continue\r\n\r\n") }
    }

    func write(_ answer: HTTPAnswer, to exchange: ServerExchange, closes: Bool, _ sent: ((Bool) -> Void)?) {
        let omitsBody = exchange.head.method == .head
        let isLong = !omitsBody && answer.body.readableBytes > Self.maxCopiedBody
        self.limiter.answerEnded()
        self.write(isLong ? nil : sent) {
            let framing = AnswerFraming.whole(omitsBody: omitsBody || isLong)
            $0.writeAnswer(answer, exchange.progress.fields, date: self.date, closes: closes, framing)
        }
        if isLong {
            self.flush()
            self.send(answer.body, sent)
        }
    }

    func beginStream(_ head: HTTPAnswer, to exchange: ServerExchange, closes: Bool) {
        self.state.sendsChunks = !exchange.head.isHTTP10
        let framing = self.state.sendsChunks ? AnswerFraming.chunked : .untilClose
        self.write { $0.writeAnswer(head, exchange.progress.fields, date: self.date, closes: closes, framing) }
    }

    func writeStream(_ bytes: ByteBuffer, _ sent: @escaping (Bool) -> Void) {
        let sendsChunks = self.state.sendsChunks
        self.write(sent) { if sendsChunks { $0.writeChunk(bytes) } else { $0.writeImmutableBuffer(bytes) } }
    }

    func endStream(_ sent: ((Bool) -> Void)?) {
        self.limiter.answerEnded()
        let sendsChunks = self.state.sendsChunks
        self.write(sent) { if sendsChunks { $0.writeLastChunk() } }
    }

    /// Appends to the output of this turn.
    /// - Parameter sent: called when the bytes have been sent (true), or never will be.
    private func write(_ sent: ((Bool) -> Void)? = nil, _ encode: (inout ByteBuffer) -> Void) {
        if !self.state.needsFlush {
            self.state.needsFlush = true
            self.state.output = self.loop.context.takeBuffer()
            self.loop.context.setNeedsFlush(self)
        }
        encode(&self.state.output)
        if let sent {
            if let others = self.state.outputSent {
                self.state.outputSent = { hasLeft in
                    others(hasLeft)
                    sent(hasLeft)
                }
            } else {
                self.state.outputSent = sent
            }
        }
        if self.state.output.readableBytes >= Self.maxOutput { self.flush() }
    }

    /// Sends the output of this turn.
    func flush() {
        guard self.state.needsFlush else { return }
        self.state.needsFlush = false
        let sent = self.state.outputSent.take()
        var bytes = exchange(&self.state.output, with: ByteBuffer())
        // The channel may be inactive already: the decoder learns of the connection's end before this handler, and may
        // still pass on a request.
        if self.state.pendingWrites == 0, let socket = self.state.socket, self.state.context?.channel.isActive == true {
            bytes.moveReaderIndex(forwardBy: bytes.withUnsafeReadableBytes(socket.send))
        }
        if bytes.readableBytes == 0 {
            self.loop.context.recycle(bytes)
            sent?(true)
        } else {
            self.send(bytes, sent)
        }
    }

    /// Sends bytes through NIO.
    private func send(_ bytes: ByteBuffer, _ sent: ((Bool) -> Void)?) {
        guard let context = self.state.context else {
            sent?(false)
            return
        }
        self.state.pendingWrites += 1
        let promise = context.eventLoop.makePromise(of: Void.self)
        promise.futureResult.assumeIsolated().whenComplete { result in
            self.state.pendingWrites -= 1
            switch result {
            case .success: sent?(true)
            case .failure:
                self.state.socket = nil
                self.state.connection?.outputLost()
                sent?(false)
            }
        }
        context.writeAndFlush(self.wrapOutboundOut(bytes), promise: promise)
    }

    /// The client has ended its side. A client that only has no more to send still reads the answer to its last
    /// request. A client that is gone does not; the network reports that by a reset, a round trip after the answer. The
    /// connection waits for that report: without it, a session would be kept for a client that cannot know of the
    /// session.
    private func inputClosed() {
        self.flush()
        if self.state.connection?.awaitsArrival == true {
            self.loop.context.timers.schedule(after: Self.arrivalTime) { self.close() }
        } else if self.state.connection?.inputClosed() != true {
            self.state.connection?.loseAndClose()
        }
    }

    func close() {
        self.state.hasClosed = true
        self.flush()
        self.state.socket = nil
        self.state.context?.close(promise: nil)
    }

    /// The decoder is removed last: it passes the bytes that it has not read to the handler behind it, which must be
    /// `handler`.
    func replaceHTTP(with handler: WebSocketChannelHandler) throws {
        guard let context = self.state.context else { return }
        self.flush()
        handler.adopt(self.loop)
        try context.pipeline.syncOperations.addHandler(handler, position: .before(self))
        if self.state.pendingWrites == 0 { handler.writeDirectly(to: self.state.socket) }
        self.leave(context)
    }

    func replaceHTTP(with handler: any RawBytesHandler) throws {
        guard let context = self.state.context else { return }
        self.flush()
        handler.willReplaceHTTP { [loop] in loop.giveBack($0) }
        self.loop.relayed(context.channel)
        try context.pipeline.syncOperations.addHandler(handler, position: .before(self))
        self.leave(context)
    }

    private func leave(_ context: ChannelHandlerContext) {
        let pipeline = context.pipeline.syncOperations
        pipeline.removeHandler(context: context, promise: nil)
        pipeline.removeHandler(self.limiter, promise: nil)
        if let decoder = try? pipeline.context(handlerType: ByteToMessageHandler<HTTPRequestDecoder>.self) {
            pipeline.removeHandler(context: decoder, promise: nil)
        }
    }
}
