// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Martlet
import MartletTestSupport
import NIOCore
import Testing

/// Clients that do not read, and servers that do not.
struct SlowReceiverTests {
    @Test(arguments: BehaviourTests.transports)
    func aReceiverThatFallsTooFarBehindIsDisconnected(transport: TransportName) async throws {
        let notes = Notes()
        let io = SocketIOServer.testing(notes) { $0.unsentLimit = 1 << 20 }
        try await withServer(.standalone, io) { port in
            let session = try await TestSession.joined(transport, on: port)
            try await session.setReading(false)
            for _ in 0..<40 where notes.all.isEmpty { io.emit("block", String(repeating: "x", count: 500_000)) }
            try await eventually("the end") { !notes.all.isEmpty }
            #expect(notes.all == ["disconnected: slow consumer"])
            #expect(await io.statistics().slowReceivers == 1)
            await session.close()
        }
    }

    @Test(arguments: BehaviourTests.transports)
    func aReceiverThatReadsLateGetsEverything(transport: TransportName) async throws {
        let io = SocketIOServer.testing()
        try await withServer(.standalone, io) { port in
            let session = try await TestSession.joined(transport, on: port)
            try await session.setReading(false)
            // More than the kernel keeps for both sides of a connection.
            var count = 0
            while count < 150 {
                io.emit("block", count, String(repeating: "x", count: 100_000))
                count += 1
                if await io.statistics().unsentBytes > 1_000_000 { break }
            }
            #expect(await io.statistics().unsentBytes > 1_000_000)
            try await session.setReading(true)
            for number in 0..<count {
                let event = try await session.nextMessage()
                guard event.hasPrefix(#"42["block",\#(number),"#) else {
                    Issue.record("\(event.prefix(30)) in the place of \(number)")
                    break
                }
            }
            await session.close()
        }
    }

    @Test func volatileEventsAreDroppedForASlowReceiver() async throws {
        let notes = Notes()
        let io = SocketIOServer.testing { $0.volatileLimit = 100_000 }
        io.onConnection { socket in
            socket.on("flood") {
                for number in 0..<200 { socket.volatile.emit("v", number, String(repeating: "x", count: 100_000)) }
                socket.emit("end")
                notes.add("flooded")
            }
        }
        try await withServer(.standalone, io) { port in
            let session = try await TestSession.joined(.websocket, on: port)
            try await session.setReading(false)
            try await session.send(#"42["flood"]"#)
            try await eventually("the flood") { notes.all == ["flooded"] }
            try await session.setReading(true)
            var received: [Int] = []
            while true {
                let event = try await session.nextMessage()
                if event == #"42["end"]"# { break }
                received.append(Int(event.dropFirst(7).prefix { $0 != "," }) ?? -1)
            }
            #expect(received.count < 200)
            #expect(received == received.sorted())
            await session.close()
        }
    }

    @Test(arguments: BehaviourTests.transports)
    func aSlowHandlerDoesNotEndItsConnection(transport: TransportName) async throws {
        let notes = Notes()
        let io = SocketIOServer.testing(notes) {
            $0.maxWaitingEvents = 4
            $0.pingInterval = .seconds(1) * TestTime.factor
            $0.pingTimeout = .seconds(5) * TestTime.factor
        }
        let (gate, open) = AsyncStream.makeStream(of: Void.self)
        io.onConnection { socket in
            socket.on("slow") { (number: Int) async in
                for await _ in gate {}
                notes.add("\(number)")
            }
        }
        try await withServer(.standalone, io) { port in
            let session = try await TestSession.open(transport, on: port)
            try await session.send("40")
            let sending = Task { try await session.send((0..<10).map { #"42["slow",\#($0)]"# }) }
            // No pong is sent, and none would be read. A session that is read from would end before the second ping.
            for _ in 0..<2 { while try await session.next() != "2" {} }
            #expect(notes.all.isEmpty)
            open.finish()
            try await sending.value
            try await session.send("3")
            try await eventually("all events") { notes.all.count >= 10 }
            #expect(notes.all == (0..<10).map(String.init))
            await session.close()
        }
    }

    @Test(arguments: BehaviourTests.transports)
    func eventsForASlowHandlerWaitInTheNetworkAndKeepTheirOrder(transport: TransportName) async throws {
        let notes = Notes()
        let io = SocketIOServer.testing(notes) { $0.maxWaitingEvents = 10 }
        io.onConnection { socket in
            socket.on("slow") { (number: Int) async in
                await Task.yield()
                notes.add("\(number)")
            }
        }
        try await withServer(.standalone, io) { port in
            let session = try await TestSession.joined(transport, on: port)
            for start in stride(from: 0, to: 1000, by: 250) {
                try await session.send((start..<start + 250).map { #"42["slow",\#($0)]"# })
            }
            try await eventually("all events") { notes.all.count == 1000 }
            #expect(notes.all == (0..<1000).map(String.init))
            await session.close()
        }
    }
}
