// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// Takes the place of a lost connection in a lossless session, until the client attaches another one.
final class LostTransport: Transport {
    let name: TransportName
    let upgrades: [TransportName] = []
    let isWritable = false
    let unsentBytes = 0

    init(name: TransportName) {
        self.name = name
    }

    func bind(to session: Session) {}
    func write(_ packet: OutboundPacket) {}
    func flush() {}
    func close(_ reason: TransportCloseReason) {}
    func retire() {}
}
