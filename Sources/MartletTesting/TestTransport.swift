// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import MartletEngine
internal import NIOCore

/// A transport without a network: it hands each written packet to a function. Confined to its event loop.
package final class TestTransport: Transport {
    package let name: TransportName
    package let upgrades: [TransportName] = []
    package var lingersWhenClosed = false
    /// Whether packets may be written; tests of slow clients set it to false.
    package var isWritable = true {
        didSet { if self.isWritable, !oldValue { self.session?.transportBecameWritable(self) } }
    }
    package var unsentBytes = 0
    package var sendsAtOnce: Bool { self.isWritable && self.unsentBytes == 0 }
    package private(set) var closeReason: TransportCloseReason?
    package private(set) var isReadingPaused = false
    package private(set) var flushCount = 0
    package var session: Session?

    private let onWrite: (OutboundPacket) -> Void

    /// - Parameter onWrite: gets each packet; its memory is used again after the call.
    package init(name: TransportName = .websocket, onWrite: @escaping (OutboundPacket) -> Void) {
        self.name = name
        self.onWrite = onWrite
    }

    package func bind(to session: Session) { self.session = session }

    package func write(_ packet: OutboundPacket) {
        self.session?.shard.loop.setNeedsFlush(self)
        self.onWrite(packet)
    }

    package func flush() { self.flushCount += 1 }
    package func close(_ reason: TransportCloseReason) {
        self.closeReason = reason
        // The session retains the transport.
        self.session = nil
    }

    /// The network connection is gone.
    package func drop() {
        self.session.take()?.transportClosed(self, .transportClose)
    }

    package func setReadingPaused(_ paused: Bool) { self.isReadingPaused = paused }
    package func retire() { self.session = nil }

    /// Opens a session on this transport.
    package func open(on shard: EngineShard, request: HandshakeRequest) {
        shard.open(on: self, request: request)
    }
}
