// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEvents
import MartletTestSupport
import MartletTesting
import NIOConcurrencyHelpers
import Testing

@testable import MartletRedis

/// A server of a cluster that recovers on a stream.
struct StreamServer {
    let io: SocketIOServer
    let bus: RedisCluster
    let node: ClusterStatus
    /// What happened to its sockets.
    let notes = Inbox<String>()

    init(
        _ redis: RedisServer,
        recovery change: (inout ConnectionStateRecovery) -> Void = { _ in },
        settings: (inout RedisRecovery) -> Void = { _ in }
    ) async throws {
        var configuration = SocketIOConfiguration()
        var recovery = ConnectionStateRecovery()
        change(&recovery)
        configuration.connectionStateRecovery = recovery
        self.io = SocketIOServer(configuration: configuration)
        self.bus = try RedisCluster(redis) {
            $0.recovery = RedisRecovery()
            if var recovery = $0.recovery {
                settings(&recovery)
                $0.recovery = recovery
            }
        }
        let notes = self.notes
        self.io.use { notes.append("middleware \($0.recovered)") }
        self.io.onConnection { socket in
            notes.append("connection \(socket.recovered)")
            socket.onDisconnect { notes.append("disconnect \($0)") }
            if !socket.recovered {
                socket.join("room")
                socket.data["name"] = "Ada"
            }
            socket.on("state") { () -> String in
                let rooms = socket.rooms.subtracting([socket.id]).sorted()
                return "\(rooms) \(socket.data["name", as: String.self] ?? "nobody")"
            }
        }
        self.node = self.io.cluster(self.bus, clock: ContinuousClock())
        try await self.bus.settle()
        let bus = self.bus
        try await eventually("the stream to be read") { bus.stream?.position != nil }
    }

    /// Ends it in order.
    func end() async {
        await self.io.shutDown()
        await self.bus.close()
    }

    /// Returns when all that is to be written is written.
    func settle() async throws {
        try await self.bus.stream?.flush(timeout: TestTime.limit)
        await self.bus.stream?.settleRecords(timeout: TestTime.limit)
        // Otherwise what was sent may still come to a client that connects now.
        let last = try await self.bus.command("XREVRANGE", "martlet", "+", "-", "COUNT", "1")
        if let end = last.elements?.first?.elements?.first?.string.flatMap({ JournalOffset($0) }) {
            await self.bus.stream?.reach(end)
        }
    }
}

/// What Socket.IO's client keeps of a connection to come back with.
struct StreamClaim: Encodable {
    var pid: String
    var offset: String?

    /// - Parameter count: after how many events the client lost its connection; `nil` for all.
    init(_ client: TestClient, received count: Int = .max) throws {
        self.pid = try #require(client.received.compactMap(\.recoveryID).last)
        self.offset = client.offsets.prefix(count).last
    }
}

extension TestClient {
    private var eventPackets: [TestPacket] {
        self.received.filter { packet in
            if case .event = packet.kind { true } else { false }
        }
    }

    /// The offsets of the events.
    var offsets: [String] {
        self.eventPackets.compactMap { try? $0.arguments.elements.last?.decode(as: String.self) }
            .filter { $0.contains("-") }
    }

    /// The events without the offsets.
    var plainEvents: [String] {
        self.eventPackets.compactMap { packet in
            guard case .event(let name) = packet.kind else { return nil }
            let arguments = packet.arguments.elements.map(\.description).filter { !$0.contains("-") }
            return "\(name)(\(arguments.joined(separator: ",")))"
        }
    }

    func id() throws -> String {
        try #require(
            self.received.compactMap { packet in
                if case .connected(let id) = packet.kind { id } else { nil }
            }.last)
    }
}
