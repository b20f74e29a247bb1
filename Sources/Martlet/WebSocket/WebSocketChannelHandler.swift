// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletWebSocket
internal import NIOCore
internal import WebSocketWire

/// A WebSocket connection's host on NIO: raw bytes in from the channel, and out to it.
///
/// The connection usually lives on the channel's event loop. When it belongs to a session of another one, it lives
/// there, and this handler hands over what came in a read, and writes what comes in a flush: one hop for a batch.
///
/// `@unchecked Sendable`: `channelSide` is used on the channel's event loop only, `connectionSide` on the connection's
/// only; the rest never changes.
final class WebSocketChannelHandler: ChannelDuplexHandler, RemovableChannelHandler, WebSocketHost, @unchecked Sendable {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = Never
    typealias OutboundIn = Never
    typealias OutboundOut = ByteBuffer

    private let channel: any Channel
    /// The connection's.
    private let loop: WebSocketLoop
    private let isLocal: Bool
    /// Whether bytes may be written to the socket without passing through the pipeline.
    private let writesDirectly: Bool

    // Unchecked: see LoopContext.
    @exclusivity(unchecked) private var channelSide = ChannelSide()
    @exclusivity(unchecked) private var connectionSide = ConnectionSide()

    /// Used on the channel's event loop.
    private struct ChannelSide {
        /// Set if bytes are written directly: then both event loops are the same.
        var directSocket: DirectSockets.Number?
        var context: ChannelHandlerContext?
        var isReadingPaused = false
        var hasPendingRead = false
        var isQuiescing = false
        /// Absent when the connection is another server's.
        var serverLoop: ServerLoop?
    }

    /// Used on the connection's event loop.
    private struct ConnectionSide {
        var connection: WebSocketConnection?
        var isClosing = false
        /// What was given to NIO and has not left.
        var pendingSends = 0
    }

    /// How long a peer may go on sending after the connection was closed on this side.
    private static let lingeringTime = TimeAmount.seconds(2)

    /// - Parameter loop: the connection's.
    init(channel: any Channel, loop: WebSocketLoop, isPlaintext: Bool) {
        self.channel = channel
        self.loop = loop
        self.isLocal = channel.eventLoop === loop.context.eventLoop
        self.writesDirectly = isPlaintext && self.isLocal
    }

    var directSocket: DirectSockets.Number? { self.channelSide.directSocket }

    /// Makes known that the channel is a standalone server's. Called before the handler is in the pipeline.
    func adopt(_ serverLoop: ServerLoop) {
        self.channelSide.serverLoop = serverLoop
    }

    /// Has bytes written past NIO, if that is possible. Called when the handler is in the pipeline, before there is a
    /// connection, and while nothing else is to be written by NIO.
    func writeDirectly(to socket: DirectSocket?) {
        guard self.writesDirectly, let socket else { return }
        self.channelSide.directSocket = self.loop.sockets.add(socket.descriptor)
    }

    /// See ``DirectSocket`` for when.
    private func giveUpSocket() {
        if let socket = self.channelSide.directSocket { self.loop.sockets.giveUp(socket) }
    }

    // MARK: The connection's event loop

    /// Makes known what the bytes are for; called once, before any arrive.
    func start(_ connection: WebSocketConnection) {
        self.connectionSide.connection = connection
    }

    func send(_ bytes: ByteBuffer) {
        let promise = self.loop.context.eventLoop.makePromise(of: Void.self)
        let count = bytes.readableBytes
        self.connectionSide.pendingSends += 1
        promise.futureResult.whenComplete { result in
            self.connectionSide.pendingSends -= 1
            var haveLeft = true
            if case .failure = result {
                haveLeft = false
                if self.isLocal { self.giveUpSocket() }
            }
            self.connectionSide.connection?.sent(count, haveLeft: haveLeft)
        }
        if self.connectionSide.isClosing { return promise.fail(ChannelError.ioOnClosedChannel) }
        self.onChannel {
            // From here, not from the end of the pipeline: whoever stands there knows of HTTP only.
            guard let context = self.channelSide.context else { return promise.fail(ChannelError.ioOnClosedChannel) }
            context.writeAndFlush(self.wrapOutboundOut(bytes), promise: promise)
        }
    }

