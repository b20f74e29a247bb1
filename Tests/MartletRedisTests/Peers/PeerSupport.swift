// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import MartletEngine
import MartletEvents
import MartletMessagePack
import MartletTestSupport
import MartletTesting
import NIOConcurrencyHelpers
import NIOCore

@testable import MartletRedis

/// A bus in memory with servers of other kinds on it.
struct BusWithPeers: PeeringBus {
    let bus: InProcessBus
    let redis: InMemoryPubSub
    let peers: [RedisPeer]
    let errors: Inbox<String>

    func makePeers(for node: PeerNode) -> [any ClusterPeer] {
        let node = PeerNode(id: node.id, responseTimeout: node.responseTimeout, clock: node.clock) {
            [errors] channel, error in errors.append("\(channel): \(error)")
        }
        return self.peers.map { $0.make(on: self.redis, of: node) }
    }

    func publish(_ message: ByteBuffer, to channel: String) { self.bus.publish(message, to: channel) }

    func subscribe(to channel: String, _ receive: @escaping @Sendable (ByteBuffer) -> Void) -> ClusterSubscription {
        self.bus.subscribe(to: channel, receive)
    }
}

/// A cluster with servers of other kinds beside it.
struct PeerFixture {
    let redis = InMemoryPubSub()
    let errors = Inbox<String>()
    let clock = ManualClock()
    private(set) var servers: [SocketIOServer] = []

    /// Unlike any other time.
    static let responseTimeout = Duration.seconds(7)

    var io: SocketIOServer { self.servers[0] }

    /// - Parameter setUp: sets handlers on each server.
    init(
        nodes: Int = 1,
        _ peers: RedisPeer...,
        configuration: SocketIOConfiguration = SocketIOConfiguration(),
        setUp: (SocketIOServer) -> Void = { _ in }
    ) {
        let bus = InProcessBus()
        for _ in 0..<nodes {
            let server = SocketIOServer(configuration: configuration)
            struct Auth: Decodable { var rooms: [String]? }
            server.onConnection { socket in
                socket.join((try? socket.handshake.auth.decode(as: Auth.self))?.rooms ?? [])
            }
            setUp(server)
            var cluster = ClusterConfiguration()
            cluster.responseTimeout = Self.responseTimeout
            server.cluster(
                BusWithPeers(bus: bus.connection(), redis: self.redis, peers: peers, errors: self.errors),
                configuration: cluster, clock: self.clock)
            self.servers.append(server)
        }
    }

    func client(_ server: Int = 0, rooms: [String] = []) async throws -> (TestClient, id: String) {
        let client = try await self.servers[server].testConnection()
        return (client, try await client.join(auth: ["rooms": rooms]))
    }
}

extension TestClient {
    /// What came until the server's own event `end`, which is sent to this client here.
    func lines(until io: SocketIOServer) async throws -> [String] {
        io.local.emit("end")
        _ = try await self.next("end")
        return self.lines
    }

    /// Each event as `name(arguments)`; binary data as `<hex>`.
    var lines: [String] {
        self.received.compactMap { packet in
            guard case .event(let name) = packet.kind, name != "end" else { return nil }
            return "\(name)(\(packet.arguments.values.map(\.text2).joined(separator: ",")))"
        }
    }
}

extension ArgumentValue {
    fileprivate var text2: String {
        switch self {
        case .null: "null"
        case .bool(let bool): "\(bool)"
        case .integer(let integer): "\(integer)"
        case .unsigned(let integer): "\(integer)"
        case .number(let number): "\(number)"
        case .string(let string): string
        case .binary(let bytes): "<\(bytes.readableBytesView.map { String(format: "%02x", $0) }.joined())>"
        case .array(let elements): "[\(elements.map(\.text2).joined(separator: ","))]"
        case .object(let members): "{\(members.map { "\($0.name):\($0.value.text2)" }.joined(separator: ","))}"
        }
    }
}
