// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Martlet
import MartletRedis
import Testing

/// The samples of Interoperability.md.
struct InteroperabilitySamples {
    @Test func aClusterHasPeers() async throws {
        let io = SocketIOServer()
        var configuration = RedisConfiguration()
        configuration.peers = [.nodeAdapter(), .pythonSocketIO()]
        io.cluster(try RedisCluster(url: "redis://localhost", configuration: configuration))
        configuration.peers = [.pythonSocketIO(channel: "flask-socketio", publishesBroadcasts: true)]
        #expect(configuration.peers.count == 1)
        await io.shutDown()
    }
}
