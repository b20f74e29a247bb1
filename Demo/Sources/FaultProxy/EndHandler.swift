// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// Which end of a proxied connection.
enum End {
    case client, backend
}

/// A handler that can be asked to go on reading.
protocol Resumable: AnyObject {
    func resume()
}

/// The last handler at one end of a proxied connection: it passes received parts to the connection, and reads only when
/// there is room.
final class EndHandler<Inbound>: ChannelDuplexHandler, RemovableChannelHandler, Resumable {
    typealias InboundIn = Inbound
    typealias OutboundIn = Never

    private let end: End
    private let connection: ProxyConnection
    private let receive: (Inbound) -> Void
    private var context: ChannelHandlerContext?
    private var wantsToRead = false

    init(_ end: End, of connection: ProxyConnection, receive: @escaping (Inbound) -> Void) {
        self.end = end
        self.connection = connection
        self.receive = receive
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.receive(self.unwrapInboundIn(data))
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        self.connection.pump()
        context.fireChannelReadComplete()
    }

    func read(context: ChannelHandlerContext) {
        self.wantsToRead = !self.connection.hasRoom(from: self.end)
        if !self.wantsToRead { context.read() }
    }

    /// Continues reading if there is room again.
    func resume() {
        if self.wantsToRead, let context = self.context { self.read(context: context) }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        self.connection.pump()
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed: self.connection.inputClosed(self.end)
        case is ChannelShouldQuiesceEvent: self.connection.quiesce()
        default: break
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.connection.closed(self.end)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.connection.failed(self.end, error)
    }
}
