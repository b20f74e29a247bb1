// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEvents
import MartletTestSupport
import MartletTesting
import NIOCore
import Testing

@testable import MartletRedis

/// One or two nodes, and python-socketio's messages beside them.
struct PythonPeerTests {
    private func publish(_ name: String, _ fixture: PeerFixture, sid: String = "SID1") throws {
        let vector = try PeerVectors.read("redis-python.json")[name]
        guard !name.hasPrefix("pickle") else { return fixture.redis.publish(vector.bytes, to: vector.channel) }
        fixture.redis.publish(json: String(buffer: vector.bytes).replacing("SID1", with: sid), to: vector.channel)
    }

    @Test func clientsGetWhatPythonEmits() async throws {
        let fixture = PeerFixture(nodes: 2, .pythonSocketIO()) { _ = $0.of("/chat") }
        let (first, id) = try await fixture.client(0, rooms: ["room1"])
        let (second, _) = try await fixture.client(1, rooms: ["room2"])
        for name in [
            "emit_all", "emit_room", "emit_rooms_list", "emit_binary_nested", "emit_skip_sid", "emit_namespace",
            "emit_none",
            "pickle_5_13_emit_all",
        ] {
            try self.publish(name, fixture, sid: id)
        }
        fixture.redis.publish(json: #"{"method":"emit","event":"none","data":[],"room":[]}"#, to: "socketio")
        #expect(
            try await first.lines(until: fixture.servers[0]) == [
                "news({a:1})", "news(x)", "news(x)", "bin({img:<0001feff>,n:1,l:[<6869>]})", "news()",
            ])
        #expect(try await second.lines(until: fixture.servers[1]) == ["news({a:1})", "news(x)", "news(x)", "news()"])
        #expect(fixture.errors.all.count == 2 && fixture.errors.all.allSatisfy { $0.contains("pickle") })
        #expect(fixture.redis.channels == ["socketio", "socketio"])
        for server in fixture.servers { await server.shutDown() }
        #expect(fixture.redis.channels.isEmpty)
    }

    @Test func operationsOfPythonAreDone() async throws {
        let fixture = PeerFixture(.pythonSocketIO())
        let (client, id) = try await fixture.client()
        try self.publish("enter_room", fixture, sid: id)
        #expect(await fixture.io.sockets(in: "room1").count == 1)
        try self.publish("leave_room", fixture, sid: id)
        #expect(await fixture.io.sockets(in: "room1").isEmpty)
        try self.publish("enter_room", fixture, sid: id)
        try self.publish("close_room", fixture)
        #expect(await fixture.io.sockets(in: "room1").isEmpty)
        fixture.redis.publish(json: #"{"method":"disconnect","sid":"\#(id)","namespace":"/"}"#, to: "socketio")
        _ = try await client.next { $0.kind == .disconnected }
    }

    @Test func callbacksAreAnswered() async throws {
        let fixture = PeerFixture(.pythonSocketIO(channel: "flask-socketio"))
        let (client, id) = try await fixture.client()
        fixture.redis.publish(
            json: """
                {"method":"emit","event":"q","data":[1],"namespace":"/","room":"\(id)","callback":["\(id)","/",7],\
                "host_id":"0a"}
                """, to: "flask-socketio")
        try await client.acknowledge(try await client.next("q"), with: "ok", 2)
        let answer = try await fixture.redis.message(on: "flask-socketio") { $0["method"]?.text == "callback" }
        #expect(
            answer
                == .make([
                    "method": .string("callback"), "host_id": .string("0a"), "sid": .string(id),
                    "namespace": .string("/"),
                    "id": .integer(7), "args": .array([.string("ok"), .integer(2)]),
                ]))
    }

    @Test func pythonIsToldOnlyIfAskedTo() async throws {
        let quiet = PeerFixture(.pythonSocketIO())
        quiet.io.emit("e")
        quiet.io.to("r").disconnectSockets()
        #expect(quiet.redis.messages.isEmpty)

        let fixture = PeerFixture(nodes: 2, .pythonSocketIO(publishesBroadcasts: true))
        let (client, id) = try await fixture.client(1)
        let io = fixture.io
        io.emit("e", 1, ByteBuffer(bytes: [0, 1, 254, 255]))
        io.to("r").except(id).emit("e")
        io.to("a").to("b").emit("e")
        io.except("a room").emit("secret")
        io.to("S").socketsJoin("x")
        io.to("S").socketsLeave("x")
        io.to("x").socketsLeave("x")
        io.disconnectSockets(in: "S")
        io.socketsJoin("everybody")
        let messages = fixture.redis.messages.map(\.value)
        #expect(
            messages.map { $0["method"]?.text } == [
                "emit", "emit", "emit", "enter_room", "leave_room", "close_room", "disconnect",
            ])
        #expect(
            messages[0]["data"]
                == .array([
                    .array([.integer(1), .make(["_placeholder": .bool(true), "num": .integer(0)])]),
                    .string("AAH+/w=="),
                ]))
        #expect(messages[1]["room"]?.text == "r" && messages[1]["skip_sid"]?.text == id)
        #expect(messages[2]["room"] == .make(["a", "b"]))
        #expect(messages.allSatisfy { $0["host_id"]?.text?.hasPrefix("martlet-") == true })
        #expect(fixture.errors.all.count == 1)
        // Nodes have it by their own messages.
        #expect(try await client.lines(until: fixture.servers[1]) == ["e(1,<0001feff>)", "secret()"])
    }
}
