// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEvents
import MartletTestSupport
import MartletTesting
import NIOConcurrencyHelpers
import Testing

struct EventSequenceTests {
    private func joined(_ io: SocketIOServer) async throws -> (TestClient, Socket) {
        let client = try await io.testClient()
        return (client, try #require(await io.sockets().first))
    }

    @Test func eventsComeInOrderUntilTheSocketEnds() async throws {
        let (client, socket) = try await self.joined(SocketIOServer())
        let numbers = socket.events("n", as: Int.self)
        let pairs = socket.events(Event<Int, String>("pair"))
        await client.run()
        for n in 1...5 { try await client.emit("n", n) }
        try await client.emit("pair", 1, "x")
        try await client.drop()
        var seen: [Int] = []
        for await n in numbers { seen.append(n) }
        #expect(seen == [1, 2, 3, 4, 5])
        var iterator = pairs.makeAsyncIterator()
        let pair = await iterator.next()
        #expect(pair?.0 == 1 && pair?.1 == "x")
        let end = await iterator.next()
        #expect(end?.0 == nil)
    }

    @Test func theClientWaitsWhenTheTaskIsSlow() async throws {
        let (client, socket) = try await self.joined(SocketIOServer())
        let notes = Notes()
        let numbers = socket.events("n", as: Int.self, limit: 2)
        socket.onAny { event, arguments in notes.add("\(event)\(arguments)") }
        await client.run()
        for n in 1...6 { try await client.emit("n", n) }
        // Two may be outstanding; the third waits for its place, and the others behind it.
        #expect(notes.all == ["n1", "n2", "n3"])
        var iterator = numbers.makeAsyncIterator()
        for n in 1...6 {
            let next = await iterator.next()
            #expect(next == n)
        }
        try await client.wait { notes.all.count == 6 }
    }

    @Test func anEventIsAcknowledgedWhenItHasItsPlace() async throws {
        let (client, socket) = try await self.joined(SocketIOServer())
        let numbers = socket.events("n", as: Int.self)
        await client.run()
        #expect(try await client.emitWithAck("n", 1).isEmpty)
        withExtendedLifetime(numbers) {}
    }

    @Test func aCancelledTaskLeavesNothingBehind() async throws {
        let (client, socket) = try await self.joined(SocketIOServer())
        let notes = Notes()
        let numbers = socket.events("n", as: Int.self, limit: 1)
        let task = Task {
            for await n in numbers { notes.add("\(n)") }
            notes.add("end")
        }
        await client.run()
        try await client.emit("n", 1)
        try await client.wait { notes.all == ["1"] }
        task.cancel()
        await task.value
        await client.run()
        for n in 2...9 { try await client.emit("n", n) }
        socket.on("last") { "yes" }
        await client.run()
        #expect(try await client.emitWithAck("last").description == #""yes""#)
        #expect(notes.all == ["1", "end"])
    }

    @Test func aSequenceThatNobodyHasIsRemoved() async throws {
        let (client, socket) = try await self.joined(SocketIOServer())
        do {
            var iterator = socket.events("n", as: Int.self, limit: 0).makeAsyncIterator()
            await client.run()
            try await client.emit("n", 1)
            try await client.emit("n", 2)
            do {
                let next = await iterator.next()
                #expect(next == 1)
            }
        }
        // The event that waited for its place, and all later ones, go on.
        socket.on("last") { "yes" }
        await client.run()
        #expect(try await client.emitWithAck("last").description == #""yes""#)
    }

    @Test func aSequenceOfARefusedSocketEnds() async throws {
        let io = SocketIOServer()
        let sequence = NIOLockedValueBox<EventSequence<Int>?>(nil)
        io.use { socket in
            sequence.withLockedValue { $0 = socket.events("n", as: Int.self) }
            throw ConnectionRefused(message: "no")
        }
        await #expect(throws: TestClientError.self) { try await io.testClient() }
        for await _ in try #require(sequence.withLockedValue { $0 }) { Issue.record("no event came") }
    }

    @Test func aSequenceEndsWhenItsHandlersAreRemoved() async throws {
        let (client, socket) = try await self.joined(SocketIOServer())
        let numbers = socket.events("n", as: Int.self)
        await client.run()
        try await client.emit("n", 1)
        socket.off("n")
        await client.run()
        var iterator = numbers.makeAsyncIterator()
        do {
            let next = await iterator.next()
            #expect(next == 1)
        }
        do {
            let next = await iterator.next()
            #expect(next == nil)
        }
    }

    @Test func socketsThatJoinAreASequence() async throws {
        let io = SocketIOServer()
        let task = Task { [connections = io.connections] in
            var count = 0
            for await socket in connections {
                await suspendForAnotherThread()
                socket.on("hello") { "hello" }
                count += 1
                if count == 3 { break }
            }
        }
        for _ in 0..<3 {
            let client = try await io.testClient()
            // The event waits until its handler is set.
            #expect(try await client.emitWithAck("hello").description == #""hello""#)
        }
        await task.value
        let client = try await io.testClient()
        try await client.emit("hello")
        #expect(client.received.count == 1)
        #expect(await io.sockets().count == 4)
    }
}
