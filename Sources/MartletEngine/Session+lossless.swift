// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import EngineIOWire
internal import NIOCore

/// The lossless session (Protocol.md, section 4): it survives the loss of its transport, and moves to any transport
/// that the client attaches.
extension Session {
    /// Whether the session is a lossless one.
    package var isLossless: Bool { self.delivery != nil }

    /// Whether what is sent now is on its way to the client, as far as is known. False once the session has lost its
    /// connection, until its client comes back.
    package var isReachable: Bool { self.isOpen && !self.state.machine.isTransportLost }

    /// False for a lossless session whose handshake the client may not know of: if the answer to the handshake is lost,
    /// nobody misses the session, and it need not be kept.
    package var isKnownToClient: Bool { self.delivery?.isKnownToClient != false }

    // MARK: Attach

    /// Checks whether a transport may be attached, before the transport is made.
    /// - Throws: ``EngineIOError/unknownSession`` after the session's end, else ``EngineIOError/badRequest``.
    package func checkAttach(_ request: AttachRequest) throws(EngineIOError) {
        guard self.isOpen else { throw .unknownSession }
        guard let delivery = self.delivery, !self.isFrozen else { throw .badRequest }
        try delivery.machine.checkAttach(request.number, acknowledging: request.acknowledged)
    }

    /// Moves the session to another transport, whatever its present transport is.
    /// - Throws: the errors of ``checkAttach(_:)``; the session is then unchanged.
    package func attach(_ transport: any Transport, _ request: AttachRequest) throws(EngineIOError) {
        self.assertInEventLoop()
        guard self.isOpen else { throw .unknownSession }
        guard let delivery = self.delivery, !self.isFrozen else { throw .badRequest }
        let start = try delivery.machine.attach(request.number, acknowledging: request.acknowledged)
        delivery.isKnownToClient = true
        let wasLost = self.state.machine.isTransportLost
        if wasLost { self.shard.counters.resumes &+= 1 }
        self.move(to: transport) {
            self.abandonUpload()
            self.state.outbound.removeAll()
            self.state.outbound.append(.control(self.openPacket(ack: delivery.machine.tell(), from: start)))
            self.state.machine.attached(now: self.shard.timers.now)
            transport.bind(to: self)
        }
        if wasLost { self.handler?.reachabilityChanged(self) }
    }

    // MARK: Requests of the transport in use

    /// A request for messages names the last message that its client has received; the messages after it are written
    /// anew.
    /// - Throws: ``EngineIOError/badRequest`` when those messages are forgotten, the number was never sent, or the
    ///   request names no number.
    package func restart(after counts: EngineRequest.Counts) throws(EngineIOError) {
        guard let delivery = self.delivery else { return }
        delivery.isKnownToClient = true
        guard !self.isFrozen else { throw .badRequest }
        guard !counts.isMalformed, let acknowledged = counts.acknowledged else { throw .badRequest }
        try delivery.machine.restart(after: acknowledged)
    }

    /// A request opened on which the client receives messages. Called by transports that consist of requests.
    package func transportConnected(_ source: any Transport) {
        guard self.isLossless, source === self.transport else { return }
        let wasLost = self.state.machine.isTransportLost
        self.state.machine.connected()
        self.armTimer()
        if wasLost { self.handler?.reachabilityChanged(self) }
    }

    /// The request on which the client received messages is over. Called by transports that consist of requests.
    /// - Parameter loss: why the request was lost; `nil` if it was answered.
    package func transportDisconnected(_ source: any Transport, _ loss: DisconnectReason?) {
        guard source === self.transport else { return self.noteOutOfUse(source, .disconnected(loss)) }
        guard self.isLossless, self.isOpen else { return }
        self.disconnected(loss)
        self.armTimer()
        if loss != nil { self.checkUnsent() }
    }

    // MARK: Loss

    /// The client does not answer pings: give up its transport.
    func abandonTransport(_ reason: DisconnectReason) {
        self.transport.retire()
        self.transportLost(reason)
    }

    func transportLost(_ reason: DisconnectReason) {
        self.state.transport = LostTransport(name: self.transport.name)
        self.state.outbound.removeAll()
        self.disconnected(reason)
        self.armTimer()
        self.checkUnsent()
    }

    /// The session has no transport, and has not lost one: it is between two requests, or between two servers.
    func suspend() {
        self.disconnected(nil)
        self.armTimer()
    }

    private func disconnected(_ loss: DisconnectReason?) {
        guard let resume = self.shard.configuration.resume else { return }
        let wasReachable = self.isReachable
        self.state.machine.disconnected(loss, until: self.shard.timers.now + TimeAmount(resume.timeout))
        if wasReachable, !self.isReachable { self.handler?.reachabilityChanged(self) }
    }

    // MARK: Acknowledging

    /// Handles the rest of a packet by which the client acknowledges messages.
    func acknowledged(_ rest: ByteBuffer) {
        guard let delivery = self.delivery, rest.readableBytes > 0 else { return }
        guard let count = EngineCount.parse(rest), (try? delivery.machine.acknowledge(count)) != nil else {
            return self.close(.parseError, tellingPeer: .protocolError)
        }
        self.drain()
    }

    /// The rest of a packet that acknowledges the received messages; empty in a plain session.
    func acknowledgement() -> ByteBuffer {
        guard let delivery = self.delivery else { return ByteBuffer() }
        return EngineCount.buffer(delivery.machine.tell())
    }

    func acknowledgeIfDue() {
        guard let delivery = self.delivery, delivery.machine.owesAcknowledgement, self.isOpen else { return }
        self.sendControl(.noop(self.acknowledgement()))
    }
}
