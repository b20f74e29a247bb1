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
final class ClientManager: ClientSessionHandler, @unchecked Sendable {
    let eventLoop: any EventLoop
    let executor: LoopExecutor
    let configuration: SocketIOClientConfiguration
    let codec: any PacketCodec
    private let address: ServerAddress
    private let sockets = NIOLockedValueBox<[String: ClientSocket]>([:])
    private var decoder: any PacketDecoder
    private var session: ClientSession?
    private var isOpen = false
    private(set) var isClosed = false
    /// Whether the session ends because no socket wanted it.
    private var isLeaving = false
    /// How many attempts in a row have failed.
    private var attempts = 0
    private var reconnection: Scheduled<Void>?
    private var closings: [() -> Void] = []
    var onError: (@Sendable (any Error) -> Void)?
    var watcher: (@Sendable (ClientNotice) -> Void)?

    init(_ address: ServerAddress, _ configuration: SocketIOClientConfiguration, _ eventLoop: any EventLoop) {
        self.address = address
        self.configuration = configuration
        self.eventLoop = eventLoop
        self.executor = LoopExecutor(eventLoop: eventLoop)
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

    func report(_ error: any Error, _ event: String?) {
        self.configuration.logger.debug("\(LoggedError(error))", metadata: event.map { ["event": "\($0)"] })
        self.onError?(error)
    }

    // MARK: On the loop

    private var all: [ClientSocket] { self.sockets.withLockedValue { Array($0.values) } }

    /// The session, if it can send.
    var openSession: ClientSession? { self.isOpen ? self.session : nil }

    /// A socket wants a connection.
    func activate(_ socket: ClientSocket) {
        if self.isClosed { return socket.failed(ConnectionFailed(reason: nil, description: "the client is closed")) }
        if self.isOpen { return socket.join() }
        if self.session == nil, self.reconnection == nil { self.open() }
    }

    /// A socket wants no connection any more.
    func deactivated() {
        guard !self.all.contains(where: \.isActive) else { return }
        self.reconnection?.cancel()
        self.reconnection = nil
        self.leaveSession()
    }

    private func leaveSession() {
        self.isOpen = false
        guard let session = self.session else { return }
        self.isLeaving = true
        session.close()
    }

    private func open() {
        self.decoder = self.codec.makeDecoder()
        let session = ClientSession(
            self.address, configuration: self.configuration.session, eventLoop: self.eventLoop, handler: self,
            logger: self.configuration.logger)
        self.session = session
        session.open()
    }

    private func reopen(after delay: Duration) {
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
            let error = ConnectionFailed(reason: nil, description: "there is no connection: connect a socket first")
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
        for socket in self.all { socket.connectionEnded(reason, []) }
        session.close()
    }

    // MARK: Calls of the session

    func sessionOpened(_ session: ClientSession) {
        // A socket may have left meanwhile.
        guard self.all.contains(where: \.isActive), !self.isClosed else { return self.leaveSession() }
        self.attempts = 0
        self.isOpen = true
        for socket in self.all where socket.isActive { socket.join() }
    }

    func session(_ session: ClientSession, receivedText text: ByteBuffer) {
        self.received { decoder, packet throws(SocketIOError) in try decoder.text(text, into: packet) ? packet : nil }
    }

    func session(_ session: ClientSession, receivedBinary bytes: ByteBuffer) {
        self.received { decoder, packet throws(SocketIOError) in try decoder.binary(bytes, into: packet) }
    }

    private func received(
        _ decode: (inout any PacketDecoder, SocketPacket) throws(SocketIOError) -> SocketPacket?
    ) {
        guard self.isOpen else { return }
        self.executor.holdUntilDrained()
        do throws(SocketIOError) {
            if let packet = try decode(&self.decoder, SocketPacket()) {
                self.sockets.withLockedValue { $0[packet.namespace] }?.received(packet)
            }
        } catch {
            self.fail(.parseError.with(details: "\(error)"))
        }
        self.executor.drain()
    }

    func session(_ session: ClientSession, movedTo transport: TransportName?) {
        for socket in self.all { socket.moved(to: transport) }
        self.watcher?(.moved(transport, isLossless: session.isLossless))
    }

    func sessionDrained(_ session: ClientSession) {}

    func session(_ session: ClientSession, ended reason: SessionEndReason) {
        let wasOpen = self.isOpen
        self.isOpen = false
        self.session = nil
        let wasLeaving = self.isLeaving
        self.isLeaving = false
        self.watcher?(.ended(reason))
        let why = DisconnectReason(rawValue: reason.name).with(details: reason.error?.description)
        if wasOpen {
            let unsent = session.recallUnsent()
            for socket in self.all { socket.connectionEnded(why, unsent) }
        }
        self.continueAfter(why, atOnce: wasLeaving)
        let closings = self.closings
        self.closings = []
        for closing in closings { closing() }
        self.executor.drain()
    }

    private func continueAfter(_ reason: DisconnectReason, atOnce: Bool) {
        let active = self.all.filter(\.isActive)
        guard !active.isEmpty, !self.isClosed else { return }
        if atOnce { return self.open() }
        if let limit = self.configuration.maxReconnectionAttempts, self.attempts >= limit {
            let text = "the connection failed: \(reason)\(reason.details.map { " (\($0))" } ?? "")"
            for socket in active { socket.failed(ConnectionFailed(reason: reason, description: text)) }
            self.attempts = 0
            return
        }
        self.reopen(after: self.configuration.delay(attempt: self.attempts))
        self.attempts += 1
    }
}
