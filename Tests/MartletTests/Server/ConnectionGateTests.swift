// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEngine
import NIOCore
import NIOEmbedded
import Testing

@testable import Martlet

struct ConnectionGateTests {
    private func gate(_ configure: (inout MartletServer.Configuration) -> Void) throws -> ConnectionGate {
        var configuration = MartletServer.Configuration()
        configure(&configuration)
        return try #require(ConnectionGate(configuration, LimitReporter(nil)))
    }

    private func channel(from address: String = "192.0.2.1") throws -> EmbeddedChannel {
        let channel = EmbeddedChannel()
        channel.remoteAddress = try SocketAddress(ipAddress: address, port: 1)
        return channel
    }

    private func end(_ channel: EmbeddedChannel) throws {
        channel.close(promise: nil)
        channel.embeddedEventLoop.run()
    }

    @Test func withoutLimitsThereIsNoGate() {
        #expect(ConnectionGate(MartletServer.Configuration(), LimitReporter(nil)) == nil)
    }

    @Test func thatAConnectionIsOverMakesRoom() throws {
        let gate = try self.gate { $0.maxConnections = 1 }
        let first = try self.channel()
        #expect(gate.admit(first) == .admitted)
        #expect(gate.admit(try self.channel()) == .refused(status: "503 Service Unavailable"))
        try self.end(first)
        #expect(gate.admit(try self.channel()) == .admitted)
    }

    @Test func onlySomeRefusedConnectionsAreToldAtATime() throws {
        let gate = try self.gate { $0.maxConnectionsPerAddress = 1 }
        #expect(gate.admit(try self.channel()) == .admitted)
        let refused = try (0..<64).map { _ in try self.channel() }
        for channel in refused { #expect(gate.admit(channel) == .refused(status: "429 Too Many Requests")) }
        #expect(gate.admit(try self.channel()) == .dropped)
        try self.end(refused[0])
        #expect(gate.admit(try self.channel()) == .refused(status: "429 Too Many Requests"))
        #expect(gate.admit(try self.channel(from: "192.0.2.2")) == .admitted)
    }
}
