// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import Logging
internal import MartletClientEngine
internal import MartletEngine
internal import MartletShared
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import SocketIOWire

/// The connection that the sockets of a client share: opens it while a socket wants it, and passes packets on.
///
/// `@unchecked Sendable`: all but the constants and `sockets`, which has a lock, is used on the event loop only.
final class ClientManager: @unchecked Sendable {
    let eventLoop: any EventLoop
    let executor: LoopExecutor
    /// The times of questions. Each that is answered cancels its timer, for which NIO would search all of them.
    let timers: LoopTimers
    let configuration: SocketIOClientConfiguration
    let codec: any PacketCodec
    private let address: ServerAddress
    let sockets = NIOLockedValueBox<[String: ClientSocket]>([:])
    var decoder: any PacketDecoder
    var session: ClientSession?
    var isOpen = false
    private(set) var isClosed = false
    private var isOrphaned = false
    /// Whether the session ends because no socket wanted it.
    var isLeaving = false
    /// How many attempts in a row have failed.
    var attempts = 0
    /// Why the last attempt has failed; nil after one that has not.
    var lastFailure: String?
    private var reconnection: Scheduled<Void>?
    var closings: [() -> Void] = []
    /// The events of all sockets that wait for handlers, and their bytes.
    private var waiting = (count: 0, bytes: 0)
    var onError: (@Sendable (any Error) -> Void)?
    var watcher: (@Sendable (ClientNotice) -> Void)?

    init(_ address: ServerAddress, _ configuration: SocketIOClientConfiguration, _ eventLoop: any EventLoop) {
        self.address = address
        self.configuration = configuration
        self.eventLoop = eventLoop
        self.executor = LoopExecutor(eventLoop: eventLoop)
        self.timers = LoopTimers(eventLoop: eventLoop)
        self.codec = configuration.makeCodec()
        self.decoder = self.codec.makeDecoder()
    }

    /// Calls `body` now if on the loop, otherwise on the loop as soon as possible.
    func onLoop(_ body: @escaping @Sendable () -> Void) {
        if self.eventLoop.inEventLoop { body() } else { self.eventLoop.execute(body) }
    }

    func socket(_ namespace: String, _ auth: ClientSocket.Auth?) -> ClientSocket {
        self.sockets.withLockedValue { sockets in
            if let socket = sockets[namespace] { return socket }
            let socket = ClientSocket(namespace, auth, self)
            sockets[namespace] = socket
            return socket
        }
    }

    var hasSockets: Bool { self.sockets.withLockedValue { !$0.isEmpty } }

    func report(_ error: any Error, _ event: String?) {
        self.configuration.logger.debug("\(LoggedError(error))", metadata: event.map { ["event": "\($0)"] })
        self.onError?(error)
    }

    // MARK: On the loop

    var all: [ClientSocket] { self.sockets.withLockedValue { Array($0.values) } }

    /// The session, if it can send.
    var openSession: ClientSession? { self.isOpen ? self.session : nil }

    /// A socket wants a connection.
    func activate(_ socket: ClientSocket) {
        if self.isClosed { return socket.failed(ConnectionFailed(reason: nil, description: "the client is closed")) }
        if self.isOrphaned { self.sockets.withLockedValue { $0[socket.namespace] = socket } }
        if self.isOpen { return socket.join() }
        if self.session == nil, self.reconnection == nil { self.open() }
    }

    /// A socket wants no connection any more.
    func deactivated() {
        guard !self.all.contains(where: \.isActive) else { return }
        self.reconnection?.cancel()
        self.reconnection = nil
        self.leaveSession()
        self.releaseSockets()
    }

    /// The application has let go of the client, and has not closed it.
    func orphaned() {
        self.isOrphaned = true
        self.releaseSockets()
    }

    /// The sockets of a client that nobody has any more stay as long as one of them wants a connection.
    func releaseSockets() {
        guard self.isOrphaned, self.session == nil, !self.all.contains(where: \.isActive) else { return }
        self.sockets.withLockedValue { $0 = [:] }
    }

    func leaveSession() {
        self.isOpen = false
        guard let session = self.session else { return }
        self.isLeaving = true
        session.close()
    }

    func open() {
        self.decoder = self.codec.makeDecoder()
        let session = ClientSession(
            self.address, configuration: self.configuration.session, eventLoop: self.eventLoop, handler: self,
            logger: self.configuration.logger)
        self.session = session
        session.open()
    }

    func reopen(after delay: Duration) {
        self.reconnection = self.eventLoop.scheduleTask(in: TimeAmount(delay)) {
            self.reconnection = nil
            self.open()
        }
    }

    func networkChanged() {
        if let reconnection = self.reconnection {
            reconnection.cancel()
            self.reconnection = nil
            self.open()
        } else {
            self.session?.networkChanged()
        }
    }

    func switchTransport(to transport: TransportName) -> EventLoopFuture<Void> {
        guard let session = self.openSession else {
            let error = ClientError(.unavailable, "there is no connection: connect a socket first")
            return self.eventLoop.makeFailedFuture(error)
        }
        return session.switchTransport(to: transport)
    }

    func close(_ completion: @escaping () -> Void) {
        self.isClosed = true
        for socket in self.all { socket.abandon() }
        self.deactivated()
        self.sockets.withLockedValue { $0 = [:] }
        self.onError = nil
        self.watcher = nil
        if self.session == nil { completion() } else { self.closings.append(completion) }
    }

    /// Ends the connection for a fault, which is not the application's wish.
    func fail(_ reason: DisconnectReason) {
        guard let session = self.session, self.isOpen else { return }
        self.isOpen = false
        for socket in self.all { socket.connectionEnded(reason, recalled: []) }
        session.close()
    }

    // MARK: Slow handlers

    /// Changes the number of events that wait for handlers, and of their bytes. Past the limits, the connection is not
    /// read. Reading resumes at half of them, so that it does not stop and resume for every single event.
    func eventsWaiting(_ change: Int, bytes: Int) {
        self.waiting.count += change
        self.waiting.bytes += bytes
        guard let session = self.session else { return }
        let limits = (count: self.configuration.maxWaitingEvents, bytes: self.configuration.maxWaitingEventBytes)
        if session.isReadingPaused {
            guard self.waiting.count <= limits.count / 2, self.waiting.bytes <= limits.bytes / 2 else { return }
            session.resumeReading()
        } else if self.waiting.count > limits.count || self.waiting.bytes > limits.bytes {
            session.pauseReading()
        }
    }
}
