// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule
internal import HTTPTypes
internal import MartletEngine
internal import NIOCore

/// What reads requests and writes answers for an ``HTTPConnection``. Used on the event loop of the connection.
protocol HTTPConnectionHost: AnyObject {
    /// Hands on a part of a request that is for nobody here.
    func passOn(_ part: RequestPart)

    /// Asks for more of the requests.
    func read()

    /// Tells a client that its body is awaited.
    func writeContinue()

    /// Writes an answer as a whole.
    /// - Parameter sent: called when it has left (true), or never will.
    func write(_ answer: HTTPAnswer, to exchange: ServerExchange, closes: Bool, _ sent: ((Bool) -> Void)?)

    /// Writes the head of an answer whose body has no end yet.
    func beginStream(_ head: HTTPAnswer, to exchange: ServerExchange, closes: Bool)

    /// Writes more of the body.
    /// - Parameter sent: called when it has left (true), or never will.
    func writeStream(_ bytes: ByteBuffer, _ sent: @escaping (Bool) -> Void)

    /// - Parameter sent: called when the end has left (true), or never will.
    func endStream(_ sent: ((Bool) -> Void)?)

    /// Closes the connection.
    func close()

    /// Takes the HTTP handlers out of the pipeline and puts `handler` in their place.
    func replaceHTTP(with handler: WebSocketChannelHandler) throws
}

/// A part of a request, as in the types of NIO.
enum RequestPart {
    case head(RequestHead)
    case body(ByteBuffer)
    case end(HTTPFields?)

    /// The same with memory of its own: a slice would keep all that its loop reads into.
    func retained() -> RequestPart {
        if case .body(let bytes) = self { .body(bytes.ownCopy()) } else { self }
    }
}

/// The requests of one HTTP/1.1 connection, and their answers.
///
/// A request is dealt with when the one before it on the same connection has been answered, whoever answers it.
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
    /// Whether nothing stands between the HTTP handlers and the socket, so that a WebSocket may write to it directly.
    let isPlaintext: Bool
    // Unchecked: see LoopContext.
    @exclusivity(unchecked) private var state: State

    private struct State {
        /// Absent when it has left the pipeline.
        var host: (any HTTPConnectionHost)?
        /// The request that is being dealt with.
        var current: ServerExchange?
        /// The last request that was answered, if somebody is to be told when its answer is lost; until another one comes.
        var answered: ServerExchange?
        /// Requests that came before the current one was answered.
        var backlog = Deque<RequestPart>()
        var isQuiescing = false
        var hasInputClosed = false
        /// The answer after which this connection is closed.
        var lastAnswer: LastAnswer?
    }

    /// Parts of pipelined requests that are kept before the connection is read no further.
    private static let maxBacklog = 32
    /// How long a request that is under way may keep a server from going down.
    private static let shutdownTimeout = TimeAmount.seconds(2)
    /// How long an answer may take for whose client it is the last.
    private static let lastAnswerTime = TimeAmount.seconds(10)
    /// How much of a refused body is read so that the client gets to see the answer.
    private static let maxDiscarded = 64 << 20

    init(endpoints: [any HTTPEndpoint], channel: any Channel, isPlaintext: Bool, host: any HTTPConnectionHost) {
        self.endpoints = endpoints
        self.channel = channel
        self.isPlaintext = isPlaintext
        self.state = State(host: host)
    }

    /// The host leaves the pipeline.
    func hostRemoved() {
        self.state.host = nil
    }

    /// Whether a request is under way that was not passed on.
    var hasRequest: Bool { self.state.current?.endpoint != nil }

    // MARK: Requests

    /// Whether the host may ask for more: a connection that pipelines waits for its turn in the network; one that waits
    /// for an answer is read on, or its end would go unnoticed.
    var mayRead: Bool { self.state.backlog.count < Self.maxBacklog }

    func received(_ part: RequestPart) {
        if let current = self.state.current, current.progress.requestHasEnded {
            self.state.backlog.append(part.retained())
        } else {
            self.take(part)
        }
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
        let endpoint = self.endpoints.first { $0.takes(head) }
        let exchange = ServerExchange(head: head, endpoint: endpoint, channel: self.channel, connection: self)
        self.state.current = exchange
        guard let endpoint else {
            self.state.host?.passOn(.head(head))
            return
        }
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
            // All of it, to be dealt with at once.
            current.progress.body = bytes
        } else {
            // Copied: what has come is a slice of the memory that a loop reads into, which is much larger.
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

    /// The answer of those that a request was passed on to is about to end.
    /// - Returns: what is to be called when it has left or never will, if anything.
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
        // A decoder that has seen a request for an upgrade does not read another request.
        !exchange.head.keepsAlive || exchange.head.asksForUpgrade || exchange.progress.discardedBytes != nil
            || self.state.isQuiescing
            || (self.state.hasInputClosed && self.state.backlog.isEmpty)
    }

    /// Closes the connection once an answer has left and its request has come whole: closing while the client still
    /// sends would reset the connection, and the answer might be lost with it.
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
        if self.state.backlog.isEmpty { return }
        let wasFull = !self.mayRead
        while self.state.current?.progress.requestHasEnded != true, let part = self.state.backlog.popFirst() {
            self.take(part)
        }
        if wasFull, self.mayRead { self.state.host?.read() }
    }

    // MARK: The end

    /// The client has ended its side, which does not mean that it wants no answer (RFC 9112, 9.6).
    /// - Returns: whether an answer is on its way, with which the connection is closed.
    func inputClosed() -> Bool {
        guard let current = self.state.current, current.endpoint != nil, current.progress.requestHasEnded,
            !current.head.asksForUpgrade
        else { return false }
        self.state.hasInputClosed = true
        // An answer that waits for something to happen, or has no end, is for a client that stays.
        current.onHome {
            guard current.onLost != nil else { return }
            current.onChannel { self.state.host?.close() }
        }
        self.channel.eventLoop.assumeIsolated().scheduleTask(in: Self.lastAnswerTime) { self.state.host?.close() }
        return true
    }

    /// The server goes down: an answer that waits, or has no end, would keep it from that.
    func quiesce() {
        self.state.isQuiescing = true
        guard let current = self.state.current else {
            self.state.host?.close()
            return
        }
        guard let endpoint = current.endpoint else { return }
        endpoint.shutDown()
        self.channel.eventLoop.assumeIsolated().scheduleTask(in: Self.shutdownTimeout) { self.state.host?.close() }
    }

    /// Whether somebody is to be told if the last answer does not arrive.
    var awaitsArrival: Bool { self.state.answered != nil }

    /// What was given to the host could not be sent, or is known not to have arrived.
    func outputLost() {
        self.state.answered.take()?.answerLost()
    }

    /// The connection is gone.
    func lost() {
        self.state.answered = nil
        self.state.backlog.removeAll()
        guard let current = self.state.current, current.endpoint != nil else { return }
        self.state.current = nil
        current.progress.bodyReceiver.take()?.abandoned()
        current.connectionLost()
    }

    /// Puts a WebSocket's handler in the place of the HTTP handlers.
    /// - Returns: whether that was possible; if not, the connection is closed.
    func replace(for exchange: ServerExchange, with handler: WebSocketChannelHandler) -> Bool {
        guard let host = self.state.host, self.mayAnswer(exchange) else { return false }
        self.state.current = nil
        do {
            try host.replaceHTTP(with: handler)
            return true
        } catch {
            host.close()
            return false
        }
    }
}
