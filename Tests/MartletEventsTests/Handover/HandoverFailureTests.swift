// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEngine
import MartletTestSupport
import MartletTesting
import NIOConcurrencyHelpers
import NIOCore
import Testing

@testable import MartletEvents

/// What becomes of sessions when a handover goes wrong, and of what comes over the bus and is none.
struct HandoverFailureTests {
    /// A connection to a bus that loses some of what a server publishes.
    struct LossyBus: ClusterBus {
        let bus: InProcessBus
        let lost: String

        func publish(_ message: ByteBuffer, to channel: String) {
            guard !String(buffer: message).contains(#"{"\#(self.lost)":"#) else { return }
            self.bus.publish(message, to: channel)
        }

        func subscribe(
            to channel: String,
            _ receive: @escaping @Sendable (_ message: ByteBuffer) -> Void
        ) -> ClusterSubscription {
            self.bus.subscribe(to: channel, receive)
        }
    }

    private static func setUp(_ server: SocketIOServer, _ index: Int, _ notes: Notes) {
        server.onConnection { socket in
            if !socket.isRestored { socket.join("room") }
            socket.on("echo") { (number: Int) in number }
            socket.onDisconnect { (reason: DisconnectReason) in if index == 0 { notes.add("lost \(reason)") } }
        }
    }

