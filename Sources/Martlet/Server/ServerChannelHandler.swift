// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import HTTPTypes
internal import MartletEngine
internal import NIOCore
internal import NIOHTTP1

/// Stands behind the HTTP decoder of a standalone server: takes requests as NIO has them, and writes answers as bytes.
///
/// To go through the general HTTP types, through an encoder, and through NIO's queue of writes was half of what a
/// request cost.
final class ServerChannelHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundIn = Never
    typealias OutboundOut = ByteBuffer

    private let endpoints: [any Endpoint]
    private let limiter: RequestHeadLimiter
    private let loop: ServerLoop
    // `@exclusivity(unchecked)`: see LoopContext.
    @exclusivity(unchecked) private var context: ChannelHandlerContext?
    @exclusivity(unchecked) private var connection: HTTPConnection?
    @exclusivity(unchecked) private var socket: DirectSocket?
    /// What was written in this turn, in memory of the loop's.
    @exclusivity(unchecked) private var output = ByteBuffer()
    @exclusivity(unchecked) private var needsFlush = false
    /// Called when that has left (true), or never will.
    @exclusivity(unchecked) private var outputSent: ((Bool) -> Void)?
    /// Writes that NIO has and the network has not.
    @exclusivity(unchecked) private var pendingWrites = 0
    @exclusivity(unchecked) private var hasRefused = false
    private var hasInputClosed = false
    private var hasClosed = false
    /// Whether the body of the stream that is under way is framed.
    private var sendsChunks = true

    /// Bodies that are longer are written from where they are.
    private static let maxCopiedBody = 16 << 10
    /// Bytes that do not wait for the end of the turn.
    private static let maxOutput = 64 << 10
    /// How long the network may take to say that a client, which had ended its side before it was answered, was gone.
    private static let arrivalTime = TimeAmount.seconds(1)

    init(endpoints: [any Endpoint], limiter: RequestHeadLimiter, loop: ServerLoop) {
        self.endpoints = endpoints
        self.limiter = limiter
        self.loop = loop
    }

    private var date: String { self.loop.clock.date() }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        self.socket = DirectSocket(context.channel)
        self.connection = HTTPConnection(
            endpoints: self.endpoints,
            channel: context.channel,
            isPlaintext: true,
            host: self
        )
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        self.socket = nil
        self.connection?.hostRemoved()
        self.connection = nil
    }

    // MARK: Inbound

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if self.hasRefused { return }
        switch self.unwrapInboundIn(data) {
        case .head(let head):
            guard let head = RequestHead(head) else { return self.close() }
            if self.limiter.headCompleted(head) {
                self.connection?.received(.head(head))
            } else {
                self.hasRefused = true
            }
        case .body(let bytes):
            self.connection?.received(.body(bytes))
        case .end:
            self.limiter.requestEnded()
            self.connection?.received(.end(nil))
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        self.loop.context.readComplete()
        context.fireChannelReadComplete()
    }

    /// Whoever writes past this handler has it send first what was written before.
    func flush(context: ChannelHandlerContext) {
        self.flush()
        context.flush()
    }

    func read(context: ChannelHandlerContext) {
        if self.connection?.mayRead != false { context.read() }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is ChannelShouldQuiesceEvent: self.connection?.quiesce()
        // What the client asked before is answered in this turn, or would wait for somebody who may be gone.
        case ChannelEvent.inputClosed:
            self.hasInputClosed = true
            context.eventLoop.assumeIsolated().execute { self.inputClosed() }
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    /// What is no request is answered, unless the answer would stand for another's.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let status: HTTPResponse.Status? =
            switch error as? HTTPParserError {
            case .headerOverflow: .requestHeaderFieldsTooLarge
            case .some: .badRequest
            case nil: nil
            }
        guard let status, context.channel.isActive, self.connection?.hasRequest == false else { return self.close() }
        var answer = HTTPAnswer(status: status, contentType: nil)
        answer.cacheControl = nil
        let close = { (_: Bool) in self.close() }
        self.write(close) {
            $0.writeAnswer(answer, HTTPFields(), date: self.date, closes: true, .whole(omitsBody: false))
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.socket = nil
        // Whoever ended its side and does not know the connection any more has not read the answer that came after.
        if self.hasInputClosed, !self.hasClosed { self.connection?.outputLost() }
        self.connection?.lost()
        context.fireChannelInactive()
    }
}

extension ServerChannelHandler: HTTPConnectionHost, Flushable {
    /// Nothing is: one of the endpoints takes whatever is left.
    func passOn(_ part: RequestPart) {}

