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
    var postStart = 1
    /// A better WebSocket has answered the probe of a plain session, which rests on polling until it may move.
    var isUpgradeReady = false

    /// Whether the application cannot keep up; see ``pauseReading()``.
    package internal(set) var isReadingPaused = false
    /// Whether the messages of the GET under way are left to a later one.
    var ignoresMessages = false
    var pauseTimer: Scheduled<Void>?

    private var openTimer: Scheduled<Void>?
    /// The next attempt, or the end of the present one.
    var routeTimer: Scheduled<Void>?
    var silenceTimer: Scheduled<Void>?
    var isFlushScheduled = false
    /// Whether packets are handed up, and ``receivedAll(on:)`` follows.
    var isReceiving = false

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
        self.pauseTimer?.cancel()
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

    func sessionOpened() {
        self.openTimer?.cancel()
        self.openTimer = nil
        self.logger.debug("The session is open", metadata: ["lossless": "\(self.isLossless)"])
        self.handler?.sessionOpened(self)
    }

    var isAttaching: Bool { self.search?.purpose == .attach }
}
