// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import HTTPTypes
internal import NIOCore
internal import NIOHTTP1
internal import NIOHTTPTypes

/// Answers the requests that are for none of a standalone server's endpoints, and what is no request at all.
final class FallbackHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias OutboundOut = HTTPResponsePart

    private let responder: MartletServer.Responder?
    private var head: HTTPRequest?

    init(responder: MartletServer.Responder?) {
        self.responder = responder
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch self.unwrapInboundIn(data) {
        case .head(let head): self.head = head
        case .body: break
        case .end:
            guard let head = self.head else { return }
            self.head = nil
            self.answer(head, context)
        }
    }

    private func answer(_ head: HTTPRequest, _ context: ChannelHandlerContext) {
        guard let responder = self.responder else { return self.write(.notFound, to: head, context) }
        let channel = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        let eventLoop = context.eventLoop
        Task {
            let reply = await responder(head) ?? .notFound
            eventLoop.execute {
                let (handler, context) = channel.value
                handler.write(reply, to: head, context)
            }
        }
    }

    private func write(_ reply: MartletServer.Reply, to head: HTTPRequest, _ context: ChannelHandlerContext) {
        guard context.channel.isActive else { return }
        var fields = reply.headerFields
        fields[.contentLength] = String(reply.body.readableBytes)
        let closes = head.headerFields.hasToken("close", in: .connection)
        if closes { fields[.connection] = "close" }
        context.write(
            self.wrapOutboundOut(.head(HTTPResponse(status: reply.status, headerFields: fields))),
            promise: nil
        )
        if reply.body.readableBytes > 0, head.method != .head {
            context.write(self.wrapOutboundOut(.body(reply.body)), promise: nil)
        }
        let ended = context.writeAndFlush(self.wrapOutboundOut(.end(nil)))
        if closes { ended.assumeIsolated().whenComplete { _ in context.close(promise: nil) } }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let status: HTTPResponse.Status? =
            switch error as? HTTPParserError {
            case .headerOverflow: .requestHeaderFieldsTooLarge
            case .some: .badRequest
            case nil: nil
            }
        guard let status, context.channel.isActive else { return context.close(promise: nil) }
        let response = HTTPResponse(status: status, headerFields: [.connection: "close", .contentLength: "0"])
        context.write(self.wrapOutboundOut(.head(response)), promise: nil)
        context.writeAndFlush(self.wrapOutboundOut(.end(nil))).assumeIsolated().whenComplete { _ in
            context.close(promise: nil)
        }
    }
}