    /// Whichever message is lost, the session goes on where it was.
    @Test(arguments: ["prepare", "fence", "sessions", "adopted"])
    func aSessionGoesOnWhenAMessageIsLost(message: String) async throws {
        let servers = HandoverTests.Servers(2, Self.setUp) { bus, _ in LossyBus(bus: bus, lost: message) }
        let client = try await servers.client()
        _ = try await client.join()
        // The client hears that it is connected before the handler puts it there.
        try await eventually("the room") { await servers.all[0].local.to("room").count() == 1 }
        servers.all[0].emit("before")
        let handover = Task { await servers.handOver(from: 0) }
        for number in 0..<100 {
            client.send(#"2\#(number)["echo",\#(number)]"#)
            servers.all[1].to("room").emit("x", number)
            await suspendForAnotherThread()
        }
        await handover.value
        servers.all[1].to("room").emit("end")
        try await client.wait { $0.events.last == "end()" && $0.answerCount == 100 }
        #expect(client.events == ["before()"] + (0..<100).map { "x(\($0))" } + ["end()"])
        #expect(client.answers == (0..<100).map { "\($0)(\($0))" })
        #expect(client.faults == [])
        #expect(!client.isEnded)
        #expect(await servers.sessions(at: 0) == 1)
        #expect(servers.notes.all == [])
        // What the other server has adopted for nothing is dropped.
        try await eventually { await servers.sessions(at: 1) == 0 }
    }

    /// A server that does not answer is tried once; then the session goes to another one.
    @Test func anotherServerIsTried() async throws {
        let servers = HandoverTests.Servers(3, Self.setUp) { LossyBus(bus: $0, lost: $1 == 1 ? "adopted" : "") }
        var clients: [LosslessClient] = []
        for _ in 0..<10 { clients.append(try await servers.client()) }
        for client in clients { _ = try await client.join() }
        await servers.handOver(from: 0)
        servers.all[2].emit("end")
        for client in clients {
            try await client.wait { $0.events == ["end()"] }
            #expect(client.faults == [])
        }
        #expect(await servers.sessions(at: 0) == 0)
        #expect(await servers.sessions(at: 2) == 10)
        #expect(servers.notes.all == [])
    }

    @Test func aServerThatIsCutOffKeepsItsSessions() async throws {
        let servers = HandoverTests.Servers(2, Self.setUp)
        let client = try await servers.client()
        _ = try await client.join()
        servers.links[1].isCut = true
        await servers.handOver(from: 0)
        #expect(await servers.sessions(at: 0) == 1)
        servers.links[1].isCut = false
        await servers.handOver(from: 0)
        #expect(await servers.sessions(at: 1) == 1)
        client.send(#"21["echo",1]"#)
        try await client.wait { $0.answers == ["1(1)"] }
    }

    @Test func aServerThatEndsTakesNoSessions() async throws {
        let servers = HandoverTests.Servers(2, Self.setUp)
        let client = try await servers.client()
        _ = try await client.join()
        servers.clusters[1].handovers.beginLeaving()
        await servers.handOver(from: 0)
        #expect(await servers.sessions(at: 0) == 1)
        #expect(!client.isEnded)
    }

    // MARK: From outside

    /// Connections as they may come: those of a server with one thing changed at random.
    @Test func noSnapshotDoesHarm() async throws {
        let servers = HandoverTests.Servers(2, Self.setUp)
        let client = try await servers.client()
        _ = try await client.join()
        client.send(#"51-7["upload",{"_placeholder":true,"num":0}]"#)
        try await servers.received(2, from: client)
        let shard = servers.all[0].core.shards[0]
        let snapshots = await shard.onLoop {
            shard.engineShard.allSessions.compactMap { session -> ConnectionSnapshot? in
                guard let connection = session.handler as? Connection else { return nil }
                defer { connection.endDeparture() }
                return connection.freeze()
            }
        }
        let snapshot = try #require(snapshots.first)
        var json = ByteBuffer()
        var parts: [ByteBuffer] = []
        try ArgumentEncoder.encode(snapshot, into: &json, attachments: &parts)
        #expect(parts.count >= 2)
        var random = SeededGenerator(seed: 3)
        let words = ["-1", "9223372036854775807", "null", "\"\"", "[]", "{}", "1e400", "\"\u{0}\"", "9007199254740992"]
        let target = servers.all[1].core
        let there = target.shard(of: try #require(servers.all[1].engine.allShards.first))
        var restored = 0
        for _ in 0..<3000 {
            var text = String(buffer: json)
            if Bool.random(using: &random) {
                // A value becomes another one.
                let colons = text.indices.filter { text[$0] == ":" }
                if let colon = colons.randomElement(using: &random) {
                    let start = text.index(after: colon)
                    let end = text[start...].firstIndex { $0 == "," || $0 == "}" } ?? text.endIndex
                    text.replaceSubrange(start..<end, with: words.randomElement(using: &random) ?? "0")
                }
            }
            let attachments = parts.map { part in
                var bytes = Array(buffer: part)
                if !bytes.isEmpty, Bool.random(using: &random) {
                    bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
                }
                return ByteBuffer(bytes: bytes)
            }
            guard
                let hostile = try? ArgumentDecoder.decode(
                    ConnectionSnapshot.self, from: ByteBuffer(string: text), attachments: attachments)
            else { continue }
            let isRestored = await there.onLoop { () -> Bool in
                var connection: Connection?
                guard
                    let session = try? there.engineShard.adopt(
                        hostile.session,
                        {
                            let made = Connection(core: target, shard: there, session: $0)
                            connection = made
                            return made
                        })
                else { return false }
                defer { session.close(.forcedClose) }
                guard (try? connection?.restore(hostile) { _, _, _ in }) != nil else { return false }
                connection?.introduceRestored()
                for socket in connection?.sockets ?? [] {
                    _ = socket.handshake.issued
                    socket.emit("hello")
                    socket.emit("question", timeout: .seconds(1)) { (_: Result<Int, AcknowledgementError>) in }
                }
                return true
            }
            if isRestored { restored += 1 }
        }
        #expect(restored > 100)
        #expect(await servers.sessions(at: 1) == 0)
    }

    /// Messages without a handover, or with another one's name.
    @Test func messagesOfNoHandoverAreIgnored() async throws {
        let servers = HandoverTests.Servers(2, Self.setUp)
        let client = try await servers.client()
        _ = try await client.join()
        let stranger = ClusterConfiguration()
        let coverage = OperationCoverage(node: "x", number: 0, others: [:], position: .zero)
        let messages: [HandoverMessage] = [
            .refused(handover: "x"), .adopted(handover: "x", refused: [-1, .max]),
            .sessions(handover: "x", [], coverage), .dropped(handover: "x", sessions: ["", "x"]),
            .answered(socket: "x", question: -1, ServerSideAnswer(.failure(.timedOut))),
            .prepare(handover: "", namespaces: ["/none"]), .prepare(handover: "y", namespaces: []),
        ]
        for cluster in servers.clusters {
            for message in messages {
                servers.bus.publish(
                    try ClusterMessage(from: "stranger", message).written(),
                    to: stranger.handoverChannel(of: cluster.id))
            }
        }
        await servers.handOver(from: 0)
        #expect(await servers.sessions(at: 1) == 1)
        client.send(#"21["echo",1]"#)
        try await client.wait { $0.answers == ["1(1)"] }
    }
}
