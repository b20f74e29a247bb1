// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEngine
import MartletEvents
import MartletTestSupport
import MartletTesting
import NIOCore
import NIOEmbedded
import Testing

/// Events that replace each other while the client lags.
struct LatestEventTests {
    private func lag(_ client: TestClient, _ isLagging: Bool) async throws {
        try await client.onLoop { $0.isWritable = !isLagging }
        await client.run()
    }

    @Test func aClientThatKeepsUpGetsEveryEvent() async throws {
        let io = SocketIOServer()
        let client = try await io.testClient()
        let socket = try #require(await io.sockets().first)
        for price in 1...3 {
            socket.latest(of: "a").emit("price", "a", price)
            await client.run()
        }
        #expect(client.events == [#"price("a",1)"#, #"price("a",2)"#, #"price("a",3)"#])
    }

    @Test(arguments: [true, false])
    func aClientThatLagsGetsTheLastOfEachKey(isBroadcast: Bool) async throws {
        let io = SocketIOServer()
        let client = try await io.testClient()
        let socket = try #require(await io.sockets().first)
        let other = try await io.testClient()
        try await self.lag(client, true)
        for price in 1...100 {
            for key in ["a", "b"] {
                if isBroadcast {
                    io.latest(of: key).emit("price", key, price)
                } else {
                    socket.latest(of: key).emit("price", key, price)
                }
            }
        }
        await client.run()
        #expect(client.events.isEmpty)
        try await self.lag(client, false)
        #expect(client.events == [#"price("a",100)"#, #"price("b",100)"#])
        // It keeps up again.
        io.latest(of: "a").emit("price", "a", 101)
        await client.run()
        #expect(client.events.last == #"price("a",101)"#)
        await other.run()
        #expect(other.events.count == (isBroadcast ? 201 : 1))
    }

    @Test func noMoreThanSoManyKeysWait() async throws {
        var configuration = SocketIOConfiguration()
        configuration.maxLatestEvents = 3
        let io = SocketIOServer(configuration: configuration)
        let client = try await io.testClient()
        let socket = try #require(await io.sockets().first)
        try await self.lag(client, true)
        for number in [1, 2, 3, 1, 4, 5] { socket.latest(of: "\(number)").emit("n", number) }
        try await self.lag(client, false)
        #expect(client.events == ["n(3)", "n(4)", "n(5)"])
    }

    @Test func noMoreThanSoManyBytesWait() async throws {
        var configuration = SocketIOConfiguration()
        configuration.unsentLimit = 10_000
        let io = SocketIOServer(configuration: configuration)
        let client = try await io.testClient()
        let socket = try #require(await io.sockets().first)
        try await self.lag(client, true)
        for number in 1...5 {
            socket.latest(of: "\(number)").emit("n", number, [UInt8](repeating: 0, count: 4000))
        }
        try await self.lag(client, false)
        #expect(client.events.map { $0.prefix(3) } == ["n(4", "n(5"])
    }

    @Test func nothingIsLeftOfASocketThatLeaves() async throws {
        let io = SocketIOServer()
        let loop = NIOAsyncTestingEventLoop()
        weak var weakSocket: Socket?
        do {
            let client = try await io.testClient(on: loop)
            weakSocket = await io.sockets().first
            try await self.lag(client, true)
            io.latest(of: "a").emit("price", 1)
            await client.run()
            #expect(weakSocket?.isConnected == true)
            try await client.drop()
        }
        // The connect timeout's entry goes with its deadline.
        await loop.advanceTime(by: .seconds(60))
        #expect(weakSocket == nil)
    }
}
