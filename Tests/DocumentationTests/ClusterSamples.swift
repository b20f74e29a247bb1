// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Martlet
import MartletEvents
import MartletForwarding
import MartletNATS
import MartletRedis
import MartletTesting
import Testing

/// The samples of Cluster.md.
struct ClusterSamples {
    /// Its own clients are served, whether Redis is there or not.
    @Test func aServerIsPartOfACluster() async throws {
        let io = SocketIOServer()
        io.cluster(try RedisCluster(url: "redis://localhost"))
        let client = try await io.testClient()
        io.emit("hello")
        _ = try await client.next("hello")
        await io.shutDown()
    }

    private func configured() async throws {
        let io = SocketIOServer()
        var configuration = RedisConfiguration()
        configuration.clientName = "chat-1"  // in CLIENT LIST
        configuration.tls.trustedCertificates = "/etc/ssl/redis-ca.pem"
        configuration.queueLimit = 4 << 20  // bytes that may wait while Redis is away
        let bus = try RedisCluster(url: "rediss://chat:secret@redis.example.org", configuration: configuration)
        bus.onEvent { event in print(event) }
        io.cluster(bus)
        await io.shutDown()
        await bus.close()
    }

    /// The sample of the README.
    private func forwarding(_ io: SocketIOServer, secret: String) throws {
        io.cluster(try RedisCluster(url: "redis://localhost"))
        try io.forwardRequests(address: "10.0.0.3:3000", secret: secret)
    }

    private func withRoomChannels(_ io: SocketIOServer, bus: some ClusterBus) {
        var configuration = ClusterConfiguration()
        configuration.channels = .rooms
        io.cluster(bus, configuration: configuration)
    }

    private func onNATS(_ io: SocketIOServer) throws {
        io.cluster(try NATSCluster(url: "nats://localhost"))
    }

    private struct User: Codable, Sendable {}

    private func recovering() throws {
        var configuration = SocketIOConfiguration()
        configuration.connectionStateRecovery = ConnectionStateRecovery()
        let io = SocketIOServer(configuration: configuration)
        var redis = RedisConfiguration()
        redis.recovery = RedisRecovery()
        io.cluster(try RedisCluster(url: "redis://localhost", configuration: redis))
        io.onConnection { socket in
            if let user = socket.data["user", as: User.self] { print("\(user) is back") }
        }
    }

    private func emitting() async throws {
        let io = try await MartletEmitter(url: "redis://localhost")
        io.to("news").except("muted").emit("headline", "It works")
        io.of("/admin").emit("job", "done")
        io.to("banned").disconnectSockets(closingConnection: true)
        io.serverSideEmit("reload", "prices")
        try await io.flush()
    }

    private func emitting(as configuration: SocketIOConfiguration) async throws {
        let io = try await MartletEmitter(url: "redis://localhost", server: configuration)
        io.emit("hello")
    }
}
