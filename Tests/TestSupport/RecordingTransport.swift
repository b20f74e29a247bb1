// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import MartletEngine
internal import MartletPolling
internal import NIOCore

/// A transport that writes down what it is asked to do, in order.
package final class RecordingTransport: Transport {
    package let name: TransportName
    package let upgrades: [TransportName]
    package let lingersWhenClosed: Bool
    package var isWritable = true
    package var sendsAtOnce = true
    package var unsentBytes = 0
    package var log: [String] = []
    /// The packets alone, each as long polling writes it.
    package private(set) var packets: [String] = []
    package private(set) weak var session: Session?

    package init(_ name: TransportName = .polling, upgrades: [TransportName] = [.websocket], lingers: Bool = false) {
        self.name = name
        self.upgrades = upgrades
        self.lingersWhenClosed = lingers
    }

    package func bind(to session: Session) { self.session = session }

    package func write(_ packet: OutboundPacket) {
        var buffer = ByteBuffer()
        packet.writePolling(into: &buffer)
        self.packets.append(String(buffer: buffer))
        self.log.append(String(buffer: buffer))
    }

    package func flush() { self.log.append("flush") }
    package func close(_ reason: TransportCloseReason) { self.log.append("close \(reason)") }
    package func setReadingPaused(_ paused: Bool) { self.log.append(paused ? "pause" : "resume") }
    package func releaseForUpgrade() { self.log.append("release") }
    package func retire() { self.log.append("retire") }

    /// What was noted since the last time.
    package func takeLog() -> [String] {
        defer { self.log = [] }
        return self.log
    }
}
