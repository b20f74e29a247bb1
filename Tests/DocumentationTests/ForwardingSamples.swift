// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Martlet
import MartletForwarding
import MartletTesting
import Testing

/// The samples of "Without sticky sessions".
struct ForwardingSamples {
    /// Compiled, not called: it would serve until the process ends.
    private func serve(_ bus: InProcessBus, _ secret: String) async throws {
        let io = SocketIOServer()
        io.cluster(bus)
        try io.forwardRequests(address: "10.0.0.3:3000", secret: secret)
        try await io.run(host: "0.0.0.0")
    }

    @Test func theCallWorks() async throws {
        let io = SocketIOServer()
        io.cluster(InProcessBus())
        try io.forwardRequests(address: "10.0.0.3:3000", secret: "0123456789abcdef")
        await io.shutDown()
    }
}
