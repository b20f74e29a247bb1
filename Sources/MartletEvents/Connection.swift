// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEngine
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import SocketIOWire

/// Socket.IO on top of one session: decodes the session's packets and passes them to the sockets of its namespaces.
///
/// Confined to the session's event loop; `@unchecked Sendable` because sockets, which other threads may have, refer to
/// the connection, but use it on that event loop only. ``Socket`` names the state that other threads read.
final class Connection: SessionHandler, @unchecked Sendable {
    let core: ServerCore
    let shard: EventShard
    let session: Session
    // Unchecked: see LoopContext.
    @exclusivity(unchecked) private var state: State
    /// Changed under the shard's lock, for readers on other threads.
    private(set) var transportName: TransportName
    /// As ``transportName``.
    private(set) var isReachable = true

    private struct State {
        /// Usually few, in the order in which they were made.
        var sockets: [Socket] = []
        var decoder: any PacketDecoder
    }

    private var connectTimer: LoopTimers.Token?
    /// How many runs of middleware for this connection are unfinished, including those for sockets that have left
    /// meanwhile.
    var runningMiddleware = 0
    /// The namespaces that the server made the client leave, or refused it, and that the client has not asked for
    /// since. A packet for one of them is no error: the client may have sent it before it heard of the end.
    var revokedNamespaces: Set<String> = []
    private static let longestRevoked = 1024
    private var waitingEvents = 0
    private var waitingBytes = 0
    /// How many pings the client has not answered on the transport in use.
    private var unansweredPings = 0
    private(set) var isPaused = false
    /// Whether the connection is about to leave for another server.
    var isDeparting = false

    init(core: ServerCore, shard: EventShard, session: Session) {
        self.core = core
        self.shard = shard
        self.session = session
        self.transportName = session.transport.name
        self.state = State(decoder: core.codec.makeDecoder())
    }

    /// The sockets of this connection.
    var sockets: [Socket] {
        get { self.state.sockets }
        set { self.state.sockets = newValue }
    }

    func makeSocketID() -> String {
        SessionID(shard: 0).description
    }

    // MARK: Calls of the session

    func opened(_ session: Session) {
        self.startConnectTimer()
    }

    func startConnectTimer() {
        self.connectTimer = self.shard.timers.schedule(
            after: TimeAmount(self.core.configuration.connectTimeout)
        ) {
            // The timer retains the connection until the connection has joined a namespace or is closed. A weak
            // reference would make every retain and release of the connection slower from then on.
            self.connectTimer = nil
            if !self.sockets.contains(where: { $0.phase == .connected }) {
                self.close(.forcedServerClose.with(details: "no namespace was joined in time"))
            }
        }
    }

    func receivedText(_ text: consuming ByteBuffer) {
        self.shard.executor.holdUntilDrained()
        let packet = self.shard.takePacket()
        do throws(SocketIOError) {
            if try self.state.decoder.text(text, into: packet) { self.received(packet) }
        } catch {
            self.failed(error)
        }
        self.shard.giveBack(consume packet)
        self.shard.executor.drain()
    }

    func receivedBinary(_ bytes: ByteBuffer) {
        self.shard.executor.holdUntilDrained()
        let packet = self.shard.takePacket()
        do throws(SocketIOError) {
            if let complete = try self.state.decoder.binary(bytes, into: packet) { self.received(complete) }
        } catch {
            self.failed(error)
        }
        self.shard.giveBack(consume packet)
        self.shard.executor.drain()
    }

    var isIdle: Bool { self.sockets.allSatisfy(\.isIdle) }

    private func failed(_ error: SocketIOError) {
        if error == .tooManyAttachments || error == .attachmentsTooLarge {
            self.session.shard.limits.exceeded(.attachments, by: self.session.request.remoteAddress)
        }
        self.close(.parseError.with(details: "\(error)"))
    }

    func closed(_ reason: DisconnectReason) {
        self.cancelConnectTimer()
        let sockets = self.sockets
        self.sockets = []
        for socket in sockets { socket.disconnected(reason) }
        self.shard.executor.drain()
    }

    /// The session pings a client again that is slow to answer, or that is not read from. A pong then answers the first
    /// of these pings, and tells nothing of events that were sent after it.
    func pingSent() {
        self.unansweredPings += 1
        guard self.unansweredPings == 1 else { return }
        for socket in self.sockets { socket.recovery?.log.noteSentPing() }
    }

    func pongReceived() {
        guard self.unansweredPings > 0 else { return }
        self.unansweredPings -= 1
        for socket in self.sockets { socket.recovery?.log.noteAnsweredPing() }
    }

    func transportChanged(_ session: Session) {
        self.unansweredPings = 0
        let name = session.transport.name
        guard name != self.transportName else { return }
        self.shard.lock.withLock { self.transportName = name }
        for socket in self.sockets where socket.phase == .connected {
            for listener in socket.state.listeners.others?.transportChanged ?? [] { listener.body(name) }
        }
        self.shard.executor.drain()
    }

