// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEngine
internal import NIOCore
internal import SocketIOWire

extension Socket {
    /// Sends an event to the client.
    ///
    /// To a socket that is not connected it goes nowhere. Arguments that cannot be encoded are reported to
    /// ``SocketIOServer/onError(_:)``, and nothing is sent.
    @inlinable
    public func emit<each Argument: Encodable & Sendable>(
        _ event: Event<repeat each Argument>,
        _ arguments: repeat each Argument
    ) {
        guard let packet = self.beginEvent(event.name, isVolatile: false) else { return }
        repeat packet.append(each arguments)
        self.send(packet, event: event.name, isVolatile: false)
    }

    /// Sends an event with one argument to the client.
    ///
    /// The usual case, apart from the one for any number of arguments: the elements of a pack are copied
    /// on their way, twice each (Swift 6.3), and one argument is not.
    @inlinable
    public func emit<Argument: Encodable & Sendable>(_ event: Event<Argument>, _ argument: Argument) {
        guard let packet = self.beginEvent(event.name, isVolatile: false) else { return }
        packet.append(argument)
        self.send(packet, event: event.name, isVolatile: false)
    }

    /// Events sent through this are dropped rather than queued when the client is slow to take what it is sent.
    public var volatile: VolatileEmitter { VolatileEmitter(socket: self) }

    /// Sends through a socket what may be dropped.
    public struct VolatileEmitter: Sendable {
        @usableFromInline let socket: Socket

        /// Sends an event, unless the client lags behind.
        @inlinable
        public func emit<each Argument: Encodable & Sendable>(
            _ event: Event<repeat each Argument>,
            _ arguments: repeat each Argument
        ) {
            guard let packet = self.socket.beginEvent(event.name, isVolatile: true) else { return }
            repeat packet.append(each arguments)
            self.socket.send(packet, event: event.name, isVolatile: true)
        }
    }

    // MARK: On any thread

    /// Begins an event; `send` ends it, with nothing but its arguments in between.
    /// - Returns: `nil` when it would go nowhere.
    @usableFromInline
    func beginEvent(_ event: String, isVolatile: Bool) -> OutgoingPacket? {
        if EventName.isReserved(event) {
            self.core.report(HandlerFailure(error: EventError.reservedName(event), socket: self, event: event))
            return nil
        }
        return self.begin(.event, event, isVolatile: isVolatile)
    }

    /// On the loop a packet is written with the loop's writer; elsewhere with one of its own, which spares the loop the
    /// work.
    func begin(_ type: SocketPacketType, ackID: Int? = nil, _ name: String?, isVolatile: Bool) -> OutgoingPacket? {
        let packet: OutgoingPacket
        if self.shard.isCurrent() {
            guard self.canSend(isVolatile: isVolatile) else { return nil }
            packet = self.shard.takeWriter()
        } else {
            packet = OutgoingPacket(writer: self.core.codec.makeWriter(), isLoops: false)
        }
        packet.writer.begin(type, of: self.namespace, ackID: ackID, name)
        return consume packet
    }

    @usableFromInline
    func send(_ packet: consuming OutgoingPacket, event: String, isVolatile: Bool) {
        do {
            try self.send(packet, isVolatile: isVolatile)
        } catch {
            self.core.report(HandlerFailure(error: error, socket: self, event: event))
        }
    }

    @usableFromInline
    func send(_ packet: consuming OutgoingPacket, isVolatile: Bool) throws {
        guard packet.isLoops else {
            let encoded = try packet.writer.finish()
            return self.shard.queue.post { self.send(encoded, isVolatile: isVolatile) }
        }
        do {
            self.send(try packet.writer.finish(), isVolatile: isVolatile)
            packet.writer.reset()
            self.shard.giveBack(consume packet)
        } catch {
            packet.writer.reset()
            self.shard.giveBack(consume packet)
            throw error
        }
    }

    // MARK: On the loop

    func canSend(isVolatile: Bool) -> Bool {
        self.phase == .connected && (!isVolatile || self.session.takesVolatile)
    }

    private func send(_ packet: EncodedPacket, isVolatile: Bool) {
        guard self.canSend(isVolatile: isVolatile) else { return }
        let session = self.session
        session.send(packet.message, isBinary: packet.isBinary)
        for attachment in packet.attachments { session.send(.binary(attachment)) }
    }
}
