// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import EngineIOWire
import MartletEngine
import MartletEvents
import MartletTestSupport
import MartletTesting
import NIOCore
import NIOEmbedded
import Testing

struct EmitTests {
    @Test func sendIsAMessageEvent() async throws {
        let io = SocketIOServer()
        io.onConnection { socket in
            socket.join("room")
            socket.send("a", 1)
            socket.on("message") { (text: String) in socket.emit("heard", text) }
        }
        let client = try await io.testClient()
        io.send("b")
        io.to("room").send("c", [2])
        try await client.emit("message", "d")
        #expect(
            client.events == [#"message("a",1)"#, #"message("b")"#, #"message("c",[2])"#, #"heard("d")"#])
    }

    /// A packet and its attachments are several messages: no other packet may come in between.
    @Test func attachmentsAreNeverInterleaved() async throws {
        let io = SocketIOServer()
        let client = try await io.testClient()
        let socket = try #require(await io.sockets().first)
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<64 {
                group.addTask {
                    for n in 0..<20 {
                        let bytes = [ByteBuffer(bytes: [UInt8(task)]), ByteBuffer(bytes: [UInt8(n)])]
                        switch n % 4 {
                        case 0: socket.emit("binary", task, n, bytes)
                        case 1: io.emit("binary", task, n, bytes)
                        case 2: socket.compress(false).emit("binary", task, n, bytes)
                        default: socket.emit("text", task, n)
                        }
                        if n % 5 == 0 { await suspendForAnotherThread() }
                    }
                }
            }
        }
        await client.run()
        let events = client.received.dropFirst()
        #expect(events.count == 64 * 20)
        var next = Array(repeating: 0, count: 64)
        for event in events {
            let elements = event.arguments.elements
            let task: Int = try elements[0].decode()
            let n: Int = try elements[1].decode()
            #expect(next[task] == n)
            next[task] += 1
            guard event.isEvent("binary") else { continue }
            let bytes: [ByteBuffer] = try elements[2].decode()
            #expect(bytes.map { Array($0.readableBytesView) } == [[UInt8(task)], [UInt8(n)]])
        }
    }

    @Test func whetherAnEventMayBeCompressedReachesTheTransport() async throws {
        let io = SocketIOServer()
        io.onConnection { socket in
            socket.emit("a")
            socket.compress(false).emit("b")
            socket.compress(false).volatile.emit("c", ByteBuffer(bytes: [1]))
            socket.broadcast.compress(false).emit("nobody")
            io.emit("d")
            io.compress(false).emit("e", ByteBuffer(bytes: [1]))
            io.compress(false).compress(true).emit("f")
        }
        let notes = Notes()
        let eventLoop = NIOAsyncTestingEventLoop()
        try await eventLoop.executeInContext {
            let transport = TestTransport { packet in
                switch packet {
                case .shared(let message): notes.add("\(message.payload.readableBytes) \(message.compresses)")
                case .text(let text): notes.add("\(text.readableBytes)")
                case .binary, .control: notes.add("other")
                }
            }
            transport.open(on: io.engine.shard(on: eventLoop), request: .test)
            transport.session?.received(.text(ByteBuffer(string: "0")), from: transport)
        }
        await eventLoop.run()
        #expect(
            Array(notes.all.dropFirst(2)) == [
                "6", "6 false", "38 false", "1 false", "6 true", "38 false", "1 false", "6 true",
            ]
        )
    }
}
