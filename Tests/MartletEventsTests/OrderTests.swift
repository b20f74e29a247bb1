// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import MartletEvents
import MartletTestSupport
import MartletTesting
import NIOCore
import NIOEmbedded
import Testing

struct OrderTests {
    @Test func laterEventsWaitForASuspendedHandler() async throws {
        let io = SocketIOServer()
        let gate = Gate()
        io.onConnection { socket in
            socket.on("slow") { (n: Int) async in
                socket.emit("begin", n)
                await gate.pass()
                socket.emit("end", n)
            }
            socket.on("fast") { (x: SocketArgument) in socket.emit("fast", x) }
        }
        let client = try await io.testClient()
        try await client.emit("slow", 1)
        try await client.emit("fast", ["text": "in memory that is used again"])
        try await client.emit("slow", 2)
        try await client.emit("fast", 4)
        #expect(client.events == ["begin(1)"])
        gate.open()
        try await client.wait { client.events.count == 6 }
        #expect(
            client.events == [
                "begin(1)", "end(1)", #"fast({"text":"in memory that is used again"})"#,
                "begin(2)", "end(2)", "fast(4)",
            ]
        )
    }

    @Test func whatAnAsynchronousHandlerEmitsIsInOrder() async throws {
        let io = SocketIOServer()
        io.onConnection { socket in
            socket.on("count") { (n: Int) async -> String in
                for i in 1...n {
                    socket.emit("tick", i)
                    if i % 3 == 0 { await Task.yield() }
                    if i % 7 == 0 { await suspendForAnotherThread() }
                }
                return "done"
            }
        }
        let client = try await io.testClient()
        #expect(try await client.emitWithAck("count", 50).description == #""done""#)
        #expect(client.events == (1...50).map { "tick(\($0))" })
        guard case .acknowledgement? = client.received.last?.kind else { throw TestClientError.closed }
    }

    @Test func handlersRunOnTheEventLoop() async throws {
        let io = SocketIOServer()
        let notes = Notes()
        let client = try await io.testConnection()
        let loop = client.eventLoop
        io.use { _ in
            await Task.yield()
            notes.add("\(loop.inEventLoop)")
        }
        io.onConnection { socket async in
            notes.add("\(loop.inEventLoop)")
            socket.on("a") { () async in
                notes.add("\(loop.inEventLoop)")
                await suspendForAnotherThread()
                notes.add("\(loop.inEventLoop)")
            }
        }
        try await client.join()
        try await client.emit("a")
        try await client.wait { notes.all.count == 4 }
        #expect(notes.all == ["true", "true", "true", "true"])
    }

    @Test func otherSocketsDoNotWait() async throws {
        let io = SocketIOServer()
        let gate = Gate()
        let other = io.of("/other")
        io.onConnection { socket in socket.on("slow") { () async in await gate.pass() } }
        other.onConnection { socket in socket.on("fast") { socket.emit("fast") } }
        let client = try await io.testClient()
        try await client.join("/other")
        try await client.emit("slow")
        try await client.emit("fast", namespace: "/other")
        #expect(client.events == ["fast()"])
        gate.open()
    }

    @Test func theConnectionIsNotReadWhileTooManyEventsWait() async throws {
        var configuration = SocketIOConfiguration()
        configuration.maxWaitingEvents = 8
        let io = SocketIOServer(configuration: configuration)
        let gate = Gate()
        io.onConnection { socket in
            socket.on("slow") { (n: Int) async in
                await gate.pass()
                socket.emit("done", n)
            }
        }
        let client = try await io.testClient()
        for n in 0..<9 { try await client.emit("slow", n) }
        #expect(try await client.onLoop { !$0.isReadingPaused })
        try await client.emit("slow", 9)
        #expect(try await client.onLoop { $0.isReadingPaused })
        gate.open()
        try await client.wait { client.events.count == 10 }
        #expect(client.events == (0..<10).map { "done(\($0))" })
        #expect(try await client.onLoop { !$0.isReadingPaused })
    }

    @Test func manyEventsThatDoNotSuspendAreHandledOneByOne() async throws {
        let io = SocketIOServer()
        let gate = Gate()
        io.onConnection { socket in
            socket.on("n") { (n: Int) async in
                if n == 0 { await gate.pass() }
                socket.emit("n", n)
            }
        }
        let client = try await io.testClient()
        for n in 0..<200 { try await client.emit("n", n) }
        gate.open()
        try await client.wait { client.events.count == 200 }
        #expect(client.events == (0..<200).map { "n(\($0))" })
    }

    @Test func callsFromOtherThreadsStayInOrder() async throws {
        let io = SocketIOServer()
        let client = try await io.testClient()
        let socket = await io.sockets()[0]
        await Task.detached {
            for n in 0..<100 {
                socket.emit("n", n)
                if n % 10 == 0 { io.emit("all", n) }
            }
        }.value
        await client.eventLoop.run()
        let expected = (0..<100).flatMap { $0 % 10 == 0 ? ["n(\($0))", "all(\($0))"] : ["n(\($0))"] }
        #expect(client.events == expected)
    }

    /// As an actor does it, which runs now on one thread and now on another.
    @Test func whatFollowsOnTheLoopDoesNotOvertakeWhatCameBeforeOnAnotherThread() async throws {
        let io = SocketIOServer()
        io.onConnection { socket in
            socket.on("go") {
                let isDone = DispatchSemaphore(value: 0)
                Thread.detachNewThread {
                    socket.emit("n", 1)
                    io.emit("n", 2)
                    socket.join("room")
                    isDone.signal()
                }
                isDone.wait()
                socket.emit("n", 3)
                io.emit("n", 4)
                io.to("room").emit("n", 5)
            }
        }
        let client = try await io.testClient()
        try await client.emit("go")
        await client.eventLoop.run()
        #expect(client.events == (1...5).map { "n(\($0))" })
    }

    @Test func attachmentsStayWithTheirPacketWhoeverEmits() async throws {
        let io = SocketIOServer()
        let client = try await io.testClient()
        let socket = await io.sockets()[0]
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<8 {
                group.addTask {
                    for n in 0..<20 {
                        socket.emit("b", ByteBuffer(bytes: [UInt8(task)]), ByteBuffer(bytes: [UInt8(n)]))
                    }
                }
            }
        }
        await client.eventLoop.run()
        #expect(client.received.filter { $0.isEvent("b") }.count == 160)
        #expect(!client.lines.contains { $0.contains("invalid") })
    }
}
