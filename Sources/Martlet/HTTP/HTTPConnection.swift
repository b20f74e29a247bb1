// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule
internal import HTTPTypes
internal import MartletEngine
internal import NIOCore

/// Reads requests and writes answers for an ``HTTPConnection``. Used on the event loop of the connection.
protocol HTTPConnectionHost: AnyObject {
    /// Passes a part of a request that is not for Martlet to the next handler.
    func passOn(_ part: RequestPart)

    /// Reads more from the connection.
    func read()

    /// Tells a client to send the body (100 Continue).
    func writeContinue()

    /// Writes a complete answer.
    /// - Parameter sent: called when the answer has left (true), or never will (false).
    func write(_ answer: HTTPAnswer, to exchange: ServerExchange, closes: Bool, _ sent: ((Bool) -> Void)?)

    /// Writes the head of an answer whose body has no end yet.
    func beginStream(_ head: HTTPAnswer, to exchange: ServerExchange, closes: Bool)

    /// Writes more of the body.
    /// - Parameter sent: called when the bytes have left (true), or never will (false).
    func writeStream(_ bytes: ByteBuffer, _ sent: @escaping (Bool) -> Void)

    /// - Parameter sent: called when the end has left (true), or never will (false).
    func endStream(_ sent: ((Bool) -> Void)?)

    /// Closes the connection.
    func close()

    /// Takes the HTTP handlers out of the pipeline and puts `handler` in their place.
    func replaceHTTP(with handler: WebSocketChannelHandler) throws
    func replaceHTTP(with handler: any RawBytesHandler) throws
}

/// A part of a request, like NIO's `HTTPServerRequestPart`.
enum RequestPart {
    case head(RequestHead)
    case body(ByteBuffer)
    case end(HTTPFields?)

    /// The bytes of a body.
    var byteCount: Int {
        if case .body(let bytes) = self { bytes.readableBytes } else { 0 }
    }

    /// The part with its own copy of the bytes: a slice would keep the event loop's whole read buffer allocated.
    func retained() -> RequestPart {
        if case .body(let bytes) = self { .body(bytes.ownCopy()) } else { self }
    }
}

/// The requests of one HTTP/1.1 connection, and their answers.
///
/// A request is handled once the previous one on the same connection has been answered, by Martlet or by another
/// handler.
///
/// `@unchecked Sendable`: confined to the event loop of its channel; the reference is handed to exchanges, which use it
/// there only.
final class HTTPConnection: @unchecked Sendable {
    private enum LastAnswer {
        case underWay
        case sent
    }

    private let endpoints: [any HTTPEndpoint]
    private let channel: any Channel
    /// Whether no handler (such as TLS) lies between the HTTP handlers and the socket, so that a WebSocket may write to
    /// the socket directly.
    let isPlaintext: Bool
    /// Whether the connection is known to be encrypted, also where its requests do not tell.
    let isSecure: Bool
    private let maxRequests: Int
    // Unchecked: see LoopContext.
    @exclusivity(unchecked) private var state: State

    private struct State {
        /// `nil` once the host has left the pipeline.
        var host: (any HTTPConnectionHost)?
        /// The request that is being handled.
        var current: ServerExchange?
        /// The last answered request, if its session must be told when the answer is lost; kept until the next request
        /// comes.
        var answered: ServerExchange?
        /// Requests that came before the current one was answered.
        var backlog = Deque<RequestPart>()
        var backlogBytes = 0
        /// How many requests have begun.
        var requestCount = 0
        var isQuiescing = false
        var hasInputClosed = false
        /// See ``HTTPConnection/loseAndClose()``.
        var isClosing = false
        /// The answer after which this connection is closed.
        var lastAnswer: LastAnswer?
    }

    /// How many parts of pipelined requests are kept before reading from the connection stops.
    private static let maxBacklog = 32
    private static let maxBacklogBytes = 64 << 10
    /// How long a request that is under way may delay the server's shutdown.
    private static let shutdownTimeout = TimeAmount.seconds(2)
    /// How long the answer may take when the client has closed its sending side.
    private static let lastAnswerTime = TimeAmount.seconds(10)
    /// How many bytes of a refused body are read, so that the client gets to read the answer.
    private static let maxDiscarded = 64 << 20

