// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Martlet
import MartletTestSupport
import NIOCore
import Testing
import WebSocketWire

/// Moving from long polling or an event stream to a WebSocket while messages are under way.
struct UpgradeTests {
    static let lower: [TransportName] = [.polling, .sse]

    @Test(arguments: lower, TestHost.allCases)
    func nothingIsLostOrReordered(from transport: TransportName, host: TestHost) async throws {
        let notes = Notes()
        let io = SocketIOServer.testing(notes)
        try await withServer(host, io) { port in
            for round in 0..<3 {
                let session = try await TestSession.joined(transport, on: port)
                // Both sides talk all the while: the server from another thread, a third of its events with each step.
                let (steps, step) = AsyncStream.makeStream(of: Range<Int>.self)
                let talking = Task {
                    for await numbers in steps {
                        for number in numbers { io.emit("tick", number) }
                    }
                }
                step.yield(0..<100)
                for number in 0..<10 { try await session.send(#"42["note","\#(round):\#(number)"]"#) }
                step.yield(100..<200)
                let socket = try await session.probe()
                for number in 10..<20 { try await session.send(#"42["note","\#(round):\#(number)"]"#) }
                step.yield(200..<300)
                step.finish()
                try await session.move(to: socket)
                for number in 20..<30 { try await session.send(#"42["note","\#(round):\#(number)"]"#) }
                for number in 0..<300 {
                    let event = try await session.nextMessage()
                    guard event == #"42["tick",\#(number)]"# else {
                        Issue.record("\(event) in the place of \(number)")
                        break
                    }
                }
                await talking.value
                try await eventually("all notes") {
                    notes.all.filter { $0.hasPrefix("\(round):") }.count == 30
                }
                #expect(
                    notes.all.filter { $0.hasPrefix("\(round):") } == (0..<30).map { "\(round):\($0)" }
                )
                await session.close()
                try await eventually("the session's end") { await io.statistics().sessions == 0 }
            }
        }
    }

    @Test(arguments: lower)
    func theSocketHearsOfItsNewTransport(from transport: TransportName) async throws {
        let notes = Notes()
        let io = SocketIOServer()
        io.onConnection { socket in
            notes.add("\(socket.transport)")
            socket.onTransportChange { notes.add("\($0), \(socket.transport)") }
            socket.emit("auth", socket.handshake.auth)
        }
        try await withServer(.standalone, io) { port in
            let session = try await TestSession.joined(transport, on: port)
            try await session.move(to: try await session.probe())
            try await eventually("the change") { notes.all.count > 1 }
            #expect(notes.all == ["\(transport)", "websocket, websocket"])
            await session.close()
        }
    }

    @Test(arguments: lower)
    func requestsOfTheOldTransportAreRefusedAfterwards(from transport: TransportName) async throws {
        try await withServer(.standalone, .testing()) { port in
            let session = try await TestSession.joined(transport, on: port)
            let target = await session.target
            try await session.move(to: try await session.probe())
            try await session.send(#"42["echo",1]"#)
            #expect(try await session.nextMessage() == #"42["echo",1]"#)
            let other = try await TestConnection.connect(to: port)
            for (method, body) in [("GET", nil), ("POST", "4late")] as [(String, String?)] {
                let answer = try await other.send(method, target, body: body)
                #expect(answer.status == 400)
                #expect(answer.body == #"{"code":3,"message":"Bad request"}"#)
            }
            try await session.send(#"42["echo",2]"#)
            #expect(try await session.nextMessage() == #"42["echo",2]"#)
            await other.close()
            await session.close()
        }
    }

    @Test func aGetThatWaitsWhileTheUpgradeIsHurriedThroughIsAnswered() async throws {
        try await withServer(.standalone, .testing()) { port in
            let session = try await TestSession.joined(.polling, on: port)
            let target = await session.target
            let waiting = try await TestConnection.connect(to: port)
            try await waiting.write(TestConnection.request("GET", target))
            let socket = try await TestWebSocket.connect(
                to: port,
                "/socket.io/?EIO=4&transport=websocket&sid=\(await session.sid)"
            )
            try await socket.send("2probe")
            try await socket.send("5")
            #expect(try await socket.next() == .text(ByteBuffer(string: "3probe")))
            let answer = try await waiting.response()
            #expect(answer.status == 400 || answer.body == "6")
            await waiting.close()
            await socket.connection.close()
            await session.close()
        }
    }

    @Test(arguments: lower)
    func aSecondWebSocketIsClosed(from transport: TransportName) async throws {
        try await withServer(.standalone, .testing()) { port in
            let session = try await TestSession.joined(transport, on: port)
            let target = "/socket.io/?EIO=4&transport=websocket&sid=\(await session.sid)"
            let socket = try await session.probe()
            let second = try await TestWebSocket.connect(to: port, target)
            #expect(try await second.next() == .close(.normalClosure, reason: ""))
            try await session.move(to: socket)
            let third = try await TestWebSocket.connect(to: port, target)
            #expect(try await third.next() == .close(.normalClosure, reason: ""))
            try await session.send(#"42["echo",1]"#)
            #expect(try await session.nextMessage() == #"42["echo",1]"#)
            for socket in [second, third] { await socket.connection.close() }
            await session.close()
        }
    }

    @Test(arguments: lower)
    func aProbeThatFailsLeavesTheSessionAlone(from transport: TransportName) async throws {
        try await withServer(.standalone, .testing()) { port in
            let session = try await TestSession.joined(transport, on: port)
            let target = "/socket.io/?EIO=4&transport=websocket&sid=\(await session.sid)"
            for packet in ["4x", "2", "5", "9"] {
                let socket = try await TestWebSocket.connect(to: port, target)
                try await socket.send(packet)
                #expect(try await socket.next() == .close(.normalClosure, reason: ""))
                await socket.connection.close()
            }
            try await session.send(#"42["echo",1]"#)
            #expect(try await session.nextMessage() == #"42["echo",1]"#)
            try await session.move(to: try await session.probe())
            await session.close()
        }
    }

    @Test func aProbeOfAnUnknownSessionIsRefusedBeforeTheHandshake() async throws {
        try await withServer(.standalone, .testing()) { port in
            let connection = try await TestConnection.connect(to: port)
            let sid = String(repeating: "A", count: 24)
            try await connection.write(
                TestWebSocket.handshake("/socket.io/?EIO=4&transport=websocket&sid=\(sid)")
            )
            let answer = try await connection.response()
            #expect(answer.status == 400)
            #expect(answer.body == #"{"code":1,"message":"Session ID unknown"}"#)
            try await connection.waitForEnd()
        }
    }
}