    func reachabilityChanged(_ session: Session) {
        let isReachable = session.isReachable
        self.shard.lock.withLock { self.isReachable = isReachable }
        for socket in self.sockets where socket.phase == .connected {
            for listener in socket.state.listeners.others?.reachabilityChanged ?? [] { listener.body(isReachable) }
        }
        self.shard.executor.drain()
    }

    // MARK: Packets

    /// The packet whose attachments are outstanding.
    var partialPacket: SocketPacket? { self.state.decoder.partial }

    /// - Returns: the packets that are complete.
    func restoreDecoder(_ messages: [RawMessage]) throws(RestoringError) -> [SocketPacket] {
        try self.state.decoder.restore(messages)
    }

    private func received(_ packet: SocketPacket) {
        if packet.type == .connect { return self.connect(packet) }
        guard let socket = self.socket(of: packet.namespace) else { return self.receivedForNobody(packet) }
        switch packet.type {
        case .event, .binaryEvent:
            socket.received(ReceivedPacket(packet))
        case .ack, .binaryAck:
            if let id = packet.ackID { socket.acknowledged(id, ReceivedPacket(packet)) }
        case .disconnect:
            self.leave(socket, .clientNamespaceDisconnect, tellingClient: false)
        case .connect, .connectError:
            self.close(.forcedServerClose)
        }
    }

    /// A packet came for a namespace that the client has not joined.
    private func receivedForNobody(_ packet: SocketPacket) {
        // As in the reference server, a packet for a namespace that the client was never in ends the connection.
        guard !self.revokedNamespaces.contains(packet.namespace) else { return }
        self.close(.forcedServerClose.with(details: "a packet for a namespace that was not joined"))
    }

    func socket(of namespace: String) -> Socket? {
        for socket in self.sockets where socket.namespace.name == namespace { return socket }
        return nil
    }

    // MARK: The end

    /// Ends the socket of one namespace; the connection stays open.
    func leave(_ socket: Socket, _ reason: DisconnectReason, tellingClient: Bool) {
        guard let index = self.sockets.firstIndex(where: { $0 === socket }) else { return }
        self.sockets.remove(at: index)
        let name = socket.namespace.name
        if tellingClient, socket.phase == .connecting {
            self.refuse(name, message: reason == .credentialsExpired ? SocketExpiry.refusal : "Disconnected")
        } else if tellingClient {
            self.revoke(name)
            self.tell(.disconnected, of: name)
        }
        socket.disconnected(reason)
    }

    /// The client asks to join a namespace, so it knows that the namespace had ended. From now on its packets for the
    /// namespace count again.
    func willJoin(_ namespace: String) {
        self.revokedNamespaces.remove(namespace)
    }

    /// The client is about to hear that it is not in a namespace. At most `maxNamespaces` names are kept, and none that is
    /// very long: a client can make up names as long as a message.
    func revoke(_ namespace: String) {
        guard self.revokedNamespaces.count < self.core.configuration.maxNamespaces,
            namespace.utf8.count <= Self.longestRevoked
        else { return }
        self.revokedNamespaces.insert(namespace)
    }

    /// Ends all namespaces as if the server had ended each of them, then the connection.
    func leaveAll() {
        for socket in self.sockets { self.leave(socket, .serverNamespaceDisconnect, tellingClient: true) }
        self.close(.forcedServerClose)
    }

    /// Ends the connection. The client still gets all messages that were sent before, and is told of the end: on long
    /// polling, in the answer to its next request.
    func close(_ reason: DisconnectReason) {
        self.session.close(reason)
    }

    func cancelConnectTimer() {
        if let timer = self.connectTimer { self.shard.timers.cancel(timer) }
        self.connectTimer = nil
    }

    // MARK: Slow handlers

    /// Changes the number of events that wait for handlers, and of their bytes. Past the limits, the connection is not
    /// read. Reading resumes at half of them, so that it does not stop and resume for every single event.
    func eventsWaiting(_ change: Int, bytes: Int) {
        self.waitingEvents += change
        self.waitingBytes += bytes
        self.shard.counters.waiting += change
        self.shard.counters.waitingBytes += bytes
        let configuration = self.core.configuration
        if self.isPaused {
            if self.waitingEvents <= configuration.maxWaitingEvents / 2,
                self.waitingBytes <= configuration.maxWaitingEventBytes / 2
            {
                self.isPaused = false
                if !self.isDeparting { self.session.resumeReading() }
            }
        } else if self.waitingEvents > configuration.maxWaitingEvents
            || self.waitingBytes > configuration.maxWaitingEventBytes
        {
            self.isPaused = true
            self.session.pauseReading()
        }
    }
}