    /// - Parameter maxRequests: how many requests are answered before the connection is closed.
    init(
        endpoints: [any HTTPEndpoint],
        channel: any Channel,
        isPlaintext: Bool,
        isSecure: Bool = false,
        maxRequests: Int = .max,
        host: any HTTPConnectionHost
    ) {
        self.maxRequests = maxRequests
        self.endpoints = endpoints
        self.channel = channel
        self.isPlaintext = isPlaintext
        self.isSecure = isSecure
        self.state = State(host: host)
    }

    /// The host leaves the pipeline.
    func hostRemoved() {
        self.state.host = nil
    }

    /// Whether a request for Martlet is under way.
    var hasRequest: Bool { self.state.current?.endpoint != nil }

    // MARK: Requests

    /// Whether the host may read more. With a full backlog further requests wait in the network. While an answer is
    /// awaited reading goes on: otherwise the end of the connection would go unnoticed. While the application decides on
    /// a request reading stops; NIO then still reports the end, after all bytes before it.
    var mayRead: Bool {
        self.state.backlog.count < Self.maxBacklog && self.state.backlogBytes < Self.maxBacklogBytes
            && self.state.current?.progress.admission == nil
    }

    func received(_ part: RequestPart) {
        if self.takesParts {
            self.take(part)
        } else {
            self.state.backlog.append(part.retained())
            self.state.backlogBytes += part.byteCount
        }
    }

    /// Whether the next part is handled at once.
    private var takesParts: Bool {
        guard let current = self.state.current else { return true }
        return !current.progress.requestHasEnded && current.progress.admission == nil
    }

    private func take(_ part: RequestPart) {
        switch part {
        case .head(let head): self.begin(head)
        case .body(let bytes): self.receivedBody(bytes)
        case .end: self.receivedEnd(part)
        }
    }

    private func begin(_ head: RequestHead) {
        self.state.answered = nil
        self.state.requestCount += 1
        let endpoint = self.endpoints.first { $0.takes(head) }
        let exchange = ServerExchange(head: head, endpoint: endpoint, channel: self.channel, connection: self)
        self.state.current = exchange
        guard let endpoint else {
            self.state.host?.passOn(.head(head))
            return
        }
        if let admission = endpoint.begin(exchange) {
            exchange.progress.admission = Task {
                let verdict = await admission()
                exchange.onChannel { self.decided(exchange, verdict) }
            }
        } else {
            self.admit(exchange, to: endpoint)
        }
    }

    /// The application has decided on a request.
    private func decided(_ exchange: ServerExchange, _ verdict: Verdict) {
        exchange.progress.admission = nil
        guard self.state.current === exchange, let endpoint = exchange.endpoint else { return }
        // Before the request is handled: a WebSocket's handler expects that its connection is being read.
        if self.mayRead { self.state.host?.read() }
        exchange.progress.fields.append(contentsOf: verdict.fields)
        exchange.progress.identity = verdict.identity
        if let answer = verdict.answer {
            exchange.progress.bodyReceiver = AnswerAfterBody(exchange, answer)
        } else {
            self.admit(exchange, to: endpoint)
        }
        self.takeBacklog()
    }

    private func admit(_ exchange: ServerExchange, to endpoint: any HTTPEndpoint) {
        let head = exchange.head
        exchange.progress.bodyReceiver = endpoint.headReceived(exchange)
        if let length = head.contentLength, let maxBody = endpoint.maxBody, length > maxBody {
            self.refuseBody(of: exchange)
        } else if head.expectsContinue {
            self.state.host?.writeContinue()
        }
    }