    func read() {
        self.context?.read()
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
            $0.writeAnswer(answer, exchange.fields, date: self.date, closes: closes, framing)
        }
        if isLong {
            self.flush()
            self.send(answer.body, sent)
        }
    }

    func beginStream(_ head: HTTPAnswer, to exchange: ServerExchange, closes: Bool) {
        self.sendsChunks = !exchange.head.isHTTP10
        let framing = self.sendsChunks ? AnswerFraming.chunked : .untilClose
        self.write { $0.writeAnswer(head, exchange.fields, date: self.date, closes: closes, framing) }
    }

    func writeStream(_ bytes: ByteBuffer, _ sent: @escaping (Bool) -> Void) {
        self.write(sent) { if self.sendsChunks { $0.writeChunk(bytes) } else { $0.writeImmutableBuffer(bytes) } }
    }

    func endStream(_ sent: ((Bool) -> Void)?) {
        self.limiter.answerEnded()
        self.write(sent) { if self.sendsChunks { $0.writeLastChunk() } }
    }

    /// Appends to the output of this turn.
    /// - Parameter sent: called when it has left (true), or never will.
    private func write(_ sent: ((Bool) -> Void)? = nil, _ encode: (inout ByteBuffer) -> Void) {
        if !self.needsFlush {
            self.needsFlush = true
            self.output = self.loop.context.takeBuffer()
            self.loop.context.setNeedsFlush(self)
        }
        encode(&self.output)
        if let sent {
            if let others = self.outputSent {
                self.outputSent = { hasLeft in
                    others(hasLeft)
                    sent(hasLeft)
                }
            } else {
                self.outputSent = sent
            }
        }
        if self.output.readableBytes >= Self.maxOutput { self.flush() }
    }

    /// Sends what was collected in this turn.
    func flush() {
        guard self.needsFlush else { return }
        self.needsFlush = false
        let sent = self.outputSent.take()
        var bytes = ByteBuffer()
        swap(&bytes, &self.output)
        // The decoder hears of the connection's end before this handler, and could still have something for it.
        if self.pendingWrites == 0, let socket = self.socket, self.context?.channel.isActive == true {
            bytes.moveReaderIndex(forwardBy: bytes.withUnsafeReadableBytes(socket.send))
        }
        if bytes.readableBytes == 0 {
            self.loop.context.recycle(bytes)
            sent?(true)
        } else {
            self.send(bytes, sent)
        }
    }

    /// Sends by way of NIO.
    private func send(_ bytes: ByteBuffer, _ sent: ((Bool) -> Void)?) {
        guard let context = self.context else {
            sent?(false)
            return
        }
        self.pendingWrites += 1
        let promise = context.eventLoop.makePromise(of: Void.self)
        promise.futureResult.assumeIsolated().whenComplete { result in
            self.pendingWrites -= 1
            switch result {
            case .success: sent?(true)
            case .failure:
                self.socket = nil
                self.connection?.outputLost()
                sent?(false)
            }
        }
        context.writeAndFlush(self.wrapOutboundOut(bytes), promise: promise)
    }

    /// The client has ended its side. One that only has no more to say reads the answer to what it said before; one that
    /// is gone does not, and the network tells by a reset, a round trip after the answer: not being told, a session
    /// would be kept for a client that cannot know of it.
    private func inputClosed() {
        self.flush()
        if self.connection?.awaitsArrival == true {
            self.loop.context.timers.schedule(after: Self.arrivalTime) { self.close() }
        } else if self.connection?.inputClosed() != true {
            // Before the client sees this side's end: what it asks after that is asked of a session that knows.
            self.connection?.lost()
            self.close()
        }
    }

    func close() {
        self.hasClosed = true
        self.flush()
        self.socket = nil
        self.context?.close(promise: nil)
    }

    /// The decoder leaves last: the bytes that it has not read go to the handler behind it, which has to be `handler`.
    func replaceHTTP(with handler: WebSocketChannelHandler) throws {
        guard let context = self.context else { return }
        let pipeline = context.pipeline.syncOperations
        self.flush()
        handler.adopt(self.loop)
        try pipeline.addHandler(handler, position: .before(self))
        if self.pendingWrites == 0 { handler.writeDirectly(to: self.socket) }
        pipeline.removeHandler(context: context, promise: nil)
        pipeline.removeHandler(self.limiter, promise: nil)
        if let decoder = try? pipeline.context(handlerType: ByteToMessageHandler<HTTPRequestDecoder>.self) {
            pipeline.removeHandler(context: decoder, promise: nil)
        }
    }
}
