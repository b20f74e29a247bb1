// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule

/// The packets of a session that its transport has not taken yet, in order.
package struct OutboundQueue {
    private var packets = Deque<OutboundPacket>()
    /// The sum of the packets' sizes.
    package private(set) var byteCount = 0

    package init() {}

    package var isEmpty: Bool { self.packets.isEmpty }
    package var count: Int { self.packets.count }

    /// Adds a packet that owns its memory.
    package mutating func append(_ packet: OutboundPacket) {
        self.packets.append(packet)
        self.byteCount += packet.byteCount
    }

    package mutating func popFirst() -> OutboundPacket? {
        guard let packet = self.packets.popFirst() else { return nil }
        self.byteCount -= packet.byteCount
        return packet
    }

    package mutating func removeAll() {
        self.packets.removeAll()
        self.byteCount = 0
    }
}
