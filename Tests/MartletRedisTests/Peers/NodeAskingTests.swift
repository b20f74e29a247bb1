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

/// What one or two nodes ask of a scripted server of Node's.
struct NodeAskingTests {
    private let requests = "socket.io-request#/#"
    private let responses = "socket.io-response#/#"

    /// Answers the next request for which `isWanted` is true as a Node server does.
    private func answer(
        _ fixture: PeerFixture, type: Int, _ responses: @escaping (_ id: String) throws -> [ByteBuffer]
    ) async throws {
        let request = try await fixture.redis.message(on: self.requests) { $0["type"]?.integer == type }
        for response in try responses(request["requestId"]?.text ?? "") {
            fixture.redis.publish(response, to: self.responses)
        }
    }

    private func json(_ text: String) -> ByteBuffer { ByteBuffer(string: text) }

    @Test func nodesSocketsAreFetchedAndCounted() async throws {
        let fixture = PeerFixture(nodes: 2, .nodeAdapter())
        let (_, id) = try await fixture.client(0)
        let (_, other) = try await fixture.client(1)
        // Two nodes, and one server of Node's.
        fixture.redis.setSubscriberCount(3, of: self.requests)
        async let sockets = fixture.io.fetchSockets()
        let vectors = try PeerVectors.read("redis-node.json")
        try await self.answer(fixture, type: 5) { id in
            let bytes = try #require(vectors.messages.first { $0.name == "fetchSockets" && $0.isResponse }).bytes
            return [self.json(String(buffer: bytes).replacing("U00003", with: id))]
        }
        let fetched = try await sockets
        #expect(Set(fetched.map(\.id)) == [id, other, "BBBBBBBBBBBBBBBBBBBB"])
        let foreign = try #require(fetched.first { $0.id == "BBBBBBBBBBBBBBBBBBBB" })
        #expect(foreign.rooms.contains("room1") && foreign.handshake.issued == 1_704_067_200_000)
        #expect(foreign.handshake.request.head.authority == "x" && foreign.handshake.address?.ipAddress == "127.0.0.1")
        // It can be addressed as any other.
        foreign.join("r")
        let join = try await fixture.redis.message(on: self.requests) { $0["type"]?.integer == 2 }
        #expect(join["opts"]?["rooms"] == .make(["BBBBBBBBBBBBBBBBBBBB"]))

        async let count = fixture.io.everyone.count()
        try await self.answer(fixture, type: 0) { [self.json(#"{"requestId":"\#($0)","sockets":["X","Y"]}"#)] }
        let sum = await count
        #expect(sum == 4)
        #expect(fixture.errors.all.isEmpty)
    }

    @Test func aServerThatDoesNotAnswerIsMissing() async throws {
        let fixture = PeerFixture(nodes: 1, .nodeAdapter())
        let (_, id) = try await fixture.client()
        fixture.redis.setSubscriberCount(3, of: self.requests)
        do {
            async let sockets = fixture.io.fetchSockets()
            try await self.answer(fixture, type: 5) { [self.json(#"{"requestId":"\#($0)"}"#)] }
            try await fixture.clock.wake(after: PeerFixture.responseTimeout)
            _ = try await sockets
            Issue.record("nobody is missing")
        } catch let error as IncompleteAnswer<[RemoteSocket]> {
            #expect(error.value.map(\.id) == [id])
            #expect(error.nodesAsked == 3 && error.nodesAnswered == 2)
        }
        fixture.redis.isAway = true
        await #expect(throws: IncompleteAnswer<[RemoteSocket]>.self) {
            async let sockets = fixture.io.fetchSockets()
            try await fixture.clock.wake(after: PeerFixture.responseTimeout)
            _ = try await sockets
        }
    }

    @Test func withoutServersOfNodesNobodyIsWaitedFor() async throws {
        let fixture = PeerFixture(nodes: 2, .nodeAdapter())
        let (_, id) = try await fixture.client(1)
        #expect(try await fixture.io.fetchSockets().map(\.id) == [id])
        #expect(await fixture.io.everyone.count() == 1)
        #expect(try await fixture.io.serverSideEmitWithAck("x", as: Int.self).count == 1)
        #expect(try await fixture.io.everyone.to("nobody").emitWithAck("x", as: Int.self).socketCount == 0)
    }

    @Test func nodesSocketsAcknowledge() async throws {
        let fixture = PeerFixture(nodes: 2, .nodeAdapter())
        let (client, _) = try await fixture.client(1)
        fixture.redis.setSubscriberCount(4, of: self.requests)
        async let asked = fixture.io.emitWithAck("q", 1, timeout: .seconds(100), as: String.self)
        try await self.answer(fixture, type: 7) { id in
            [
                // An answer may come before it is known that somebody is asked.
                try NodeResponse(to: id, .acknowledgement(.string("a"))).written(),
                self.json(#"{"type":8,"requestId":"\#(id)","clientCount":2}"#),
                self.json(#"{"type":8,"requestId":"\#(id)","clientCount":0}"#),
                try NodeResponse(to: id, .acknowledgement(.string("b"))).written(),
                try NodeResponse(to: id, .acknowledgement(.string("too many"))).written(),
            ]
        }
        try await client.acknowledge(try await client.next("q"), with: "c")
        let answers = try await asked
        #expect(answers.socketCount == 3 && answers.missingNodes == 0)
        let (replies, failures) = await answers.collected()
        #expect(replies.values.sorted() == ["a", "b", "c"] && failures.isEmpty)
        let request = try await fixture.redis.message(on: self.requests) { $0["type"]?.integer == 7 }
        #expect(request["packet"]?["data"] == .array([.string("q"), .integer(1)]))
        #expect(request["opts"]?["flags"]?["timeout"]?.integer == 100_000)
    }

    @Test func nodesSocketsMayNotAnswerInTime() async throws {
        let fixture = PeerFixture(nodes: 1, .nodeAdapter())
        fixture.redis.setSubscriberCount(3, of: self.requests)
        async let asked = fixture.io.emitWithAck("q", timeout: .seconds(11), as: String.self)
        try await self.answer(fixture, type: 7) { [self.json(#"{"type":8,"requestId":"\#($0)","clientCount":1}"#)] }
        try await fixture.clock.wake(after: PeerFixture.responseTimeout)
        let answers = try await asked
        #expect(answers.socketCount == 1 && answers.missingNodes == 1)
        try await fixture.clock.wake(after: .seconds(11))
        let (replies, failures) = await answers.collected()
        #expect(replies.isEmpty && Array(failures.values) == [.timedOut])
    }

    @Test func nodesServersAnswerEventsOfServers() async throws {
        let fixture = PeerFixture(nodes: 2, .nodeAdapter()) { io in
            io.onServerSideEvent("ping") { (n: Int) in "martlet \(n)" }
        }
        fixture.redis.setSubscriberCount(3, of: self.requests)
        async let asked = fixture.io.serverSideEmitWithAck("ping", 1, as: String.self)
        try await self.answer(fixture, type: 6) { [self.json(#"{"type":6,"requestId":"\#($0)","data":"node"}"#)] }
        let replies = try await asked.map { try $0.result.get() }
        #expect(replies.sorted() == ["martlet 1", "node"])
    }

    @Test func nodesServersMayNotAnswerEventsOfServers() async throws {
        let fixture = PeerFixture(nodes: 1, .nodeAdapter())
        fixture.redis.setSubscriberCount(3, of: self.requests)
        async let asked = fixture.io.serverSideEmitWithAck("ping", timeout: .seconds(11), as: Int.self)
        try await self.answer(fixture, type: 6) { [self.json(#"{"type":6,"requestId":"\#($0)","data":1}"#)] }
        try await fixture.clock.wake(after: .seconds(11))
        let answers = try await asked
        #expect(answers.compactMap { try? $0.result.get() } == [1])
        #expect(answers.filter { $0.result == .failure(.timedOut) }.count == 1)
    }

    @Test func serversHearEventsOfNodesServersOnce() async throws {
        let notes = Notes()
        let fixture = PeerFixture(nodes: 2, .nodeAdapter()) { io in
            io.onServerSideEvent("ping") { (n: Int) in notes.add("\(n)") }
        }
        let vectors = try PeerVectors.read("redis-node.json")
        fixture.redis.publish(try vectors["serverSideEmit"].bytes, to: self.requests)
        #expect(notes.all == ["1", "1"])
        fixture.io.serverSideEmit("ping", 2)
        #expect(notes.all == ["1", "1", "2"])
    }
}
