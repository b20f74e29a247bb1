// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import Logging
internal import NIOCore
internal import NIOSSL
internal import NIOTLS

/// Waits behind the TLS handler until a connection is encrypted, then has it served by the protocol that was agreed on.
final class HandshakeHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let limit: OpeningLimit
    private let time: TimeAmount
    private let log: Logger
    private let serve: (_ isHTTP2: Bool) throws -> Void

    init(limit: OpeningLimit, time: TimeAmount, log: Logger, serve: @escaping (_ isHTTP2: Bool) throws -> Void) {
        self.limit = limit
        self.time = time
        self.log = log
        self.serve = serve
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.limit.begin(self.time)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.limit.cancel()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case TLSUserEvent.handshakeCompleted(let agreed):
            self.limit.opened()
            do {
                try self.serve(agreed == "h2")
            } catch {
                context.close(promise: nil)
            }
        case is ChannelShouldQuiesceEvent:
            self.limit.end()
            context.fireUserInboundEventTriggered(event)
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // The peer ended its side without TLS's farewell, as many do. Nobody can cut an answer short by that, since the
        // client knows its length; and the handlers learn of the end by the event that follows.
        if case NIOSSLError.uncleanShutdown = error { return }
        if self.limit.isOpen { return context.fireErrorCaught(error) }
        self.log.debug("the TLS handshake with \(context.channel.peer) failed: \(error)")
    }
}

extension Channel {
    /// The other end, for the log.
    var peer: String { self.remoteAddress.map { "\($0)" } ?? "somebody" }
}
