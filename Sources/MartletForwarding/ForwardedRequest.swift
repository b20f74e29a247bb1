// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import HTTPTypes
internal import MartletEngine
internal import MartletEvents
internal import NIOCore
internal import NIOHTTP1

/// One request on its way to the node that has its session, and the answer on its way back.
///
/// `@unchecked Sendable`: used on the event loop of the request's connection only, where its connection to the other node
/// is, too.
final class ForwardedRequest: @unchecked Sendable {
    enum Answer {
        case awaited
        /// The session is on another node by now.
        case misdirected(node: String)
        case upgrade(HTTPResponseHead)
        /// The beginning of an answer that may be complete soon.
        case collected(HTTPAnswer)
        case streamed
        case over
    }

    let exchange: any ForwardableExchange
    let id: SessionID
    private let body: ByteBuffer
    let isRepeatable: Bool
    let forwarder: Forwarder
    let pool: OwnerPool
    private var unknown: (@Sendable () -> Void)?
    var answer = Answer.awaited
    var connection: OwnerConnection?
    var node = ""
    /// Whether the connection has served a request before: the other node may have closed it by now.
    var isReused = false
    var hasMoved = false

    /// Up to this size an answer is passed on as a whole, in bytes.
    static let maxCollected = 64 << 10
    /// With this many unsent bytes no more of the answer is read.
    static let maxUnsent = 64 << 10

    init(
        _ exchange: any ForwardableExchange,
        _ id: SessionID,
        body: ByteBuffer,
        isRepeatable: Bool,
        forwarder: Forwarder,
        pool: OwnerPool,
        unknown: @escaping @Sendable () -> Void
    ) {
        self.exchange = exchange
        self.id = id
        self.body = body
        self.isRepeatable = isRepeatable
        self.forwarder = forwarder
        self.pool = pool
        self.unknown = unknown
    }

    func begin() {
        // A POST is delivered also when its client does not wait for the answer.
        if self.exchange.method == .get {
            self.exchange.onLost = {
                self.answer = .over
                self.unknown = nil
                self.connection.take()?.abandon()
            }
        }
        self.forwarder.directory.find(self.id) { whereabouts in
            let eventLoop = self.pool.eventLoop
            if eventLoop.inEventLoop { self.found(whereabouts) } else { eventLoop.execute { self.found(whereabouts) } }
        }
    }

    private func found(_ whereabouts: Whereabouts) {
        if case .over = self.answer { return }
        switch whereabouts {
        case .on(let node, let location): self.connect(to: node, at: location)
        case .nowhere:
            self.finish()
            self.unknown.take()?()
        case .unclear: self.giveUp()
        }
    }

    // MARK: The request

    func connect(to node: String, at location: NodeLocation, mayReuse: Bool = true) {
        self.node = node
        if mayReuse, !self.exchange.asksForWebSocket, let connection = self.pool.takeIdle(to: node) {
            self.isReused = true
            return self.send(on: connection)
        }
        self.isReused = false
        self.pool.connect(to: node, at: location, self.forwarder) { connection in
            if case .over = self.answer {
                connection?.abandon()
            } else if let connection {
                self.send(on: connection)
            } else {
                self.giveUp()
            }
        }
    }

    private func send(on connection: OwnerConnection) {
        self.connection = connection
        let field = self.forwarder.trust.field(for: self.exchange, to: self.node)
        connection.send(
            HTTPRequestHead(forwarding: self.exchange, field, bodyLength: self.body.readableBytes), self.body, self)
    }

    // MARK: The answer

    /// The session's node cannot be asked. Says nothing of the session: a client of a lossless session tries again.
    func giveUp() {
        self.finish()
        var answer = HTTPAnswer(
            status: .serviceUnavailable,
            contentType: "text/plain; charset=UTF-8",
            body: ByteBuffer(string: "The session's server cannot be reached")
        )
        answer.otherFields[.retryAfter] = "1"
        self.exchange.respond(answer)
    }

    func finish() {
        self.answer = .over
        self.connection = nil
        self.exchange.onLost = nil
    }

    func stream(_ bytes: ByteBuffer) {
        if bytes.readableBytes > 0 { self.exchange.writeStream(bytes.ownCopy()) }
        guard self.exchange.unsentBytes >= Self.maxUnsent, let connection else { return }
        connection.setPaused(true)
        self.exchange.onWritable = { connection.setPaused(false) }
    }
}
