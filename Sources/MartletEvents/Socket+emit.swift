// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEngine
internal import NIOCore
internal import SocketIOWire

extension Socket {
    /// Sends an event to the client.
    ///
    /// An event to a socket that is not connected is dropped. Arguments that cannot be encoded are reported to
    /// ``SocketIOServer/onError(_:)``, and nothing is sent.
    @inlinable
    public func emit<each Argument: Encodable & Sendable>(
        _ event: Event<repeat each Argument>,
        _ arguments: repeat each Argument
    ) {
        guard let packet = self.beginEvent(event.name, EmitFlags()) else { return }
        repeat packet.append(each arguments)
        self.send(packet, event: event.name, EmitFlags())
    }

    /// Sends an event with one argument to the client.
    ///
    /// The usual case has an overload of its own: the elements of a pack are copied twice each (Swift 6.3), a single
    /// argument is not copied.
    @inlinable
    public func emit<Argument: Encodable & Sendable>(_ event: Event<Argument>, _ argument: Argument) {
        guard let packet = self.beginEvent(event.name, EmitFlags()) else { return }
        packet.append(argument)
        self.send(packet, event: event.name, EmitFlags())
    }

    /// Sends a `message` event.
    @inlinable
    public func send<each Argument: Encodable & Sendable>(_ arguments: repeat each Argument) {
        self.emit("message", repeat each arguments)
    }

    /// Events sent through this emitter are dropped instead of queued when the client lags behind.
    public var volatile: SocketEmitter { SocketEmitter(self).volatile }

    /// Events sent through this emitter are compressed, as by default, or not; see ``SocketEmitter/compress(_:)``.
    public func compress(_ compresses: Bool) -> SocketEmitter { SocketEmitter(self).compress(compresses) }

    // MARK: On any thread

    /// Begins an event. The caller appends the arguments and ends the event with `send`, with no other call in between.
    /// - Returns: `nil` when the event cannot be sent.
    @usableFromInline
    func beginEvent(_ event: String, _ flags: EmitFlags) -> OutgoingPacket? {
        if EventName.isReserved(event) {
            self.core.report(HandlerFailure(error: EventError.reservedName(event), socket: self, event: event))
            return nil
        }
        return self.begin(.event, event, isVolatile: flags.isVolatile)
    }

    /// Begins a packet: on the event loop with the loop's writer, on other threads with a writer of its own, so that
    /// encoding takes no time of the loop.
    func begin(_ type: SocketPacketType, ackID: Int? = nil, _ name: String?, isVolatile: Bool) -> OutgoingPacket? {
        let packet: OutgoingPacket
        if self.shard.isCurrent() {
            guard self.canSend(isVolatile: isVolatile) || self.isAway else { return nil }
            packet = self.shard.takeWriter()
        } else {
            packet = OutgoingPacket(writer: self.core.codec.makeWriter(), isLoops: false)
        }
        packet.writer.begin(type, of: self.namespace.name, ackID: ackID, name)
        return consume packet
    }

    @usableFromInline
    func send(_ packet: consuming OutgoingPacket, event: String, _ flags: EmitFlags) {
        do {
            if let recovery = self.shard.recovery, recovery.shared != nil {
                try self.sendThroughCluster(packet, flags)
            } else if let recovery = self.shard.recovery {
                try self.send(packet, flags, offset: recovery.offsets.next())
            } else {
                try self.send(packet, flags)
            }
        } catch {
            self.core.report(HandlerFailure(error: error, socket: self, event: event))
        }
    }

    /// Sends an event that all servers keep until the client has received it. It takes its place among the events of the
    /// others.
    @inline(never)
    private func sendThroughCluster(_ packet: consuming OutgoingPacket, _ flags: EmitFlags) throws {
        if flags.isVolatile { return try self.send(packet, flags) }
        let result = Result { try packet.writer.finish().ownCopy() }
        packet.writer.reset()
        if packet.isLoops { self.shard.giveBack(consume packet) }
        var target = BroadcastTarget()
        target.rooms = [self.id]
        target.compresses = flags.compresses
        self.core.adapter.broadcast(try result.get(), to: target, in: self.namespace)
    }

    /// Sends an event that is kept until the client has received it.
    @inline(never)
    private func send(_ packet: consuming OutgoingPacket, _ flags: EmitFlags, offset: String) throws {
        packet.writer.encode(offset)
        let result = Result { try packet.writer.finish().ownCopy() }
        packet.writer.reset()
        if packet.isLoops { self.shard.giveBack(consume packet) }
        var encoded = try result.get()
        encoded.offset = offset
        self.onLoop { [encoded] in self.send(encoded, flags) }
    }

    @usableFromInline
    func send(_ packet: consuming OutgoingPacket, _ flags: EmitFlags) throws {
        guard packet.isLoops else {
            let encoded = try packet.writer.finish()
            if !self.shard.queue.offer({ self.send(encoded, flags) }) { self.session.sendRefused() }
            return
        }
        do {
            self.send(try packet.writer.finish(), flags)
            packet.writer.reset()
            self.shard.giveBack(consume packet)
        } catch {
            packet.writer.reset()
            self.shard.giveBack(consume packet)
            throw error
        }
    }

    // MARK: On the loop

    /// Whether an event for several sockets is sent to this one. What is sent to a frozen session waits.
    func canSend(isVolatile: Bool) -> Bool {
        self.phase == .connected && (!isVolatile || self.session.takesVolatile)
            || self.phase == .frozen && !isVolatile
    }

    private func send(_ packet: EncodedPacket, _ flags: EmitFlags) {
        guard self.phase == .connected else { return self.sendAway(packet, flags) }
        guard !flags.isVolatile || self.session.takesVolatile else { return }
        self.deliver(packet, flags)
    }

    /// - Parameter packet: one with an offset has memory of its own.
    @inline(__always)
    func deliver(_ packet: EncodedPacket, _ flags: EmitFlags) {
        if packet.offset != nil || self.hearsOutgoing {
            self.willDeliver(packet, isVolatile: flags.isVolatile)
        }
        self.write(packet, flags)
    }

    /// Does what few sockets need before an event is sent. Not inlined, since most sockets need nothing.
    @inline(never)
    func willDeliver(_ packet: EncodedPacket, isVolatile: Bool) {
        if self.hearsOutgoing { self.callOutgoingHandlers(packet) }
        if packet.offset != nil { self.recovery?.log.append(packet, isVolatile: isVolatile) }
    }

    @inline(__always)
    func write(_ packet: EncodedPacket, _ flags: EmitFlags) {
        if flags.isAnswer {
            self.shard.counters.answersSent &+= 1
        } else {
            self.shard.counters.sent &+= 1
        }
        self.write(packet.message, isBinary: packet.isBinary, flags)
        for attachment in packet.attachments { self.write(attachment, isBinary: true, flags) }
    }

    /// Sends one message of a packet.
    @inline(__always)
    func write(_ message: ByteBuffer, isBinary: Bool, _ flags: EmitFlags) {
        let session = self.session
        guard flags.compresses else {
            let message = SharedMessage(
                payload: message.ownCopy(), isBinary: isBinary, compresses: false, on: session.shard.loop)
            return session.send(.shared(message))
        }
        session.send(message, isBinary: isBinary)
    }
}
