// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Martlet

/// The samples of Limits.md.
enum LimitsSamples {
    struct Counter {
        func increment(_ name: String) {}
    }

    static func send(_ rows: [String], to socket: Socket) async throws {
        for row in rows {
            try await socket.emitWhenDrained("row", row)
        }
        try await socket.drained()
    }

    static func limit(_ configuration: inout SocketIOConfiguration, counter: Counter) {
        configuration.limits.sessions = 50_000
        configuration.limits.handshakes = RateLimit(perSecond: 500, burst: 2_000)
        configuration.limits.sessionsPerAddress = 100
        configuration.limits.handshakesPerAddress = RateLimit(perSecond: 5, burst: 50)
        configuration.limits.messagesPerSession = RateLimit(perSecond: 100, burst: 200)
        configuration.limits.bytesPerSession = RateLimit(perSecond: 100_000, burst: 1_000_000)

        configuration.onLimitExceeded = { limit, address in
            counter.increment(limit.rawValue)
        }
    }

    static func limit(_ server: inout MartletServer.Configuration) {
        server.maxConnections = 60_000
        server.maxConnectionsPerAddress = 200
        server.connectionsPerAddress = RateLimit(perSecond: 10, burst: 200)
        server.maxRequestsPerConnection = 1_000
        server.bodyTimeout = .seconds(30)
        server.trustedProxies = .loopback
    }
}
