// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEngine
internal import NIOCore

/// One end of a WebSocket that passes through this node: hands what comes from its connection to the other end, without
/// looking at it. It reads no more while the other end cannot write.
///
/// Used on the event loop that both connections share.
final class SpliceHandler: ChannelDuplexHandler, RawBytesHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = Never
    typealias OutboundOut = ByteBuffer

    /// The other end; a cycle until one of the connections is gone.
    private var other: SpliceHandler?
    private var context: ChannelHandlerContext?
    private var giveBack: ((ByteBuffer) -> Void)?
    private var unsentBytes: (() -> Int)?
    private var timer: InactivityTimer?
    /// The time without a byte from this end after which both are closed; `nil`: any time.
    private let silence: TimeAmount?
    /// Called when the connection is gone.
    var onEnd: (() -> Void)?
    private var hasPendingRead = false
    private var hasInputClosed = false
    private var isFinishing = false
    /// What is to be written, and how this end is to be closed, once the connection takes raw bytes; `nil` when it does.
    /// Until HTTP's decoder of answers has left, which watches what is written, it would trap on them.
    private var held: (writes: [ByteBuffer], end: CloseMode?)?

    /// How long a peer may take nothing of what is still to be sent when the connection is closed.
    private static let stallTime = TimeAmount.seconds(5)

    private init(silence: TimeAmount?, takesRawBytes: Bool) {
        self.silence = silence
        self.held = takesRawBytes ? nil : ([], nil)
    }

    /// What is for the owner waits for ``takesRawBytes()``.
    /// - Parameter silence: how long the owner may send nothing.
    static func pair(silence: TimeAmount) -> (client: SpliceHandler, owner: SpliceHandler) {
        let client = SpliceHandler(silence: nil, takesRawBytes: true)
        let owner = SpliceHandler(silence: silence, takesRawBytes: false)
        client.other = owner
        owner.other = client
        return (client, owner)
    }

    func willReplaceHTTP(_ giveBack: @escaping (ByteBuffer) -> Void) {
        self.giveBack = giveBack
    }

    func counts(_ unsentBytes: @escaping () -> Int) {
        self.unsentBytes = unsentBytes
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        guard let silence else { return }
        self.timer = InactivityTimer(context.eventLoop, silence) { [weak self] in self?.closeBoth() }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.timer?.cancel()
        self.context = nil
    }

    /// Writes to this end's connection, and sends it.
    func send(_ bytes: ByteBuffer) {
        self.context?.writeAndFlush(self.wrapOutboundOut(bytes), promise: nil)
    }

    /// The handlers of HTTP have left this end's connection.
    func takesRawBytes() {
        guard let held = self.held.take() else { return }
        for bytes in held.writes { self.write(bytes) }
        if let mode = held.end { self.finish(mode) }
    }

    // MARK: From the network

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.timer?.touch()
        let bytes = self.unwrapInboundIn(data)
        self.giveBack?(bytes)
        self.other?.write(bytes)
    }

    private func write(_ bytes: ByteBuffer) {
        if self.held != nil, self.held?.end == nil { self.held?.writes.append(bytes) }
        guard self.held == nil, let context, !self.isFinishing else { return }
        // What has to wait gets its own memory if it is small: a read buffer is larger, and would wait with it.
        let waits = bytes.readableBytes < bytes.storageCapacity / 2 && self.bufferedBytes(context) > 0
        // At once: after the bytes that the HTTP decoder hands on when it leaves, no end of a read is reported.
        context.writeAndFlush(self.wrapOutboundOut(waits ? bytes.ownCopy() : bytes), promise: nil)
    }

    private func bufferedBytes(_ context: ChannelHandlerContext) -> Int {
        if let unsentBytes { return unsentBytes() }
        return (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
    }

    func read(context: ChannelHandlerContext) {
        if self.other?.context?.channel.isWritable != false {
            context.read()
        } else {
            self.hasPendingRead = true
            self.timer?.isPaused = true
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { self.other?.resumeReading() }
    }

    private func resumeReading() {
        guard self.hasPendingRead else { return }
        self.hasPendingRead = false
        self.timer?.isPaused = false
        self.timer?.touch()
        self.context?.read()
    }

    // MARK: The end

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed:
            self.hasInputClosed = true
            guard let other else { return context.close(promise: nil) }
            if other.hasInputClosed { other.finish(.all) } else { other.finish(.output) }
        case is ChannelShouldQuiesceEvent: self.closeBoth()
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        // Handlers of an HTTP server that remain behind this one may think the connection idle.
        promise?.succeed()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.timer?.cancel()
        self.onEnd.take()?()
        let other = self.other.take()
        other?.other = nil
        other?.finish(.all)
        context.fireChannelInactive()
    }

    func closeBoth() {
        self.other?.context?.close(promise: nil)
        self.context?.close(promise: nil)
    }

    /// Closes the connection, or its sending side, once all that was written has left.
    private func finish(_ mode: CloseMode) {
        if let held = self.held {
            if held.end != .all { self.held?.end = mode }
            return
        }
        guard let context, !self.isFinishing || mode == .all else { return }
        self.isFinishing = true
        context.writeAndFlush(self.wrapOutboundOut(ByteBuffer())).assumeIsolated().whenComplete { _ in
            self.context?.close(mode: mode, promise: nil)
        }
        self.closeWhenStalled(self.bufferedBytes(context))
    }

    /// Closes the connection once the peer has taken nothing of what is pending for a while: it may never read.
    private func closeWhenStalled(_ pending: Int) {
        if pending == 0 { return }
        self.context?.eventLoop.assumeIsolated().scheduleTask(in: Self.stallTime) {
            guard let context = self.context else { return }
            let rest = self.bufferedBytes(context)
            if rest < pending { self.closeWhenStalled(rest) } else { context.close(promise: nil) }
        }
    }
}
