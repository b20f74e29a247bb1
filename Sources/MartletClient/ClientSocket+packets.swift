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
            guard self.isConnected, packet.hasName else { return }
            self.noteOffset(packet)
            self.received(ReceivedEvent(packet: packet, coder: self.manager.codec.coder, join: self.joins))
        case .ack, .binaryAck:
            guard let id = packet.ackID, let pending = self.acknowledgements.remove(id) else { return }
            pending.timer.cancel()
            pending.completion(
                .success(ReceivedEvent(packet: packet, coder: self.manager.codec.coder, join: self.joins)))
        }
    }

    /// The server may ask which event was the last: it names each by its last argument.
    private func noteOffset(_ packet: SocketPacket) {
        guard self.pid != nil, let last = packet.arguments.last else { return }
        if let offset = try? JSONArgumentCoder().decode(String.self, from: last, attachments: []) {
            self.offset = offset
        }
    }
}
