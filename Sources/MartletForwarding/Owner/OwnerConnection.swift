// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEngine
internal import NIOCore
internal import NIOHTTP1

/// Takes the answer to a request. All is called on the event loop of the connection.
protocol OwnerAnswerReceiver: AnyObject {
    func received(_ head: HTTPResponseHead)
    func received(_ bytes: ByteBuffer)
    func answerEnded()
    /// The rest of the answer will not come.
    func connectionLost()
}

/// A connection to another node, which carries one request at a time.
final class OwnerConnection: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundIn = HTTPClientRequestPart
    typealias OutboundOut = HTTPClientRequestPart

    let node: String
    private let channel: any Channel
    private let pool: OwnerPool
    private let answerTime: TimeAmount
    private var context: ChannelHandlerContext?
    private var timer: InactivityTimer?
    private var receiver: (any OwnerAnswerReceiver)?
    private var keepsAlive = false
    private var isPaused = false
    private var hasPendingRead = false

    init(_ channel: any Channel, _ node: String, _ answerTime: TimeAmount, _ pool: OwnerPool) {
        self.channel = channel
        self.node = node
        self.answerTime = answerTime
        self.pool = pool
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        self.timer = InactivityTimer(context.eventLoop, self.answerTime) { [weak self] in self?.close() }
        self.pool.opened(self)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.timer?.cancel()
        self.context = nil
        self.pool.ended(self)
    }

    // MARK: Requests

    func send(_ head: HTTPRequestHead, _ body: ByteBuffer, _ receiver: any OwnerAnswerReceiver) {
        guard let context else { return receiver.connectionLost() }
        self.receiver = receiver
        self.timer?.restart(self.answerTime)
        context.write(self.wrapOutboundOut(.head(head)), promise: nil)
        if body.readableBytes > 0 { context.write(self.wrapOutboundOut(.body(.byteBuffer(body))), promise: nil) }
        context.writeAndFlush(self.wrapOutboundOut(.end(nil)), promise: nil)
    }

    /// Stops or resumes reading the answer.
    func setPaused(_ isPaused: Bool) {
        self.isPaused = isPaused
        self.timer?.isPaused = isPaused
        guard !isPaused, self.hasPendingRead else { return }
        self.hasPendingRead = false
        self.context?.read()
    }

    /// The answer is of no interest any longer.
    func abandon() {
        self.receiver = nil
        self.close()
    }

    func close() {
        self.pool.ended(self)
        self.channel.close(promise: nil)
    }

    // MARK: Answers

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.timer?.touch()
        switch self.unwrapInboundIn(data) {
        case .head(let head):
            self.keepsAlive = head.isKeepAlive && head.status != .switchingProtocols
            self.receiver?.received(head)
        case .body(let bytes): self.receiver?.received(bytes)
        case .end: self.ended()
        }
    }

    private func ended() {
        let receiver = self.receiver.take()
        self.setPaused(false)
        self.timer?.restart(OwnerPool.idleTime)
        let isKept = receiver != nil && self.keepsAlive && self.pool.keep(self)
        receiver?.answerEnded()
        // The receiver of an upgrade has put another handler in the place of this one.
        if !isKept, !self.isLeaving { self.close() }
    }

    func read(context: ChannelHandlerContext) {
        if self.isPaused { self.hasPendingRead = true } else { context.read() }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // The other node will send no more: an answer that ends with the connection has been ended by the decoder.
        if case ChannelEvent.inputClosed = event { context.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.timer?.cancel()
        self.pool.ended(self)
        self.receiver.take()?.connectionLost()
    }

    // MARK: Upgrade

    private var isLeaving = false

    /// Makes the connection one of raw bytes: takes the HTTP handlers out of the pipeline, and puts `handler` in their
    /// place. The decoder leaves last, and hands on what came after the answer.
    func replaceHTTP(with handler: SpliceHandler) throws {
        guard let context else { throw ChannelError.ioOnClosedChannel }
        self.isLeaving = true
        let pipeline = context.pipeline.syncOperations
        try pipeline.addHandler(handler, position: .after(self))
        pipeline.removeHandler(self, promise: nil)
        if let encoder = try? pipeline.context(handlerType: HTTPRequestEncoder.self) {
            pipeline.removeHandler(context: encoder, promise: nil)
        }
        if let decoder = try? pipeline.context(handlerType: ByteToMessageHandler<HTTPResponseDecoder>.self) {
            let hasLeft = context.eventLoop.makePromise(of: Void.self)
            hasLeft.futureResult.assumeIsolated().whenComplete { _ in handler.takesRawBytes() }
            pipeline.removeHandler(context: decoder, promise: hasLeft)
        }
    }
}