    private func receivedBody(_ bytes: ByteBuffer) {
        guard let current = self.state.current else { return }
        guard let endpoint = current.endpoint else {
            self.state.host?.passOn(.body(bytes))
            return
        }
        guard let maxBody = endpoint.maxBody else { return }
        if let discarded = current.progress.discardedBytes {
            current.progress.discardedBytes = discarded + bytes.readableBytes
            if discarded > Self.maxDiscarded { self.state.host?.close() }
        } else if current.progress.body.readableBytes + bytes.readableBytes > maxBody {
            self.refuseBody(of: current)
        } else if current.head.contentLength == bytes.readableBytes {
            // The whole body in one piece, which is handled at once.
            current.progress.body = bytes
        } else {
            // Copy: the bytes are a slice of the event loop's read buffer, which is much larger.
            current.progress.body.writeImmutableBuffer(bytes)
        }
    }

    private func refuseBody(of exchange: ServerExchange) {
        exchange.progress.discardedBytes = 0
        exchange.progress.body = ByteBuffer()
        exchange.progress.bodyReceiver.take()?.abandoned()
        exchange.respond(HTTPAnswer(status: .contentTooLarge, contentType: nil))
    }

    private func receivedEnd(_ part: RequestPart) {
        guard let current = self.state.current else { return }
        current.progress.requestHasEnded = true
        if let endpoint = current.endpoint {
            self.handOver(exchange(&current.progress.body, with: ByteBuffer()), of: current, to: endpoint)
        } else {
            self.state.host?.passOn(part)
        }
        self.finishIfDone()
    }

    private func handOver(_ body: ByteBuffer, of exchange: ServerExchange, to endpoint: any HTTPEndpoint) {
        if exchange.progress.discardedBytes != nil { return }
        if let receiver = exchange.progress.bodyReceiver.take() {
            receiver.received(body)
        } else {
            endpoint.requestReceived(exchange, body: body)
        }
    }

    // MARK: Answers

    func respond(to exchange: ServerExchange, _ answer: HTTPAnswer) {
        guard let host = self.state.host, self.mayAnswer(exchange) else { return exchange.answerLost() }
        let isLast = self.closesAfterAnswer(to: exchange)
        exchange.progress.responseHasEnded = true
        if exchange.isMissedWhenLost { self.state.answered = exchange }
        host.write(answer, to: exchange, closes: isLast, isLast ? self.closeWhenSent() : nil)
        self.finishIfDone()
    }

    func beginStream(for exchange: ServerExchange, _ head: HTTPAnswer) {
        guard let host = self.state.host, self.mayAnswer(exchange) else { return }
        host.beginStream(head, to: exchange, closes: self.closesAfterAnswer(to: exchange))
    }

    func writeStream(for exchange: ServerExchange, _ bytes: ByteBuffer, _ sent: @escaping (Bool) -> Void) {
        guard let host = self.state.host, self.mayAnswer(exchange) else { return sent(false) }
        host.writeStream(bytes, sent)
    }

    func endStream(for exchange: ServerExchange) {
        guard let host = self.state.host, self.mayAnswer(exchange) else { return }
        exchange.progress.responseHasEnded = true
        host.endStream(self.closesAfterAnswer(to: exchange) ? self.closeWhenSent() : nil)
        self.finishIfDone()
    }

    /// Another handler's answer to a request that was passed on is about to end.
    /// - Returns: a closure to call when the answer has left or never will, if any.
    func othersEndAnswer() -> ((Bool) -> Void)? {
        guard let current = self.state.current, current.endpoint == nil, self.state.isQuiescing else { return nil }
        return self.closeWhenSent()
    }

    func othersEndedAnswer() {
        guard let current = self.state.current, current.endpoint == nil else { return }
        current.progress.responseHasEnded = true
        self.finishIfDone()
    }

    private func mayAnswer(_ exchange: ServerExchange) -> Bool {
        self.state.current === exchange && !exchange.progress.responseHasEnded
    }

    private func closesAfterAnswer(to exchange: ServerExchange) -> Bool {
        // A decoder that has seen an upgrade request does not decode another request.
        !exchange.head.keepsAlive || exchange.head.asksForUpgrade || exchange.progress.discardedBytes != nil
            || self.state.isQuiescing || self.state.requestCount >= self.maxRequests
            || (self.state.hasInputClosed && self.state.backlog.isEmpty)
    }

