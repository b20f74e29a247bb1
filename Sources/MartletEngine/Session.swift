// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import EngineIOWire
package import NIOCore

/// A client's Engine.IO session, which stays the same while its transports change.
///
/// The session owns the queue of outbound packets and hands them to the transport in use. It dispatches every packet
/// that a transport receives, and carries out the decisions of ``SessionStateMachine``.
///
/// `@unchecked Sendable`: a reference may be handed around freely, since every member but `id`, `shard` and `request`,
/// which never change, is used on ``EngineShard/eventLoop`` only; the entry points assert it.
package final class Session: @unchecked Sendable {
    // The members that sending needs come first: see WebSocketConnection.
    package let shard: EngineShard
    /// The messages and counts of a lossless session; `nil` in a plain one.
    let delivery: Delivery?
    /// Counts what the client sends; `nil` where it may send as fast as it likes.
    private let allowance: InboundAllowance?
    // Unchecked: see LoopContext.
    @exclusivity(unchecked) var state: State
    package let id: SessionID
    package let request: HandshakeRequest

    struct State: ~Copyable {
        /// The transport in use.
        var transport: any Transport
        /// See ``Session/writes(to:)``.
        fileprivate(set) var output: UnsafeRawPointer?
        var outbound = OutboundQueue()
        var machine: SessionStateMachine
        /// A second transport that asks to take over (Engine.IO protocol 4, upgrade).
        var probe: (any Transport)?
        var upload = Upload.none
        fileprivate(set) var handler: (any SessionHandler)?
        fileprivate var timer: (token: LoopTimers.Token, deadline: NIODeadline)?
        fileprivate(set) var pauses: ReadingPauses = []
        /// See ``Session/freeze()``.
        var isFrozen = false
        /// Those who wait for the client to take what was sent to it.
        var drainWaits: [DrainWait] = []
        var seat: HandshakeGate.Seat?
    }

    /// - Parameter delivery: `nil` for a plain session.
    init(
        id: SessionID,
        shard: EngineShard,
        transport: any Transport,
        request: HandshakeRequest,
        delivery: Delivery?
    ) {
        self.id = id
        self.shard = shard
        self.request = request
        self.delivery = delivery
        self.allowance = InboundAllowance(shard.configuration.limits)
        let machine = SessionStateMachine(
            configuration: shard.configuration,
            isLossless: delivery != nil,
            now: shard.timers.now
        )
        self.state = State(transport: transport, machine: machine)
    }

    /// The transport in use.
    package var transport: any Transport { self.state.transport }

    /// The layer above.
    package var handler: (any SessionHandler)? { self.state.handler }

    /// How many messages a lossless session has received.
    package var receivedCount: Int { self.delivery?.machine.receivedCount ?? 0 }

    /// Whether messages of the client stay in the network, since there is a cause not to take them.
    package var isReadingPaused: Bool { !self.state.pauses.isEmpty }

    /// A transport tells which object it writes to, for ``SendPrefetch``, which never reads the object: the object may
    /// be freed by then.
    package func writes(to output: AnyObject) {
        self.state.output = UnsafeRawPointer(Unmanaged.passUnretained(output).toOpaque())
    }

    package var eventLoop: any EventLoop { self.shard.eventLoop }

    /// Like NIO's `assertInEventLoop`, but without any cost in a release build, where NIO's looks the event loop up.
    @inline(__always)
    func assertInEventLoop() {
        assert(self.eventLoop.inEventLoop)
    }

    package var isOpen: Bool { self.state.machine.isOpen }

    /// Bytes of messages that were sent to the session and have not left the process, or have left it on a connection
    /// that was lost.
    package var unsentBytes: Int {
        let unsent = self.state.outbound.byteCount + self.transport.unsentBytes
        guard let delivery = self.delivery else { return unsent }
        let isLost = self.state.machine.isTransportLost
        return unsent + (isLost ? delivery.machine.keptBytes : delivery.machine.unwrittenBytes)
    }

    /// Whether a volatile message would be sent rather than dropped.
    package var takesVolatile: Bool {
        guard self.isOpen, !self.state.machine.isTransportLost else { return false }
        if self.sendsAtOnce { return true }
        let limit = self.shard.configuration.volatileLimit
        return limit > 0 && self.unsentBytes <= limit
    }

    private var sendsAtOnce: Bool {
        self.state.outbound.isEmpty && self.transport.sendsAtOnce && self.delivery?.machine.mayWriteAtOnce != false
    }

    /// Whether the transport was given all messages that were sent to the session.
    package var isDrained: Bool { self.state.outbound.isEmpty && self.delivery?.machine.hasUnwritten != true }

    func start(handler: any SessionHandler) {
        self.state.handler = handler
        self.sendControl(self.openPacket())
        if let packet = self.shard.initialPacket { self.send(packet) }
        self.armTimer()
        handler.opened(self)
    }

    /// A session that came from another server waits for its client.
    func begin(handler: any SessionHandler) {
        self.state.handler = handler
        self.suspend()
    }

    /// - Parameters:
    ///   - ack: on an attach, how many messages the session has received.
    ///   - from: on an attach, the number of the message before the stream's first one.
    func openPacket(ack: Int? = nil, from: Int? = nil) -> EnginePacket {
        let configuration = self.shard.configuration
        let resume = self.isLossless ? configuration.resume : nil
        return EngineOpen(
            sid: self.id.description,
            upgrades: configuration.upgrades(from: self.transport).map(\.rawValue),
            pingInterval: configuration.pingInterval.milliseconds,
            pingTimeout: configuration.pingTimeout.milliseconds,
            maxPayload: configuration.maxPayload,
            resume: resume.map { .init(timeout: $0.timeout.milliseconds, buffer: $0.buffer) },
            ack: ack,
            from: from
        ).packet
    }

    // MARK: Out

    /// Sends one message. Messages sent within one turn of the event loop leave together.
    ///
    /// A receiver that is too slow for ``EngineIOConfiguration/unsentLimit`` loses its session.
    package func send(_ packet: OutboundPacket) {
        self.assertInEventLoop()
        guard self.state.machine.isOpen else { return }
        self.shard.counters.messagesOut &+= 1
        self.shard.counters.bytesOut &+= packet.byteCount
        if let delivery = self.delivery { return self.send(packet, keptBy: delivery) }
        let transport = self.transport
        if self.state.outbound.isEmpty, transport.isWritable { return transport.write(packet) }
        self.state.outbound.append(packet.retained())
        self.checkUnsent()
    }

    private func send(_ packet: OutboundPacket, keptBy delivery: Delivery) {
        if delivery.machine.mayWriteAtOnce, self.state.outbound.isEmpty, self.transport.isWritable {
            delivery.machine.appendWritten(packet)
            self.transport.write(packet)
            return
        }
        delivery.machine.append(packet)
        self.checkUnsent()
    }

    func sendControl(_ packet: EnginePacket) {
        if self.state.outbound.isEmpty, self.transport.isWritable {
            self.transport.write(.control(packet))
        } else {
            self.state.outbound.append(.control(packet))
        }
    }

    /// The transport in use can take packets again.
    package func transportBecameWritable(_ transport: any Transport) {
        guard transport === self.transport else { return }
        self.drain()
    }

    func drain() {
        while self.transport.isWritable, let packet = self.state.outbound.popFirst() {
            self.transport.write(packet)
        }
        if let delivery = self.delivery {
            while self.transport.isWritable, let packet = delivery.machine.next() {
                self.transport.write(packet)
            }
        }
        self.checkDrainWaits()
    }

    /// Another transport carries the session from here on: packets that wait leave on it.
    /// - Parameter begin: called after the previous transport has retired, before waiting packets are written.
    func move(to next: any Transport, _ begin: () -> Void = {}) {
        let change = TransportSwitch(from: self.transport.name, to: next.name)
        if change.from != change.to { self.shard.counters.switches[change, default: 0] += 1 }
        exchange(&self.state.transport, with: next).retire()
        begin()
        if self.isReadingPaused { next.setReadingPaused(true) }
        self.armTimer()
        self.drain()
        self.state.handler?.transportChanged(self)
    }

    func checkUnsent() {
        if let delivery = self.delivery, let reason = self.state.machine.lossReason {
            if delivery.machine.isOverfull { self.close(reason, tellingPeer: .lost) }
            return
        }
        let limit = self.shard.configuration.unsentLimit
        let count = self.state.outbound.count + (self.delivery?.machine.unwrittenCount ?? 0)
        // A message takes about 100 bytes besides its own.
        guard self.unsentBytes > limit || count > max(limit / 64, 16) else { return }
        self.closeSlow(.unsentBytes, "\(self.unsentBytes) bytes in \(count) messages were not sent")
    }

    private func closeSlow(_ limit: ExceededLimit, _ details: String) {
        self.shard.counters.slowReceivers &+= 1
        self.shard.limits.exceeded(limit, by: self.request.remoteAddress)
        self.close(.slowConsumer.with(details: details), tellingPeer: .tooSlow)
    }

    /// The event loop's queue has refused a message to the session. Called on any thread.
    package func sendRefused() {
        self.shard.loop.queue.post(once: self) {
            guard self.isOpen else { return }
            self.closeSlow(.queuedSends, "the server is behind with sending")
        }
    }

    // MARK: In

    /// Dispatches a packet that came on a transport of this session.
    package func received(_ packet: consuming EnginePacket, from source: any Transport) {
        self.assertInEventLoop()
        guard source === self.transport else {
            if source === self.state.probe { self.receivedOnProbe(packet) }
            return
        }
        self.take(packet)
        self.acknowledgeIfDue()
    }

    /// Takes a packet that the client sent, from a transport or a POST.
    func take(_ packet: consuming EnginePacket) {
        guard self.state.machine.isOpen else { return }
        switch consume packet {
        case .text(let text):
            self.state.machine.heard()
            self.shard.counters.messagesIn &+= 1
            self.shard.counters.bytesIn &+= text.readableBytes
            self.delivery?.machine.received(bytes: text.readableBytes)
            if let allowance = self.allowance { self.spend(text.readableBytes, allowance) }
            self.state.handler?.receivedText(text)
        case .binary(let bytes):
            self.state.machine.heard()
            self.shard.counters.messagesIn &+= 1
            self.shard.counters.bytesIn &+= bytes.readableBytes
            self.delivery?.machine.received(bytes: bytes.readableBytes)
            if let allowance = self.allowance { self.spend(bytes.readableBytes, allowance) }
            self.state.handler?.receivedBinary(bytes)
        case .pong(let count):
            self.state.machine.pongReceived(now: self.shard.timers.now)
            self.state.handler?.pongReceived()
            self.armTimer()
            self.acknowledged(count)
        case .noop(let count):
            self.state.machine.heard()
            self.acknowledged(count)
        case .close:
            self.close(.transportClose, tellingPeer: .byPeer)
        case .ping:
            // Since protocol 4 pings go from the server to the client only.
            self.close(.transportError.with(details: "a ping from the client"), tellingPeer: .protocolError)
        case .open, .upgrade:
            break
        }
    }

    /// The peer sent bytes that are not a packet.
    package func receivedInvalidPacket(from source: any Transport) {
        if source === self.transport {
            self.close(.parseError, tellingPeer: .protocolError)
        } else if source === self.state.probe {
            self.dropProbe()
        }
    }

    /// Stops taking messages from the peer until ``resumeReading(_:)``: later messages stay in the network.
    package func pauseReading(_ cause: ReadingPauses = .handlers) {
        let wasPaused = self.isReadingPaused
        self.state.pauses.insert(cause)
        if !wasPaused { self.transport.setReadingPaused(true) }
    }

    /// A cause not to read is gone. Takes messages from the peer again once there is none.
    package func resumeReading(_ cause: ReadingPauses = .handlers) {
        guard self.isReadingPaused else { return }
        self.state.pauses.remove(cause)
        guard !self.isReadingPaused else { return }
        // Answers to pings may have waited in the network with all else.
        self.state.machine.heard()
        self.continueUpload()
        if !self.isReadingPaused { self.transport.setReadingPaused(false) }
    }

    // MARK: The end

    /// Ends the session: tells the layer above at once, and the peer as soon as its transport allows.
    package func close(_ reason: DisconnectReason, tellingPeer how: TransportCloseReason = .done) {
        self.assertInEventLoop()
        self.unfreeze()
        let lingers = self.transport.lingersWhenClosed && how.isTold
        let lingeringUntil = lingers ? self.shard.timers.now + TimeAmount(self.shard.configuration.closeTimeout) : nil
        guard self.state.machine.close(lingeringUntil: lingeringUntil) == .closed else { return }
        if !how.deliversRest {
            self.state.outbound.removeAll()
            self.delivery?.machine.removeAll()
        } else if !lingers {
            // Messages sent before the end are delivered even to a receiver that lags;
            // ``EngineIOConfiguration/unsentLimit`` has limited their size.
            while let packet = self.state.outbound.popFirst() { self.transport.write(packet) }
            while let packet = self.delivery?.machine.nextOutsideWindow() { self.transport.write(packet) }
        }
        self.transport.close(how)
        self.finish(reason)
    }

    /// A transport of this session is gone.
    /// - Parameter hadBegun: false if nothing was sent on the transport. If the transport was to send the open packet
    ///   of a handshake, the client does not know the session, and the session is not kept.
    package func transportClosed(_ source: any Transport, _ reason: DisconnectReason, hadBegun: Bool = true) {
        self.assertInEventLoop()
        if source === self.state.probe { return self.probeLost() }
        guard source === self.transport else { return self.noteOutOfUse(source, .lost(reason)) }
        if self.isLossless, self.isOpen, hadBegun || self.isKnownToClient { return self.transportLost(reason) }
        let action = self.state.machine.close()
        if action == .closed {
            self.finish(reason)
        } else {
            self.end()
        }
    }

    /// Nobody asks for the session any more.
    func end() {
        self.cancelTimer()
        self.shard.forget(self)
    }

    /// The layer above hears nothing any more.
    func dropHandler() { self.state.handler = nil }

    private func finish(_ reason: DisconnectReason) {
        self.shard.counters.closed[reason, default: 0] += 1
        self.shard.log.closed(self, reason)
        if let probe = self.state.probe {
            self.state.probe = nil
            probe.close(.done)
        }
        self.abandonUpload()
        let handler = self.state.handler
        self.state.handler = nil
        if self.state.machine.isClosed {
            self.state.outbound.removeAll()
            self.delivery?.machine.removeAll()
            self.cancelTimer()
            self.shard.forget(self)
        } else {
            self.armTimer()
        }
        handler?.closed(reason)
        self.endDrainWaits()
    }

    // MARK: Time

    /// Makes sure that the machine is asked again when its next deadline passes. A timer that fires too early stays as
    /// it is: it finds nothing to do and arms the next one. This is cheaper than moving the timer with every pong.
    func armTimer() {
        guard let deadline = self.state.machine.nextDeadline else { return self.cancelTimer() }
        if let timer = self.state.timer {
            if timer.deadline <= deadline { return }
            self.shard.timers.cancel(timer.token)
        }
        let token = self.shard.timers.schedule(at: deadline) { [unowned self] in
            self.state.timer = nil
            self.deadlinePassed()
        }
        self.state.timer = (token, deadline)
    }

    private func cancelTimer() {
        if let timer = self.state.timer { self.shard.timers.cancel(timer.token) }
        self.state.timer = nil
    }

    private func deadlinePassed() {
        // What is due then waits until the session is thawed.
        guard !self.isFrozen else { return }
        let now = self.shard.timers.now
        switch self.state.machine.deadlinePassed(now: now, isReadingPaused: self.isReadingPaused) {
        case .wait: break
        case .sendPing:
            self.sendControl(.ping(self.acknowledgement()))
            self.state.handler?.pingSent()
        case .closeProbe: self.dropProbe()
        case .close(let reason): self.close(reason, tellingPeer: .lost)
        case .abandonTransport(let reason): self.abandonTransport(reason)
        case .expire(let reason): self.close(reason, tellingPeer: .lost)
        case .forget:
            self.transport.retire()
            return self.shard.forget(self)
        }
        if !self.state.machine.isClosed { self.armTimer() }
    }
}
