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
    public func emit<each Argument: Encodable & Sendable>(_ event: String, _ arguments: repeat each Argument) {
        self.send(event, isVolatile: false, repeat each arguments)
    }

    /// Events sent through this are dropped rather than queued when the client is slow to take what it is sent.
    public var volatile: VolatileEmitter { VolatileEmitter(socket: self) }

    /// Sends through a socket what may be dropped.
    public struct VolatileEmitter: Sendable {
        let socket: Socket

        /// Sends an event, unless the client lags behind.
        public func emit<each Argument: Encodable & Sendable>(_ event: String, _ arguments: repeat each Argument) {
            self.socket.send(event, isVolatile: true, repeat each arguments)
        }

        /// Sends a declared event, unless the client lags behind.
        public func emit<each Argument: Codable & Sendable>(
            _ event: Event<repeat each Argument>,
            _ arguments: repeat each Argument
        ) {
            self.socket.send(event.name, isVolatile: true, repeat each arguments)
        }
    }

    @inline(__always)
    func send<each Argument: Encodable & Sendable>(
        _ event: String,
        isVolatile: Bool,
        _ arguments: repeat each Argument
    ) {
        let head = PacketHead(type: .event, namespace: self.namespace.name, ackID: nil)
        do {
            try self.core.checkName(event)
            if self.shard.eventLoop.inEventLoop {
                self.shard.queue.catchUp()
                try self.sendNow(head, event, isVolatile: isVolatile, repeat each arguments)
            } else {
                // Encoded here, which spares the loop the work.
                let packet = try self.core.encode(head, event, repeat each arguments)
                self.shard.queue.post { self.send(packet, isVolatile: isVolatile) }
            }
        } catch {
            self.core.report(HandlerFailure(error: error, socket: self, event: event))
        }
    }

    // MARK: On the loop

    /// The session, when there is something to send through it.
    func sessionForSending(isVolatile: Bool) -> Session? {
        guard self.phase == .connected else { return nil }
        let session = self.connection.session
        return isVolatile && !session.takesVolatile ? nil : session
    }

    /// Encodes a packet into the loop's memory and sends it.
    @inline(__always)
    func sendNow<each Argument: Encodable & Sendable>(
        _ head: PacketHead,
        _ name: String?,
        isVolatile: Bool,
        _ arguments: repeat each Argument
    ) throws {
        guard let session = self.sessionForSending(isVolatile: isVolatile) else { return }
        var writer = PacketWriter(head, into: self.shard.takeScratch(), coder: self.core.coder)
        defer { self.shard.giveBackScratch(writer.buffer) }
        try writer.write(name, repeat each arguments)
        writer.finish()
        session.send(.text(writer.buffer))
        for attachment in writer.attachments { session.send(.binary(attachment)) }
    }

    func send(_ packet: EncodedPacket, isVolatile: Bool) {
        guard let session = self.sessionForSending(isVolatile: isVolatile) else { return }
        session.send(.text(packet.text))
        for attachment in packet.attachments { session.send(.binary(attachment)) }
    }
}
