// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// Brings what happens in a channel to its transport.
final class WebSocketClientHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let transport: WebSocketClientTransport

    init(_ transport: WebSocketClientTransport) { self.transport = transport }

    func handlerAdded(context: ChannelHandlerContext) { self.transport.added(context) }

    func handlerRemoved(context: ChannelHandlerContext) { self.transport.removed(context) }

    func channelActive(context: ChannelHandlerContext) { self.transport.connected(context) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.transport.received(self.unwrapInboundIn(data))
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) { self.transport.becameWritable() }

    func channelInactive(context: ChannelHandlerContext) { self.transport.ended(context, nil) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.transport.ended(context, error)
        context.close(promise: nil)
    }
}
