// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEngine
internal import NIOCore

/// Bounds the time and the size of a request's head, and the time of its body: 408 and 431 (RFC 9110, 15.5.9; RFC 6585,
/// 5).
///
/// The limiter stands before the HTTP decoder, and counts bytes while a head is awaited. ``ServerChannelHandler``,
/// behind the decoder, tells the limiter where requests and answers end. It also asks the limiter about each complete
/// head: a head that came in a single read may still be too large, or invalid.
final class RequestHeadLimiter: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundOut = ByteBuffer

    struct Limits: Sendable {
        /// The size of a head in bytes.
        var size = 16 << 10
        /// How long a head may take from the start of the connection, or from the head's first byte on a connection
        /// kept alive.
        var time = TimeAmount.seconds(10)
        /// How long a body may take from its head on, but for the time in which the server does not read it.
        var bodyTime = TimeAmount.seconds(60)
        /// How long a connection may be kept alive without a request.
        var idleTime = TimeAmount.seconds(75)
    }

    private enum Phase {
        /// No byte of a head has come since the last request.
        case idle
        case head(bytes: Int)
        /// The body of a request is on its way.
        case body
        case refused
    }

    private let limits: Limits
    private let loop: ServerLoop
    private let reporter: LimitReporter
    // Unchecked: see LoopContext.
    @exclusivity(unchecked) private var state = State()

    private struct State {
        var phase = Phase.head(bytes: 0)
        /// Where the rest of the first read is, until that has come.
        var unread: DirectSocket?
        /// Whether the server does not read at the moment.
        var isPaused = false
        /// How many requests have not been answered completely.
        var openRequests = 0
        /// The time at which ``RequestHeadLimiter/timePassed(_:)`` has something to do; `nil`: never.
        var deadline: NIODeadline?
        /// The timer that is set on the event loop. It may fire before the deadline, and is then set again: moving it
        /// with every request would cost a tenth of the request (x86-64, November 2026).
        var timer: (token: LoopTimers.Token, at: NIODeadline)?
        var context: ChannelHandlerContext?
    }

    /// - Parameter socket: where the rest of the first read is; `nil` unless this is the connection's first handler.
    init(limits: Limits, loop: ServerLoop, reporter: LimitReporter, socket: DirectSocket?) {
        self.reporter = reporter
        self.limits = limits
        self.loop = loop
        self.state.unread = socket
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.state.context = context
        self.startTimer(self.limits.time, context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.cancelTimer()
        self.loop.httpEnded(context.channel)
        self.state.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.cancelTimer()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .refused = self.state.phase { return }
        let wasIdle = if case .idle = self.state.phase { true } else { false }
        if wasIdle { self.state.phase = .head(bytes: 0) }
        var bytes = self.unwrapInboundIn(data)
        if let socket = self.state.unread.take() { bytes = self.loop.completeFirstRead(bytes, from: socket) }
        self.loop.giveBack(bytes)
        let count = bytes.readableBytes
        if case .head(let bytes) = self.state.phase { self.state.phase = .head(bytes: bytes + count) }
        context.fireChannelRead(self.wrapInboundOut(bytes))
        guard case .head(let bytes) = self.state.phase else {
            // Most bodies come with their heads, and need no timer.
            if case .body = self.state.phase, self.state.deadline == nil || self.state.isPaused {
                self.startTimer(self.limits.bodyTime, context)
            }
            self.state.isPaused = false
            return
        }
        if bytes > self.limits.size {
            self.refuse("431 Request Header Fields Too Large")
        } else if wasIdle {
            self.startTimer(self.limits.time, context)
        }
    }

    /// A request's head is complete.
    /// - Returns: whether the request may be handled; if not, the limiter has refused it.
    func headCompleted(_ head: RequestHead) -> Bool {
        self.state.deadline = nil
        if head.size > self.limits.size {
            self.refuse("431 Request Header Fields Too Large")
            return false
        }
        // RFC 9112, 3.2: exactly one Host field; only HTTP/1.0 requests may lack it.
        guard head.hostCount == 1 || (head.hostCount == 0 && head.mayLackHost) else {
            self.refuse("400 Bad Request")
            return false
        }
        self.state.phase = .body
        self.state.openRequests += 1
        return true
    }

    /// The server does not read until it has caught up: a body may wait for it. Its time begins anew when it goes on.
    func readingPaused() {
        self.state.isPaused = true
    }

    /// A request is complete; the next bytes belong to the head of another request.
    func requestEnded() {
        guard case .body = self.state.phase else { return }
        self.state.deadline = nil
        self.state.phase = .idle
        self.startIdleTimer()
    }

    /// A request has been answered completely.
    func answerEnded() {
        self.state.openRequests -= 1
        self.startIdleTimer()
    }

    private func startIdleTimer() {
        guard case .idle = self.state.phase, self.state.openRequests == 0, let context = self.state.context else {
            return
        }
        self.startTimer(self.limits.idleTime, context)
    }

    private func startTimer(_ time: TimeAmount, _ context: ChannelHandlerContext) {
        let deadline = context.eventLoop.now + time
        self.state.deadline = deadline
        if let timer = self.state.timer {
            if timer.at <= deadline { return }
            self.loop.timers.cancel(timer.token)
        }
        self.armTimer(at: deadline, context)
    }

    private func armTimer(at deadline: NIODeadline, _ context: ChannelHandlerContext) {
        let token = self.loop.timers.schedule(at: deadline) { self.timePassed(context) }
        self.state.timer = (token, deadline)
    }

    private func cancelTimer() {
        if let timer = self.state.timer { self.loop.timers.cancel(timer.token) }
        self.state.timer = nil
        self.state.deadline = nil
    }

    private func timePassed(_ context: ChannelHandlerContext) {
        self.state.timer = nil
        guard let deadline = self.state.deadline else { return }
        guard deadline <= context.eventLoop.now else { return self.armTimer(at: deadline, context) }
        self.state.deadline = nil
        switch self.state.phase {
        case .idle, .head(bytes: 0): context.close(promise: nil)
        case .head: self.refuse("408 Request Timeout")
        case .body where self.state.isPaused: self.startTimer(self.limits.bodyTime, context)
        case .body:
            self.reporter.exceeded(.bodyTime, by: context.remoteAddress)
            // The request itself is still open, and has no answer yet.
            self.state.openRequests -= 1
            self.refuse("408 Request Timeout")
        case .refused: break
        }
    }

    /// Answers a request with an error, without passing it on, and closes the connection.
    private func refuse(_ status: String) {
        self.state.phase = .refused
        guard let context = self.state.context else { return }
        // First send the answers of this turn: they still wait in the handler behind the decoder.
        context.channel.flush()
        // If earlier requests still wait for their answers, the client would take this answer for one of theirs.
        guard self.state.openRequests == 0 else { return context.close(promise: nil) }
        let date = self.loop.clock.date()
        let answer = ByteBuffer(
            string: "HTTP/1.1 \(status)\r\nDate: \(date)\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
        )
        context.writeAndFlush(self.wrapOutboundOut(answer)).assumeIsolated().whenComplete { _ in
            context.close(promise: nil)
        }
    }
}