    func setReadingPaused(_ paused: Bool) {
        self.onChannel {
            self.channelSide.isReadingPaused = paused
            if !paused, self.channelSide.hasPendingRead {
                self.channelSide.hasPendingRead = false
                self.channelSide.context?.read()
            }
        }
    }

    func close(lingering: Bool) {
        guard !self.connectionSide.isClosing else { return }
        self.connectionSide.isClosing = true
        let hasPendingSends = self.connectionSide.pendingSends > 0
        self.onChannel {
            self.giveUpSocket()
            guard let context = self.channelSide.context else { return }
            if lingering {
                context.close(mode: .output, promise: nil)
                // What the peer still sends is read and dropped until it closes, or it would never see why.
                self.channelSide.isReadingPaused = false
                context.read()
                context.eventLoop.assumeIsolated().scheduleTask(in: Self.lingeringTime) {
                    self.channelSide.context?.close(promise: nil)
                }
            } else if !hasPendingSends {
                context.close(promise: nil)
            } else {
                // Closing at once would drop what waits to be written.
                context.writeAndFlush(self.wrapOutboundOut(ByteBuffer())).assumeIsolated().whenComplete { _ in
                    self.channelSide.context?.close(promise: nil)
                }
            }
        }
    }

    private func onChannel(_ body: @escaping @Sendable () -> Void) {
        if self.channel.eventLoop.inEventLoop { body() } else { self.channel.eventLoop.execute(body) }
    }

    // MARK: The channel's event loop

    func handlerAdded(context: ChannelHandlerContext) {
        self.channelSide.context = context
        if let serverLoop = self.channelSide.serverLoop {
            serverLoop.upgraded(context.channel)
        } else if self.writesDirectly {
            self.writeDirectly(to: DirectSocket(context.channel))
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.giveUpSocket()
        self.channelSide.serverLoop?.webSocketEnded()
        self.channelSide.context = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = self.unwrapInboundIn(data)
        self.channelSide.serverLoop?.giveBack(bytes)
        if self.isLocal {
            self.connectionSide.connection?.receive(bytes)
        } else {
            self.loop.context.eventLoop.execute {
                self.connectionSide.connection?.receive(bytes)
                self.connectionSide.connection?.readComplete()
            }
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if self.isLocal { self.connectionSide.connection?.readComplete() }
    }

    func read(context: ChannelHandlerContext) {
        if self.channelSide.isReadingPaused {
            self.channelSide.hasPendingRead = true
        } else {
            context.read()
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed:
            self.giveUpSocket()
            context.close(promise: nil)
        case is ChannelShouldQuiesceEvent:
            self.channelSide.isQuiescing = true
            self.onConnection { $0.serverGoesDown() }
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        // Those behind this handler, left over from the HTTP server, may think the connection idle.
        if mode == .all, !self.channelSide.isQuiescing {
            promise?.succeed()
        } else {
            self.giveUpSocket()
            context.close(mode: mode, promise: promise)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.giveUpSocket()
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.giveUpSocket()
        self.onConnection { connection in
            self.connectionSide.connection = nil
            connection.hostClosed()
        }
        if let socket = self.channelSide.directSocket.take() { self.loop.sockets.remove(socket) }
        context.fireChannelInactive()
    }

    private func onConnection(_ body: @escaping @Sendable (WebSocketConnection) -> Void) {
        if self.isLocal {
            if let connection = self.connectionSide.connection { body(connection) }
        } else {
            self.loop.context.eventLoop.execute {
                if let connection = self.connectionSide.connection { body(connection) }
            }
        }
    }
}
