// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEngine
import MartletTestSupport
import MartletTesting
import NIOConcurrencyHelpers
import NIOCore
import NIOEmbedded
import Testing

@testable import MartletEvents

/// Where the clients of a test are: the same behaviour is expected on both.
enum Deployment: CaseIterable, Sendable {
    case oneServer, clusterOfThree
    /// A cluster in which each room has a channel of its own.
    case clusterWithRoomChannels
}

/// Three clients in `/`: all on one server, or one on each server of a cluster. Each has an event loop of its own.
struct Fixture {
    /// What a client joins with.
    struct Auth: Codable { var rooms: [String] }

    let bus = InProcessBus()
    let clock = ManualClock()
    /// The connections of the servers of a cluster to the bus.
    private(set) var links: [InProcessBus] = []
    private(set) var servers: [SocketIOServer] = []
    private(set) var nodes: [ClusterStatus] = []
    private(set) var clients: [TestClient] = []
    private(set) var ids: [String] = []

    /// - Parameter setUp: sets handlers on each server.
    init(
        _ deployment: Deployment = .clusterOfThree,
        rooms: [[String]] = [["a"], ["a", "b"], ["b", "c"]],
        _ setUp: (_ server: SocketIOServer, _ index: Int) -> Void = { _, _ in }
    ) async throws {
        for index in 0..<(deployment == .oneServer ? 1 : 3) {
            let server = SocketIOServer()
            server.onConnection { socket in
                if let auth = try? socket.handshake.auth.decode(as: Auth.self) { socket.join(auth.rooms) }
            }
            setUp(server, index)
            self.servers.append(server)
            if deployment != .oneServer {
                let link = self.bus.connection()
                self.links.append(link)
                var configuration = ClusterConfiguration()
                if deployment == .clusterWithRoomChannels { configuration.channels = .rooms }
                self.nodes.append(server.cluster(link, configuration: configuration, clock: self.clock))
            }
        }
        for (index, rooms) in rooms.enumerated() {
            let client = try await self.server(index).testConnection()
            self.ids.append(try await client.join(auth: Auth(rooms: rooms)))
            self.clients.append(client)
        }
    }

    /// The server of a client.
    func server(_ client: Int) -> SocketIOServer { self.servers[client % self.servers.count] }

    /// The server where the test acts; in a cluster none but the first client is there.
    var io: SocketIOServer { self.servers[0] }

    /// What each client has received of what `io` has sent.
    func events() async throws -> [[String]] {
        self.io.emit("end")
        var events: [[String]] = []
        for client in self.clients {
            if try await !client.isClosed() { _ = try await client.next("end") }
            events.append(client.events.filter { $0 != "end()" })
        }
        return events
    }

    /// Counts the answers that the first server of a cluster gets to its questions.
    func answersToFirst() -> MessageCounter {
        MessageCounter(self.bus, channel: ClusterConfiguration().answerChannel(of: self.nodes[0].nodeID))
    }
}

/// Counts the messages of a channel. Those who have subscribed before have received a message that is counted.
final class MessageCounter: Sendable {
    private let count: NIOLockedValueBox<Int>
    private let subscription: ClusterSubscription

    init(_ bus: InProcessBus, channel: String) {
        let count = NIOLockedValueBox(0)
        self.count = count
        self.subscription = bus.subscribe(to: channel) { _ in count.withLockedValue { $0 += 1 } }
    }

    deinit { self.subscription.cancel() }

    var value: Int { self.count.withLockedValue { $0 } }

    func wait(for count: Int) async throws {
        try await eventually("\(count) messages") { self.value >= count }
    }
}
