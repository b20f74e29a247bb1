// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import MartletEngine
import MartletEvents
import MartletMessagePack
import MartletTestSupport
import MartletTesting
import NIOCore
import NIOEmbedded
import Testing

@testable import MartletRedis

/// One or two nodes, and a scripted server of Node's that publishes the bytes of real ones.
struct NodeAdapterTests {
    private let requests = "socket.io-request#/#"
    private let responses = "socket.io-response#/#"

    @Test func channelsAreNodes() async throws {
        let fixture = PeerFixture(.nodeAdapter()) { _ = $0.of("/a*b") }
        #expect(
            fixture.redis.channels.filter { $0.hasSuffix("#/#") || $0.hasSuffix("*") }.sorted()
                == [
                    "socket.io#/#*", "socket.io#/a\\*b#*", "socket.io-request#/#", "socket.io-response#/#",
                ].sorted())
        #expect(fixture.redis.channels.count == 8)
        await fixture.io.shutDown()
        #expect(fixture.redis.channels.isEmpty)
    }

    @Test func clientsGetWhatNodesServersSend() async throws {
        let fixture = PeerFixture(nodes: 2, .nodeAdapter()) { _ = $0.of("/chat") }
        let vectors = try PeerVectors.read("redis-node.json")
        let (first, _) = try await fixture.client(0, rooms: ["room1"])
        let (second, _) = try await fixture.client(1, rooms: ["room2"])
        for vector in vectors.messages where !vector.isRequest && !vector.isResponse {
            fixture.redis.publish(vector.bytes, to: vector.channel)
        }
        let everywhere = ["hello(world,1,{a:true})", "bin(<0001feff>)", "bin(<0102>)"]
        let received = try await first.lines(until: fixture.servers[0])
        #expect(Array(received.prefix(3)) == everywhere)
        #expect(received.contains("t(2000-06-13T00:00:00.123Z,<01>,null)"))
        let other = try await second.lines(until: fixture.servers[1])
        #expect(Array(other.prefix(3)) == everywhere)
        // Only in room1: to it, to it but for one socket, to all but room2, and the emitter's.
        #expect(received.filter { $0 == "hello()" }.count == other.filter { $0 == "hello()" }.count + 4)
        #expect(fixture.errors.all.isEmpty)
    }

    @Test func whatCannotBeReadCostsThatMessageOnly() async throws {
        let fixture = PeerFixture(.nodeAdapter())
        let (client, _) = try await fixture.client()
        fixture.redis.publish(hex: "c1", to: "socket.io#/#")
        fixture.redis.publish(json: "{", to: self.requests)
        fixture.redis.publish(json: "{}", to: self.responses)
        fixture.redis.publish(json: #"{"type":99}"#, to: self.requests)
        // A reserved name.
        fixture.redis.publish(hex: "93a7656d697474657282a47479706502a46461746191a7636f6e6e65637480", to: "socket.io#/#")
        fixture.redis.publish(try PeerVectors.read("redis-node.json")["emit"].bytes, to: "socket.io#/#")
        #expect(try await client.lines(until: fixture.io) == ["hello(world,1)"])
        #expect(fixture.errors.all.count == 4)
    }

    @Test func nodesServersGetWhatIsSent() async throws {
        let fixture = PeerFixture(nodes: 2, .nodeAdapter())
        let (client, id) = try await fixture.client(1, rooms: ["room1"])
        let io = fixture.io
        io.emit("hello", "world", 1, ["a": true])
        io.to("room1").emit("bin", ByteBuffer(bytes: [0, 1, 254, 255]))
        io.to("room1").to("room2").except("x").volatile.compress(false).emit("hello")
        io.local.emit("local")
        io.to("room1").socketsJoin("r3", "r4")
        io.to("r3").socketsLeave("r3")
        io.disconnectSockets(in: "r3", closingConnection: true)
        io.serverSideEmit("ping", 1, ByteBuffer(bytes: [7]))
        let broadcasts = fixture.redis.messages(on: "socket.io#/#")
        #expect(broadcasts.count == 2)
        let uid = try #require(broadcasts[0].value.elements?[0].text)
        #expect(uid.hasPrefix("martlet-"))
        let targets = try broadcasts.map { try NodeBroadcast(reading: $0.bytes).target.nodeOptions() }
        #expect(
            targets
                == [
                    .make(["rooms": .array([]), "except": .array([]), "flags": .object([])]),
                    .make([
                        "rooms": .make(["room1", "room2"]), "except": .make(["x"]),
                        "flags": .make(["volatile": .bool(true), "compress": .bool(false)]),
                    ]),
                ])
        // But for the uid, the bytes are Node's.
        let vectors = try PeerVectors.read("redis-node.json")
        func withoutUID(_ bytes: ByteBuffer) throws -> [ArgumentValue] {
            Array(try ArgumentValue(messagePack: bytes).elements?.dropFirst() ?? [])
        }
        #expect(try withoutUID(broadcasts[0].bytes) == (try withoutUID(try vectors["broadcast_text"].bytes)))
        let toRoom = try #require(fixture.redis.messages(on: "socket.io#/#room1#").first)
        #expect(try withoutUID(toRoom.bytes) == (try withoutUID(try vectors["room_one_binary"].bytes)))
        let requests = fixture.redis.messages(on: self.requests).map { String(buffer: $0.bytes) }
        #expect(
            requests == [
                #"{"uid":"\#(uid)","type":2,"opts":{"rooms":["room1"],"except":[]},"rooms":["r3","r4"]}"#,
                #"{"uid":"\#(uid)","type":3,"opts":{"rooms":["r3"],"except":[]},"rooms":["r3"]}"#,
                #"{"uid":"\#(uid)","type":4,"opts":{"rooms":["r3"],"except":[]},"close":true}"#,
                #"{"uid":"\#(uid)","type":6,"data":["ping",1,{"type":"Buffer","data":[7]}]}"#,
            ])
        // The other node has each of these once, by the cluster's own messages.
        #expect(
            try await client.lines(until: fixture.servers[1]) == [
                "hello(world,1,{a:true})", "bin(<0001feff>)", "hello()",
            ])
        #expect(await fixture.servers[1].sockets(in: "r4").map(\.id) == [id])
        #expect(fixture.errors.all.isEmpty)
    }

    @Test(arguments: [false, true]) func theServersParserDoesNotMatter(isMessagePack: Bool) async throws {
        var configuration = SocketIOConfiguration()
        configuration.parser = isMessagePack ? .messagePack : .json
        let fixture = PeerFixture(nodes: 1, .nodeAdapter(), configuration: configuration)
        fixture.redis.setSubscriberCount(1, of: self.requests)
        let value = ArgumentValue.make(["k": .array([.null, .number(1.5), .binary(ByteBuffer(bytes: [1]))])])
        fixture.io.emit("e", value, "é")
        let sent = try await fixture.redis.message(on: "socket.io#/#")
        #expect(sent.elements?[1]["data"] == .array([.string("e"), value, .string("é")]))
        let asked = try await fixture.io.emitWithAck("q", value, as: Int.self)
        #expect(asked.socketCount == 0)
        let question = try await fixture.redis.message(on: self.requests)
        #expect(question["packet"]?["data"] == .array([.string("q"), value]))
    }

    @Test func offsetsAndRoomsOfUsersStayInTheCluster() async throws {
        var configuration = SocketIOConfiguration()
        configuration.connectionStateRecovery = ConnectionStateRecovery()
        let fixture = PeerFixture(nodes: 1, .nodeAdapter(), configuration: configuration)
        let (client, _) = try await fixture.client()
        fixture.io.to(user: "17").emit("mail")
        fixture.io.to(user: "17").socketsJoin("r")
        fixture.io.except(user: "17").emit("e", 1)
        #expect(fixture.redis.messages.count == 1)
        let sent = try await fixture.redis.message(on: "socket.io#/#")
        #expect(sent.elements?[1]["data"] == .array([.string("e"), .integer(1)]))
        #expect(sent.elements?[2]["except"] == .array([]))
        // What Node sends can be recovered, too.
        fixture.redis.publish(try PeerVectors.read("redis-node.json")["emit"].bytes, to: "socket.io#/#")
        let event = try await client.next("hello")
        #expect(event.arguments.count == 3)
    }

    @Test func operationsOfNodesServersAreDoneHereInOrder() async throws {
        let fixture = PeerFixture(nodes: 2, .nodeAdapter())
        let (first, id) = try await fixture.client(0, rooms: ["room1"])
        let (second, _) = try await fixture.client(1, rooms: ["room1", "room2"])
        let vectors = try PeerVectors.read("redis-node.json")
        for name in ["socketsJoin", "disconnectSockets"] {
            if name == "disconnectSockets" {
                // What was sent before is still received.
                fixture.redis.publish(try vectors["room_one"].bytes, to: "socket.io#/#room1#")
            }
            fixture.redis.publish(try vectors[name].bytes, to: self.requests)
            if name == "socketsJoin" {
                #expect(await fixture.servers[0].sockets(in: "r3").map(\.id) == [id])
                #expect(await fixture.servers[1].sockets(in: "r3").isEmpty)
            }
        }
        for client in [first, second] {
            try await eventually("a client to be gone") {
                await client.eventLoop.run()
                return try await client.isClosed()
            }
            #expect(client.lines == ["hello()"])
        }
    }

    @Test func theOldFormOfOperationsIsAnswered() async throws {
        let fixture = PeerFixture(.nodeAdapter())
        let (client, id) = try await fixture.client()
        fixture.redis.publish(json: #"{"requestId":"J","type":2,"sid":"\#(id)","room":"r"}"#, to: self.requests)
        fixture.redis.publish(json: #"{"requestId":"N","type":2,"sid":"elsewhere","room":"r"}"#, to: self.requests)
        _ = try await fixture.redis.message(on: self.responses) { $0["requestId"]?.text == "J" }
        #expect(await fixture.io.sockets(in: "r").count == 1)
        fixture.redis.publish(json: #"{"requestId":"D","type":4,"sid":"\#(id)","close":false}"#, to: self.requests)
        _ = try await fixture.redis.message(on: self.responses) { $0["requestId"]?.text == "D" }
        _ = try await client.next { $0.kind == .disconnected }
        #expect(fixture.redis.messages(on: self.responses).count == 2)
    }

    @Test(arguments: [false, true]) func questionsOfNodesServersAreAnswered(isSpecific: Bool) async throws {
        let fixture = PeerFixture(nodes: 1, .nodeAdapter(publishesOnSpecificResponseChannel: isSpecific)) { io in
            io.onServerSideEvent("ping") { (n: Int) in ["got": n] }
            io.onServerSideEvent("silent") { () in }
        }
        let (client, id) = try await fixture.client(0, rooms: ["room1"])
        let responses = isSpecific ? self.responses + "U00000#" : self.responses
        let vectors = try PeerVectors.read("redis-node.json")
        fixture.redis.publish(try vectors["fetchSockets"].bytes, to: self.requests)
        let sockets = try await fixture.redis.message(on: responses) { $0["sockets"] != nil }["sockets"]?.elements
        let socket = try #require(sockets?.first)
        #expect(socket["id"]?.text == id && socket["rooms"] == .make([id, "room1"].sorted()))
        #expect(socket["handshake"]?["headers"]?["host"]?.text == "localhost")
        #expect(socket["handshake"]?["query"]?["EIO"]?.text == "4")
        #expect(socket["handshake"]?["auth"]?["rooms"] == .make(["room1"]))

        fixture.redis.publish(try vectors["allRooms"].bytes, to: self.requests)
        let rooms = try await fixture.redis.message(on: responses) { $0["rooms"] != nil && $0["sockets"] == nil }
        #expect(rooms["rooms"] == .make([id, "room1"].sorted()) && rooms["requestId"]?.text == "U00008")

        let ids = NodeRequest(uid: "U00000", id: "I", .sockets(rooms: ["room1"]))
        fixture.redis.publish(try ids.written(), to: self.requests)
        let answer = try await fixture.redis.message(on: responses) { $0["requestId"]?.text == "I" }
        #expect(answer["sockets"] == .make([id]))

        fixture.redis.publish(try vectors["serverSideEmit_ack"].bytes, to: self.requests)
        // Always on the general channel.
        let pong = try await fixture.redis.message(on: self.responses) { $0["type"]?.integer == 6 }
        #expect(
            pong == .make(["type": .integer(6), "requestId": .string("U00004"), "data": .make(["got": .integer(1)])]))

        fixture.redis.publish(try vectors["broadcastWithAck_binary"].bytes, to: self.requests)
        let count = try await fixture.redis.message(on: responses) { $0["type"]?.integer == 8 }
        #expect(count["clientCount"]?.integer == 1 && count["requestId"]?.text == "U00006")
        let question = try await client.next("q")
        #expect(question.arguments.values == [.binary(ByteBuffer(bytes: [0, 1, 254, 255]))])
        try await client.acknowledge(question, with: ByteBuffer(bytes: [5]))
        let acknowledgement = try await fixture.redis.message(on: responses) { $0["type"]?.integer == 9 }
        #expect(acknowledgement["packet"] == .binary(ByteBuffer(bytes: [5])))
    }
}