    /// Closes the connection once the answer has left and the whole request has arrived: closing while the client still
    /// sends would reset the connection, and the client might lose the answer.
    private func closeWhenSent() -> (Bool) -> Void {
        self.state.lastAnswer = .underWay
        return { _ in
            self.state.lastAnswer = .sent
            if self.state.current?.progress.requestHasEnded != false { self.state.host?.close() }
        }
    }

    private func finishIfDone() {
        guard let current = self.state.current, current.progress.requestHasEnded, current.progress.responseHasEnded
        else { return }
        if let lastAnswer = self.state.lastAnswer {
            if lastAnswer == .sent { self.state.host?.close() }
            return
        }
        self.state.current = nil
        self.takeBacklog()
    }

    private func takeBacklog() {
        if self.state.backlog.isEmpty { return }
        let wasFull = !self.mayRead
        while self.takesParts, let part = self.state.backlog.popFirst() {
            self.state.backlogBytes -= part.byteCount
            self.take(part)
        }
        if wasFull, self.mayRead { self.state.host?.read() }
    }

    // MARK: The end

    /// The client has closed its sending side. It may still want the answer (RFC 9112, 9.6).
    /// - Returns: whether an answer is under way; the connection is closed after that answer.
    func inputClosed() -> Bool {
        guard let current = self.state.current, current.endpoint != nil, current.progress.requestHasEnded,
            !current.head.asksForUpgrade
        else { return false }
        self.state.hasInputClosed = true
        // An answer that waits for an event, or has no end, is only for a client that stays: close at once.
        current.onHome {
            guard current.onLost != nil else { return }
            current.onChannel { self.state.host?.close() }
        }
        self.channel.eventLoop.assumeIsolated().scheduleTask(in: Self.lastAnswerTime) { self.state.host?.close() }
        return true
    }

    /// The server ends this connection: an answer that waits, or has no end, must end.
    func quiesce() {
        self.state.isQuiescing = true
        guard let current = self.state.current else {
            self.state.host?.close()
            return
        }
        guard let endpoint = current.endpoint else { return }
        endpoint.quiesce(current)
        self.channel.eventLoop.assumeIsolated().scheduleTask(in: Self.shutdownTimeout) { self.state.host?.close() }
    }

    /// Whether the session must be told if the last answer does not arrive.
    var awaitsArrival: Bool { self.state.answered != nil }

    /// Output that was given to the host could not be sent, or is known not to have arrived.
    func outputLost() {
        self.state.answered.take()?.answerLost()
    }

    /// The connection is gone.
    func lost() {
        self.state.answered = nil
        self.state.backlog.removeAll()
        self.state.backlogBytes = 0
        guard let current = self.state.current, current.endpoint != nil else { return }
        self.state.current = nil
        current.progress.admission.take()?.cancel()
        current.progress.bodyReceiver.take()?.abandoned()
        current.connectionLost()
    }

    /// The connection is lost, and is closed once the session of the request that is under way has heard of that: the
    /// client, which sees the end, finds a session that knows of the loss.
    func loseAndClose() {
        guard !self.state.isClosing else { return }
        self.state.isClosing = true
        let current = self.state.current
        self.lost()
        guard let current else {
            self.state.host?.close()
            return
        }
        current.onHome { current.onChannel { self.state.host?.close() } }
    }

    func abort(_ exchange: ServerExchange) {
        if self.state.current === exchange { self.state.host?.close() }
    }

    /// Replaces the HTTP handlers with a handler for raw bytes.
    /// - Returns: whether that was possible; if not, the connection is closed or lost.
    func replace(for exchange: ServerExchange, _ replace: (any HTTPConnectionHost) throws -> Void) -> Bool {
        guard let host = self.state.host, self.mayAnswer(exchange) else { return false }
        self.state.current = nil
        do {
            try replace(host)
            return true
        } catch {
            host.close()
            return false
        }
    }
}
