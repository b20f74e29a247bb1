// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletClientEngine
internal import MartletEngine
internal import MartletShared
internal import NIOCore
internal import SocketIOWire

/// What comes in for a namespace.
extension ClientSocket {
    func received(_ packet: SocketPacket) {
        switch packet.type {
        case .connect: self.joined(packet)
        case .connectError: self.refused(packet)
        case .disconnect:
            guard self.isActive else { return }
            self.isActive = false
            self.ended(.ioServerDisconnect)
            self.manager.deactivated()
        case .event, .binaryEvent:
            guard self.isConnected || self.isAsking, packet.hasName else { return }
            self.noteOffset(packet)
            let event = ReceivedEvent(packet: packet, coder: self.manager.codec.coder, join: self.joins)
            if self.isConnected { self.received(event) } else { self.keepEarly(event) }
        case .ack, .binaryAck:
            guard let id = packet.ackID, let pending = self.acknowledgements.remove(id) else { return }
            self.manager.timers.cancel(pending.timer)
            pending.completion(
                .success(ReceivedEvent(packet: packet, coder: self.manager.codec.coder, join: self.joins)))
        }
    }

    /// Some servers let handlers send events before they say that the socket is let in: these wait for that.
    private func keepEarly(_ event: ReceivedEvent) {
        guard self.isActive else { return }
        self.earlyBytes += event.byteCount
        guard self.earlyBytes <= self.manager.configuration.maxWaitingEventBytes else {
            return self.manager.fail(.slowConsumer.with(details: "too many events came before the socket was let in"))
        }
        self.early.append(event.kept())
    }

    /// The socket is let in.
    func handleEarly() {
        let events = self.early
        self.dropEarly()
        for event in events { self.received(event) }
    }

    func dropEarly() {
        self.early = []
        self.earlyBytes = 0
    }

    /// The server may ask which event was the last: it names each by its last argument.
    private func noteOffset(_ packet: SocketPacket) {
        guard self.pid != nil, let last = packet.arguments.last else { return }
        if let offset = try? JSONArgumentCoder().decode(String.self, from: last, attachments: []) {
            self.offset = offset
        }
    }
}
