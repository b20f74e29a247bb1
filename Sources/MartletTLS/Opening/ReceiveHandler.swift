// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import Martlet
internal import MartletEngine
internal import NIOCore

/// The first handler of a connection: returns the memory of what was read to the event loop, as the HTTP handlers do on
/// plain connections.
final class ReceiveHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let connections: ServerConnections
    private var context: ChannelHandlerContext?
    private var hasRead = false

    init(_ connections: ServerConnections) {
        self.connections = connections
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        self.connections.ended(context.channel)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = self.unwrapInboundIn(data)
        if !self.hasRead {
            self.hasRead = true
            bytes = self.connections.completeFirstRead(bytes, on: context.channel)
        }
        // The next handler keeps a record or a frame that is not complete. If it kept the loop's buffer, each client
        // could make the server hold 64 KiB by a single byte.
        let isSmall = bytes.readableBytes < bytes.storageCapacity / 2
        context.fireChannelRead(self.wrapInboundOut(isSmall ? bytes.ownCopy() : bytes))
        self.connections.giveBack(bytes)
    }

    /// Closes the connection at once: from here, since a TLS handler would first take its leave of the peer.
    func cutOff() {
        self.context?.close(promise: nil)
    }
}
