// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import EngineIOWire
package import Logging
package import MartletEngine
package import NIOCore

/// An Engine.IO session, as its client has it (Protocol.md, sections 1 and 4). Confined to its event loop.
package final class ClientSession {
    let eventLoop: any EventLoop
    let configuration: ClientSessionConfiguration
    let logger: Logger
    let makeTransport: TransportMaker
    /// Kept until the session is over.
    private(set) var handler: (any ClientSessionHandler)?

    /// The server's name for the session; `nil` before it is open.
    package internal(set) var id: String?
    /// The transport in use; `nil` while there is none.
    package var transport: TransportName? { self.current?.name }
    /// Whether the session outlives its transports.
    package internal(set) var isLossless = false

    private(set) var phase = ClientSessionPhase.idle
    var delivery = DeliveryStateMachine(buffer: .max)
    /// The first number and the number of messages of each packet with attachments that may still be recalled in part.
    var runs = AttachmentRuns()
    var silence = ServerSilence()
    var order: TransportOrder
    var random: any RandomNumberGenerator

    /// The transport in use.
    var current: (any ClientTransport)?
    /// The one in use, or else the one before.
    var lastName: TransportName?
    /// The number of the last message that came on the stream in use.
    var position = 0
    var search: TransportSearch?
    /// How many attaches were asked for.
    var attachCount = 0
    package internal(set) var maxPostBytes = Int.max
    /// How long the server keeps the session without a transport.
    var keep = TimeAmount.zero
    /// Why the last transport was lost.
    var loss = SessionEndReason(SessionEndReason.transportError)
    /// Who waits for a switch of the transport.
    var switches: [(name: TransportName, promise: EventLoopPromise<Void>)] = []
    /// The number of the first message of the POST that is made next, or is under way.
    private(set) var postStart = 1
    /// A better WebSocket has answered the probe of a plain session, which rests on polling until it may move.
    var isUpgradeReady = false

    private var openTimer: Scheduled<Void>?
    /// The next attempt, or the end of the present one.
    var routeTimer: Scheduled<Void>?
    private var silenceTimer: Scheduled<Void>?
    private var isFlushScheduled = false

    /// Makes a transport by its name; `nil` for one that this client does not have.
    package typealias TransportMaker = (_ name: TransportName, _ host: any ClientTransportHost) -> (
        any ClientTransport
    )?

    package convenience init(
        _ address: ServerAddress,
        configuration: ClientSessionConfiguration,
        eventLoop: any EventLoop,
        handler: any ClientSessionHandler,
        logger: Logger
    ) {
        let maker = RequestMaker(address, configuration)
        self.init(configuration: configuration, eventLoop: eventLoop, handler: handler, logger: logger) { name, host in
            switch name {
            case .websocket:
                WebSocketClientTransport(host, maker: maker, configuration: configuration, on: eventLoop)
            case .sse: EventStreamClientTransport(host, maker: maker, configuration: configuration, on: eventLoop)
            case .polling: PollingClientTransport(host, maker: maker, configuration: configuration, on: eventLoop)
            default: nil
            }
        }
    }

    package init(
        configuration: ClientSessionConfiguration,
        eventLoop: any EventLoop,
        handler: any ClientSessionHandler,
        logger: Logger,
        random: any RandomNumberGenerator = SystemRandomNumberGenerator(),
        makeTransport: @escaping TransportMaker
    ) {
        self.configuration = configuration
        self.eventLoop = eventLoop
        self.handler = handler
        self.logger = logger
        self.random = random
        self.makeTransport = makeTransport
        self.order = TransportOrder(configuration)
    }

    /// Begins with the handshake. Called once.
    package func open() {
        guard self.happened(.opened) else { return }
        if let fault = self.configuration.headerFault { return self.end(SessionEndReason.transportError, fault) }
        self.openTimer = self.schedule(in: self.configuration.openTimeout) { session in
            let why = session.search?.error.message ?? "nothing was heard"
            session.end(SessionEndReason.timeout, ClientError(.timeout, "no session could be opened in time: \(why)"))
        }
        self.begin(.handshake, self.order.handshake(first: self.configuration.firstTransport))
    }

    // MARK: Sending

    /// Queues a message, and the binary messages that belong to it: all of them or none.
    /// - Returns: the message's number, which grows with each; `nil`: nothing was taken, since the session is not open,
    ///   or more is kept already than ``ClientSessionConfiguration/maxUnsentBytes``.
    @discardableResult
    package func send(text: ByteBuffer, attachments: [ByteBuffer] = []) -> Int? {
        guard let number = self.nextNumber else { return nil }
        self.delivery.append(.text(text))
        for attachment in attachments { self.delivery.append(.binary(attachment)) }
        if !attachments.isEmpty { self.runs.append(first: number, count: 1 + attachments.count) }
        self.flushSoon()
        return number
    }

    /// Queues a binary message by itself; see ``send(text:attachments:)``.
    @discardableResult
    package func send(binary: ByteBuffer) -> Int? {
        guard let number = self.nextNumber else { return nil }
        self.delivery.append(.binary(binary))
        self.flushSoon()
        return number
    }

    private var nextNumber: Int? {
        guard self.id != nil, !self.phase.isClosing, self.unsentBytes < self.configuration.maxUnsentBytes else {
            return nil
        }
        return self.delivery.keptCount + 1
    }

    /// What a message costs in memory besides its bytes.
    private static let messageOverhead = 32

    /// The bytes that are kept, since the server has not acknowledged them; they count towards
    /// ``ClientSessionConfiguration/maxUnsentBytes``.
    package var unsentBytes: Int {
        self.delivery.keptBytes + self.delivery.log.count * Self.messageOverhead
    }

    /// What was never handed over to a transport, after the end: it may go out on another session. A packet of which a
    /// part was handed over is not among it.
    package func recallUnsent() -> [ClientMessage] {
        var number = self.delivery.keptCount - self.delivery.log.count
        var messages: [ClientMessage] = []
        let sent = self.delivery.sentCount
        self.delivery.log.visit { payload, isBinary in
            number += 1
            guard number > sent else { return }
            switch self.runs.place(of: number) {
            case .none: messages.append(ClientMessage(number: number, payload: payload, isBinary: isBinary))
            case .some(let first) where first == number:
                messages.append(ClientMessage(number: number, payload: payload, isBinary: isBinary))
            case .some(let first):
                if messages.last?.number == first { messages[messages.count - 1].attachments.append(payload) }
            }
        }
        return messages
    }

    // MARK: The end

    /// Ends the session once all that was queued has been handed over: the server hears packet 1, and the handler that
    /// the session has ended. A session without a transport looks for one once more.
    package func close() {
        let before = self.phase
        guard self.happened(.closed, SessionEndReason(SessionEndReason.forcedClose)) else { return }
        switch self.phase {
        case .closing: self.flushSoon()
        case .stranded where before != .stranded && !self.isAttaching: self.attach(self.order.starting(at: nil))
        default: break
        }
    }

    func end(_ name: String, _ error: ClientError? = nil) {
        self.happened(.ended, SessionEndReason(name, error))
    }

    /// Something has happened to the session.
    /// - Parameter reason: what the handler hears if it leads to the end.
    /// - Returns: whether it changes the phase.
    @discardableResult
    func happened(_ event: ClientSessionPhase.Event, _ reason: SessionEndReason? = nil) -> Bool {
        guard let phase = self.phase.after(event) else { return false }
        // Once packet 1 is on its way, whatever happens to the transport is what was asked for.
        let wasParting = self.phase == .parting
        self.phase = phase
        guard phase == .over else { return true }
        self.openTimer?.cancel()
        self.silenceTimer?.cancel()
        self.stopRoute()
        self.leave()
        let end = wasParting ? SessionEndReason(SessionEndReason.forcedClose) : reason
        let final = end ?? SessionEndReason(SessionEndReason.transportError)
        self.logger.debug("The session has ended", metadata: ["reason": "\(final)"])
        let handler = self.handler
        self.handler = nil
        handler?.session(self, ended: final)
        return true
    }

    // MARK: Time

    func schedule(in delay: TimeAmount, _ body: @escaping (ClientSession) -> Void) -> Scheduled<Void> {
        self.eventLoop.assumeIsolated().scheduleTask(in: delay) { [weak self] in
            if let self { body(self) }
        }
    }

    /// Watches the server's silence. One timer looks again when its time has come: that of a heartbeat is not worth a
    /// timer of its own.
    func watchSilence() {
        self.silenceTimer?.cancel()
        guard self.silence.deadline < .distantFuture, self.current != nil else { return }
        self.silenceTimer = self.eventLoop.assumeIsolated().scheduleTask(deadline: self.silence.deadline) {
            [weak self] in
            self?.checkSilence()
            self?.watchSilence()
        }
    }

    /// Loses the transport if the server has been silent for too long.
    func checkSilence() {
        guard let current = self.current, self.silence.isOver(now: self.eventLoop.now) else { return }
        self.lost(
            current, SessionEndReason.pingTimeout,
            ClientError(.timeout, "nothing came from the server for longer than its ping interval and timeout"))
    }

    func sessionOpened() {
        self.openTimer?.cancel()
        self.openTimer = nil
        self.logger.debug("The session is open", metadata: ["lossless": "\(self.isLossless)"])
        self.handler?.sessionOpened(self)
    }

    // MARK: Flushing

    /// Flushes at the end of the turn, so that messages sent in one turn leave together.
    func flushSoon() {
        guard !self.isFlushScheduled else { return }
        self.isFlushScheduled = true
        self.eventLoop.assumeIsolated().execute {
            self.isFlushScheduled = false
            self.flush()
        }
    }

    func flush() {
        guard let transport = self.current, transport.isWritable, !self.isUpgradeReady else { return }
        if self.phase == .parting { return self.end(SessionEndReason.forcedClose) }
        let isAttaching = self.isAttaching
        if self.silence.isPinged {
            self.silence.isPinged = false
            _ = transport.write(.pong(self.isLossless ? EngineCount.buffer(self.report()) : ByteBuffer()))
        } else if self.isLossless, !isAttaching, self.delivery.owesAcknowledgement {
            _ = transport.write(.noop(EngineCount.buffer(self.report())))
        }
        self.postStart = self.delivery.writtenCount + 1
        let hadUnwritten = self.delivery.hasUnwritten
        let isEverything = self.writeMessages(to: transport)
        // Packet 1 waits for the end of an attach: the server may no longer listen to this transport.
        if self.phase == .closing, !isAttaching, isEverything, transport.write(.close(ByteBuffer())) {
            self.happened(.said)
        }
        transport.flush()
        if hadUnwritten, isEverything { self.handler?.sessionDrained(self) }
        // A WebSocket has sent packet 1 by now; over HTTP the answer to its POST is awaited.
        if self.phase == .parting { self.flush() }
    }

    /// - Returns: whether all messages are written.
    private func writeMessages(to transport: any ClientTransport) -> Bool {
        while let packet = self.delivery.following {
            if !transport.isWritable { transport.flush() }
            guard transport.isWritable, transport.write(packet.packet) else { break }
            _ = self.delivery.next()
            if !self.isLossless { self.acknowledgeWritten() }
        }
        return !self.delivery.hasUnwritten
    }

    /// The messages that were written on this stream are no longer kept.
    func acknowledgeWritten() {
        let count = self.delivery.writtenCount
        try? self.delivery.acknowledge(count)
        self.runs.removeAll(upTo: count)
    }

    /// How many messages came in, to be acknowledged. During an attach the count stays as the attach has said it: the
    /// server relies on that.
    func report() -> Int {
        if let search = self.search, search.purpose == .attach, let ack = search.terms.ack { return ack }
        return self.delivery.tell()
    }

    var isAttaching: Bool { self.search?.purpose == .attach }
}

extension OutboundPacket {
    /// The packet of a client's own log, which shares none with others.
    fileprivate var packet: EnginePacket {
        switch self {
        case .text(let text): .text(text)
        case .binary(let bytes): .binary(bytes)
        case .shared(let message): message.isBinary ? .binary(message.payload) : .text(message.payload)
        case .control(let packet): packet
        }
    }
}
