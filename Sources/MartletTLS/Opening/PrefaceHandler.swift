// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// Tells by the first bytes of a plain connection whether it speaks HTTP/2: its first 24 bytes are no HTTP/1.1 request
/// (RFC 9113, 3.4).
final class PrefaceHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let limit: OpeningLimit
    private let time: TimeAmount
    private let serve: (_ isHTTP2: Bool) throws -> Void
    private var received = ByteBuffer()

    private static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

    init(limit: OpeningLimit, time: TimeAmount, serve: @escaping (_ isHTTP2: Bool) throws -> Void) {
        self.limit = limit
        self.time = time
        self.serve = serve
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.limit.begin(self.time)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.limit.cancel()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.received.writeImmutableBuffer(self.unwrapInboundIn(data))
        let start = self.received.readableBytesView.prefix(Self.preface.count)
        let isHTTP2 = Self.preface.starts(with: start)
        if isHTTP2, start.count < Self.preface.count { return }
        self.limit.opened()
        do {
            try self.serve(isHTTP2)
        } catch {
            return context.close(promise: nil)
        }
        context.fireChannelRead(self.wrapInboundOut(self.received))
        context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ChannelShouldQuiesceEvent || event as? ChannelEvent == .inputClosed { self.limit.end() }
    }
}
