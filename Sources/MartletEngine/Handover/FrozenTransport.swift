// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import EngineIOWire

/// Takes the place of the transport in use while a session is frozen: the session can write nothing, and what comes on
/// the transport is not listened to. How the transport fares meanwhile is kept for the time after.
final class FrozenTransport: Transport {
    /// What happened to the connection to the client meanwhile.
    enum Event {
        case none
        /// A request of the transport ended.
        case disconnected(DisconnectReason?)
        case lost(DisconnectReason)
    }

    let transport: any Transport
    var event = Event.none

    init(_ transport: any Transport) {
        self.transport = transport
    }

    var name: TransportName { self.transport.name }
    let upgrades: [TransportName] = []
    let isWritable = false
    var unsentBytes: Int { self.transport.unsentBytes }

    func bind(to session: Session) {}
    func write(_ packet: OutboundPacket) {}
    func flush() {}
    func close(_ reason: TransportCloseReason) { self.transport.close(reason) }
    func retire() { self.transport.retire() }
}
