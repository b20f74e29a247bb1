// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEvents
import MartletTestSupport
import MartletTesting
import NIOCore
import Testing

@testable import MartletRedis

/// Servers of other kinds on a real Redis.
@Suite(.serialized)
struct RedisPeerTests {
    /// Servers in one cluster, with both kinds of peers; all have subscribed.
    private func cluster(_ count: Int, on redis: RedisServer) async throws -> [(SocketIOServer, RedisCluster)] {
        var servers: [(SocketIOServer, RedisCluster)] = []
        for _ in 0..<count {
            let bus = try RedisCluster(redis) {
                $0.peers = [.nodeAdapter(), .pythonSocketIO(publishesBroadcasts: true)]
            }
            let io = SocketIOServer()
            io.cluster(bus)
            _ = io.of("/a*[b]")
            try await bus.settle()
            servers.append((io, bus))
        }
        return servers
    }

    @Test func broadcastsOfNodeAndPythonReachAllClientsOnce() async throws {
        let redis = try await RedisServer()
        let servers = try await self.cluster(2, on: redis)
        let outside = try RedisCluster(redis)
        var clients: [TestClient] = []
        for (io, _) in servers { clients.append(try await io.testClient()) }
        let globbing = try await servers[0].0.testClient(namespace: "/a*[b]")
        let node = try PeerVectors.read("redis-node.json")
        outside.publish(try node["broadcast_binary"].bytes, to: "socket.io#/#")
        outside.publish(try PeerVectors.read("redis-python.json")["emit_binary_tuple"].bytes, to: "socketio")
        // A namespace whose name would be a pattern.
        let other = NodeBroadcast(
            uid: "emitter", PeerEvent(name: "there", arguments: []), in: "/a*[b]", to: BroadcastTarget())
        outside.publish(try other.written(), to: "socket.io#/a*[b]#")
        outside.publish(try node["emit"].bytes, to: "socket.io#/#")
        for client in clients {
            _ = try await client.next("hello")
            #expect(client.lines == ["bin(<0001feff>)", "bin(1,<0001feff>,z)", "hello(world,1)"])
        }
        _ = try await globbing.next("there")
        for (io, bus) in servers {
            await io.shutDown()
            await bus.close()
        }
        await outside.close()
    }

    @Test func aScriptedServerOfNodesTakesPart() async throws {
        let redis = try await RedisServer()
        let servers = try await self.cluster(2, on: redis)
        let io = servers[0].0
        let client = try await servers[1].0.testClient()
        // A server of Node's with two sockets.
        let node = try RedisCluster(redis)
        let requests = Inbox<String>()
        let subscription = node.subscribe(to: "socket.io-request#/#") { [weak node] message in
            requests.append("\((try? NodeRequest(reading: message)?.id == nil) ?? true)")
            guard let id = try? NodeRequest(reading: message)?.id else { return }
            if message.readableBytesView.first != UInt8(ascii: "{") {
                node?.publish(#"{"type":8,"requestId":"\#(id)","clientCount":1}"#, to: "socket.io-response#/#")
                guard let answer = try? NodeResponse(to: id, .acknowledgement(.string("yes"))).written() else { return }
                node?.publish(answer, to: "socket.io-response#/#")
            } else {
                node?.publish(
                    #"{"requestId":"\#(id)","sockets":[{"id":"X"},{"id":"Y"}]}"#, to: "socket.io-response#/#")
            }
        }
        let (broadcasts, other) = node.texts(of: "socket.io#/#r#")
        try await node.settle()
        try await eventually("the nodes to know each other") { try await io.fetchSockets().count == 3 }
        #expect(await io.everyone.count() == 3)
        async let asked = io.emitWithAck("q", as: String.self)
        try await client.acknowledge(try await client.next("q"), with: "no")
        #expect(try await asked.collected().replies.values.sorted() == ["no", "yes"])
        io.to("r").emit("hello")
        _ = try await broadcasts.wait(for: 1)
        subscription.cancel()
        other.cancel()
        for (io, bus) in servers {
            await io.shutDown()
            await bus.close()
        }
        await node.close()
    }
}
