// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Martlet
import MartletTesting
import Testing

/// The samples of Testing.md.
struct TestingSamples {
    @Test func whatIsSaidReachesTheOthers() async throws {
        let io = SocketIOServer()
        io.onConnection { socket in socket.join("lobby") }
        io.on("say") { (socket: Socket, text: String) in socket.to("lobby").emit("said", text) }
        let ada = try await io.testClient()
        let bob = try await io.testClient()
        try await ada.emit("say", "hello")
        #expect(try await bob.next("said").decode(as: String.self) == "hello")
        #expect(ada.received.contains { $0.isEvent("said") } == false)
    }

    @Test func theServerAddsUp() async throws {
        let io = SocketIOServer()
        io.on("sum") { (_: Socket, numbers: [Int]) -> Int in numbers.reduce(0, +) }
        let client = try await io.testClient()
        let answer = try await client.emitWithAck("sum", [1, 2, 3])
        #expect(try answer[0]?.decode(as: Int.self) == 6)
    }

    @Test func whoAnswersNoPingIsGivenUp() async throws {
        let io = SocketIOServer()
        let client = try await io.testClient()
        client.answersPings = false
        await client.advanceTime(by: .seconds(45))
        #expect(try await client.isClosed())
    }
}
