// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// The limits and times of the sessions of an engine. Engine.IO protocol 4; the defaults are the reference server's.
package struct EngineConfiguration: Sendable {
    /// The transports that clients may use.
    package var transports: Set<TransportName> = [.websocket, .sse, .polling]
    /// Whether a session may be moved to another transport by a probe.
    package var allowUpgrades = true
    /// From an answered ping to the next one.
    package var pingInterval = TimeAmount.seconds(25)
    /// How long a ping may stay without an answer.
    package var pingTimeout = TimeAmount.seconds(20)
    /// How long an upgrade may take from the probe's connection to its end.
    package var upgradeTimeout = TimeAmount.seconds(10)
    /// How long a closed polling session waits for the request that tells its client.
    package var closeTimeout = TimeAmount.seconds(30)
    /// The largest message in bytes, in either form, and the largest body of a POST.
    package var maxPayload = 1_000_000
    /// Unsent bytes up to which a volatile message may wait; 0: one that would have to wait is dropped.
    package var volatileLimit = 0
    /// Unsent bytes past which a session is closed: its receiver is too slow.
    package var unsentLimit = 16 << 20
    /// What clients that ask for a lossless session are granted; `nil`: nothing.
    package var resume: Resume? = Resume()

    package init() {}

    /// The terms of a lossless session (Protocol.md, section 4).
    package struct Resume: Sendable {
        /// How long a session is kept that has no transport.
        package var timeout = TimeAmount.seconds(30)
        /// Bytes that may be unacknowledged; without a transport, bytes past which the session ends.
        package var buffer = 1 << 20

        package init() {}
    }

    /// What the open packet offers to a session on this transport.
    func upgrades(from transport: any Transport) -> [TransportName] {
        guard self.allowUpgrades else { return [] }
        return transport.upgrades.filter(self.transports.contains)
    }
}
