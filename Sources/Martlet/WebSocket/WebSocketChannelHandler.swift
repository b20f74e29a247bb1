// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletWebSocket
internal import NIOCore
internal import WebSocketWire

/// Connects a WebSocket connection to a NIO channel: passes raw bytes from the channel to the connection and back.
///
/// The connection usually lives on the channel's event loop. If it belongs to a session on another event loop, it lives
/// there; then this handler passes the bytes of a read, or of a flush, from one loop to the other in one hop.
///
/// `@unchecked Sendable`: `channelSide` is used on the channel's event loop only, `connectionSide` on the connection's
/// only; the rest never changes.
final class WebSocketChannelHandler: ChannelDuplexHandler, RemovableChannelHandler, WebSocketHost, @unchecked Sendable {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = Never
    typealias OutboundIn = Never
    typealias OutboundOut = ByteBuffer

    private let channel: any Channel
    /// The loop of the connection.
    private let loop: WebSocketLoop
    private let isLocal: Bool
    /// Whether bytes may be written to the socket without passing through the pipeline.
    private let writesDirectly: Bool

    // Unchecked: see LoopContext.
    @exclusivity(unchecked) private var channelSide = ChannelSide()
    @exclusivity(unchecked) private var connectionSide = ConnectionSide()

    /// Used on the channel's event loop.
    private struct ChannelSide {
        /// Set if bytes are written directly; both event loops are then the same.
        var directSocket: DirectSockets.Number?
        var context: ChannelHandlerContext?
        var isReadingPaused = false
        var hasPendingRead = false
        /// How many bytes have gone to another loop since it last had to say that it has them.
        var handedOver = 0
        /// Whether the other loop has to say so before there is more.
        var awaitsTaking = false
        var isQuiescing = false
        /// `nil` when the channel belongs to another server.
        var serverLoop: ServerLoop?
        /// Tells how many bytes were written and have not left, where NIO does not.
        var unsentBytes: (() -> Int)?
    }

    /// Used on the connection's event loop.
    private struct ConnectionSide {
        var connection: WebSocketConnection?
        var isClosing = false
        /// How many writes were given to NIO and have not completed.
        var pendingSends = 0
    }

    /// How long a peer may go on sending after the connection was closed on this side.
    private static let lingeringTime = TimeAmount.seconds(2)
    /// How many bytes may be on the way from the channel's event loop to the connection's, but for those of one read.
    private static let maxHandedOver = 256 << 10
    /// How long a peer may take nothing of what is still to be sent when the connection is closed.
    private static let stallTime = TimeAmount.seconds(5)

    /// - Parameter loop: the loop of the connection.
    init(channel: any Channel, loop: WebSocketLoop, isPlaintext: Bool) {
        self.channel = channel
        self.loop = loop
        self.isLocal = channel.eventLoop === loop.context.eventLoop
        self.writesDirectly = isPlaintext && self.isLocal
    }

    var directSocket: DirectSockets.Number? { self.channelSide.directSocket }

    /// Tells the handler that the channel belongs to a standalone server. Called before the handler is in the pipeline.
    func adopt(_ serverLoop: ServerLoop) {
        self.channelSide.serverLoop = serverLoop
    }

    /// As ``RawBytesHandler/counts(_:)``.
    func counts(_ unsentBytes: @escaping () -> Int) {
        self.channelSide.unsentBytes = unsentBytes
    }

    /// Makes the handler write directly to the socket, if possible. Called when the handler is in the pipeline, before
    /// there is a connection, and while NIO has nothing left to write.
    func writeDirectly(to socket: DirectSocket?) {
        guard self.writesDirectly, let socket else { return }
        self.channelSide.directSocket = self.loop.sockets.add(socket.descriptor)
    }

    /// Stops direct writes. ``DirectSocket`` says when this is necessary.
    private func giveUpSocket() {
        if let socket = self.channelSide.directSocket { self.loop.sockets.giveUp(socket) }
    }

    // MARK: The connection's event loop

    /// Sets the connection that takes the bytes; called once, before any arrive.
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
            // Write from this handler, not from the end of the pipeline: the handlers behind this one understand HTTP
            // only.
            guard let context = self.channelSide.context else { return promise.fail(ChannelError.ioOnClosedChannel) }
            context.writeAndFlush(self.wrapOutboundOut(bytes), promise: promise)
        }
    }

    func setReadingPaused(_ paused: Bool) {
        self.onChannel {
            self.channelSide.isReadingPaused = paused
            self.readIfPending()
        }
    }

    private var mayRead: Bool { !self.channelSide.isReadingPaused && !self.channelSide.awaitsTaking }

    private func readIfPending() {
        guard self.mayRead, self.channelSide.hasPendingRead else { return }
        self.channelSide.hasPendingRead = false
        self.channelSide.context?.read()
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
                // Read and drop the peer's data until the peer closes: otherwise it might never read the close frame.
                self.channelSide.isReadingPaused = false
                context.read()
                context.eventLoop.assumeIsolated().scheduleTask(in: Self.lingeringTime) {
                    self.channelSide.context?.close(promise: nil)
                }
            } else if !hasPendingSends {
                context.close(promise: nil)
            } else {
                // Closing at once would drop pending writes.
                context.writeAndFlush(self.wrapOutboundOut(ByteBuffer())).assumeIsolated().whenComplete { _ in
                    self.channelSide.context?.close(promise: nil)
                }
                self.closeWhenStalled(context, self.bufferedBytes(context))
            }
        }
    }

    /// Closes the channel once the peer has taken nothing of what is pending for a while: it may never read.
    private func closeWhenStalled(_ context: ChannelHandlerContext, _ pending: Int) {
        context.eventLoop.assumeIsolated().scheduleTask(in: Self.stallTime) {
            guard let context = self.channelSide.context else { return }
            let rest = self.bufferedBytes(context)
            if rest < pending { self.closeWhenStalled(context, rest) } else { context.close(promise: nil) }
        }
    }

    private func bufferedBytes(_ context: ChannelHandlerContext) -> Int {
        if let unsentBytes = self.channelSide.unsentBytes { return unsentBytes() }
        return (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
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
            self.handOver(bytes)
        }
    }

    /// Hands bytes to the connection on its own event loop. A loop that is behind is not sent more and more: from time to
    /// time reading stops until it has taken all before.
    private func handOver(_ bytes: ByteBuffer) {
        self.channelSide.handedOver += bytes.readableBytes
        let isFull = self.channelSide.handedOver >= Self.maxHandedOver
        if isFull {
            self.channelSide.handedOver = 0
            self.channelSide.awaitsTaking = true
        }
        self.loop.context.eventLoop.execute {
            self.connectionSide.connection?.receive(bytes)
            self.connectionSide.connection?.readComplete()
            guard isFull else { return }
            self.onChannel {
                self.channelSide.awaitsTaking = false
                self.readIfPending()
            }
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if self.isLocal { self.connectionSide.connection?.readComplete() }
    }

    func read(context: ChannelHandlerContext) {
        if self.mayRead {
            context.read()
        } else {
            self.channelSide.hasPendingRead = true
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
        // Handlers of the HTTP server that remain behind this one may think the connection idle. Ignore their close.
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
