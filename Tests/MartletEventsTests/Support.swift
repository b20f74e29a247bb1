// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEngine
import MartletEvents
import MartletTestSupport
import MartletTesting
import NIOCore
import NIOEmbedded

extension TestClient {
    /// The reason with which the server has closed the connection.
    func closeReason() async throws -> TransportCloseReason? {
        try await self.onLoop { $0.closeReason }
    }

    /// What was received, each as `namespace kind arguments`.
    var lines: [String] { self.received.map(\.description) }

    /// The events received: name and arguments.
    var events: [String] {
        self.received.compactMap { packet in
            guard case .event(let name) = packet.kind else { return nil }
            return "\(name)(\(packet.arguments))"
        }
    }

    /// Waits until something is so; ``TestTime/limit`` of real time at most.
    func wait(until condition: @Sendable () -> Bool) async throws {
        let deadline = ContinuousClock.now + TestTime.limit
        while !condition() {
            if ContinuousClock.now > deadline { throw TestClientError.nothingCame("\(self.lines)") }
            await self.eventLoop.run()
            await Task.yield()
        }
    }
}
