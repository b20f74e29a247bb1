// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEngine
import MartletTestSupport
import MartletTesting
import NIOConcurrencyHelpers
import NIOCore
import SocketIOWire
import Testing

@testable import MartletEvents

/// Sessions are handed over where recovery is the cluster's, so that events come through a journal.
struct HandoverJournalTests {
    typealias Servers = HandoverTests.Servers

    static func setUp(_ server: SocketIOServer, _ index: Int, _ notes: Notes) {
        server.onConnection { socket in
            if !socket.isRestored, !socket.recovered {
                socket.join("room")
                socket.data["name"] = "bob"
            }
            socket.on("state") { () -> String in
                "\(index) \(socket.rooms.subtracting([socket.id]).sorted()) \(socket.data["name", as: String.self] ?? "")"
            }
            socket.on("echo") { (number: Int) in number }
            socket.onDisconnect { (reason: DisconnectReason) in notes.add("\(index) lost \(reason)") }
        }
    }

    private func servers() -> Servers { Servers(2, hasJournal: true, clock: ContinuousClock(), Self.setUp) }

    /// Sessions go from server to server while all servers send, also through sockets that have left, and put sockets
    /// into rooms.
    @Test(arguments: [2, 3])
    func everyEventArrivesOnceAndInOrder(count: Int) async throws {
        let sockets = NIOLockedValueBox<[Socket]>([])
        let servers = Servers(count, hasJournal: true, clock: ContinuousClock()) { server, index, notes in
            Self.setUp(server, index, notes)
            server.onConnection { socket in
                if !socket.isRestored { sockets.withLockedValue { $0.append(socket) } }
            }
        }
        var clients: [LosslessClient] = []
        for index in 0..<40 {
            let client = try await servers.client(index % count)
            _ = try await client.join()
            clients.append(client)
        }
        let (total, asked) = (60, 60)
        await withTaskGroup(of: Void.self) { group in
            for (index, server) in servers.all.enumerated() {
                group.addTask {
                    for number in 0..<total {
                        server.emit("all\(index)", number)
                        server.to("room").emit("room\(index)", number)
                        server.to("room").socketsJoin("step\(index)")
                        server.to("step\(index)").emit("step\(index)", number)
                        server.socketsLeave("step\(index)")
                        server.to("step\(index)").emit("nobody")
                        if number % 5 == 4 { await servers.settle() }
                    }
                }
            }
            group.addTask {
                for number in 0..<total {
                    for socket in sockets.withLockedValue({ $0 }) { socket.emit("own", number) }
                    await servers.settle()
                }
            }
            group.addTask { [clients] in
                for number in 0..<asked {
                    for client in clients { client.send(#"2\#(number)["echo",\#(number)]"#) }
                    await servers.settle()
                }
            }
            group.addTask {
                for round in 0..<(3 * count) { await servers.handOver(from: round % count) }
            }
        }
        let expected = (0..<count).flatMap { ["all\($0)", "room\($0)", "step\($0)"] } + ["own"]
        for client in clients {
            try await client.wait("all") { $0.eventCount >= expected.count * total && $0.answerCount >= asked }
            var numbers: [String: [String]] = [:]
            for event in client.plainEvents { numbers[String(event.prefix { $0 != "(" }), default: []].append(event) }
            for name in expected { #expect(numbers[name] == (0..<total).map { "\(name)(\($0))" }) }
            #expect(client.eventCount == expected.count * total)
            #expect(zip(client.offsets, client.offsets.dropFirst()).allSatisfy { $0 < $1 })
            #expect(client.answers == (0..<asked).map { "\($0)(\($0))" })
            #expect(client.faults == [])
        }
        #expect(clients.reduce(0) { $0 + $1.attachCount } > 40 * count)
        #expect(servers.notes.all == [])
        // One record of each session is left, that of the server that has it.
        let records = try servers.journal.sessionRecords()
        #expect(Set(records.map(\.id)).count == 40)
        #expect(records.count == 40)
    }

    /// The new server has read less of the journal than the old one, so what comes to it later the session has had.
    @Test func theNewServerMayBeBehind() async throws {
        let servers = self.servers()
        let client = try await servers.client()
        _ = try await client.join()
        servers.sides[1].isHeld = true
        for number in 0..<10 { servers.all[1].emit("early", number) }
        try await client.wait { $0.eventCount == 10 }
        let handover = Task { await servers.handOver(from: 0) }
        try await eventually("the sessions to be on their way") { servers.sides[1].waitCount == 1 }
        for number in 0..<10 { servers.all[0].to("room").emit("late", number) }
        #expect(await servers.sessions(at: 1) == 0)
        servers.sides[1].isHeld = false
        await handover.value
        servers.all[0].emit("end")
        try await client.wait { $0.plainEvents.last == "end()" }
        #expect(
            client.plainEvents == (0..<10).map { "early(\($0))" } + (0..<10).map { "late(\($0))" } + ["end()"])
        #expect(await servers.sessions(at: 1) == 1)
        #expect(client.faults == [])
        #expect(servers.notes.all == [])
    }

    /// What the old server's handlers have sent is on its way into the journal when the session goes.
    @Test func whatTheNewServerSendsComesLater() async throws {
        let servers = Servers(2, hasJournal: true, clock: ContinuousClock()) { server, index, _ in
            server.onConnection { socket in
                socket.on("turn") { (number: Int) in socket.emit("turn", number, index) }
            }
        }
        let client = try await servers.client()
        _ = try await client.join()
        servers.sides[0].holdEntries()
        client.send(#"2["turn",1]"#)
        try await eventually("the event to wait") { servers.sides[0].heldCount == 1 }
        let handover = Task { await servers.handOver(from: 0) }
        try await eventually("the mark to wait") { servers.sides[0].heldCount == 2 }
        client.send(#"2["turn",2]"#)
        servers.sides[0].releaseEntries()
        await handover.value
        try await client.wait { $0.eventCount == 2 }
        #expect(client.plainEvents == ["turn(1,0)", "turn(2,1)"])
    }

    /// An answer has no place in the journal.
    @Test func handlersMayFinishOnTheOldServer() async throws {
        let (begun, gate) = (Gate(), Gate())
        let servers = Servers(2, hasJournal: true, clock: ContinuousClock()) { server, index, _ in
            server.onConnection { socket in
                socket.on("slow") { () async -> String in
                    begun.open()
                    if index == 0 { await gate.pass() }
                    socket.emit("from", index)
                    socket.volatile.emit("volatile")
                    socket.join("late")
                    return "\(index) done"
                }
            }
        }
        let client = try await servers.client()
        _ = try await client.join()
        client.send(#"21["slow"]"#)
        await begun.pass()
        await servers.handOver(from: 0, .milliseconds(20))
        #expect(await servers.sessions(at: 1) == 1)
        try await client.wait { $0.attachCount == 1 }
        gate.open()
        try await client.wait { $0.answerCount == 1 && $0.eventCount == 2 }
        #expect(client.answers == [#"1("0 done")"#])
        #expect(client.plainEvents.contains("from(0)"))
        #expect(client.events.contains("volatile()"))
        servers.all[0].to("late").emit("late")
        try await client.wait { $0.plainEvents.last == "late()" }
    }

    @Test func theOldObjectEndsTheSocket() async throws {
        let servers = self.servers()
        let client = try await servers.client()
        _ = try await client.join()
        let socket = try #require(await servers.all[0].core.adapter.sockets(.init(), in: servers.all[0].of("/")).first)
        await servers.handOver(from: 0)
        socket.emit("bye")
        socket.disconnect()
        try await client.wait { $0.packets.last?.type == .disconnect }
        #expect(client.plainEvents == ["bye()"])
        try await eventually("the reason") { servers.notes.all == ["1 lost server namespace disconnect"] }
        #expect(try servers.journal.sessionRecords().isEmpty)
    }
}
