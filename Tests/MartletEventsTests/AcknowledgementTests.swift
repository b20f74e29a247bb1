// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEvents
import MartletTestSupport
import MartletTesting
import NIOCore
import Testing

struct AcknowledgementTests {
    /// A server that asks `question` when it is told to, and notes what came of it.
    private func asking(
        _ notes: Notes,
        configuration: SocketIOConfiguration = SocketIOConfiguration()
    ) async throws -> TestClient {
        let io = SocketIOServer(configuration: configuration)
        io.onConnection { socket in
            socket.on("ask") { () async in
                do {
                    let answer: String = try await socket.emitWithAck("question", 1, timeout: .seconds(5))
                    notes.add(answer)
                } catch {
                    notes.add("\(error)")
                }
            }
            socket.on("call back") {
                socket.emit("question", 1, timeout: .seconds(5)) { (result: Result<String, AcknowledgementError>) in
                    switch result {
                    case .success(let answer): notes.add(answer)
                    case .failure(let error): notes.add("\(error)")
                    }
                }
            }
        }
        return try await io.testClient()
    }

    @Test(arguments: ["ask", "call back"])
    func theAnswerComesBack(event: String) async throws {
        let notes = Notes()
        let client = try await self.asking(notes)
        try await client.emit(Event(event))
        try await client.acknowledge(client.next("question"), with: "yes")
        try await client.wait { !notes.all.isEmpty }
        #expect(notes.all == ["yes"])
    }

    @Test(arguments: ["ask", "call back"])
    func anAnswerThatDoesNotComeTimesOut(event: String) async throws {
        let notes = Notes()
        let client = try await self.asking(notes)
        try await client.emit(Event(event))
        let question = try await client.next("question")
        await client.advanceTime(by: .seconds(4))
        #expect(notes.all.isEmpty)
        await client.advanceTime(by: .seconds(1))
        try await client.wait { !notes.all.isEmpty }
        #expect(notes.all == ["the acknowledgement did not come in time"])
        // Too late: ignored.
        try await client.acknowledge(question, with: "yes")
        #expect(try await !client.isClosed())
        #expect(notes.all.count == 1)
    }

    @Test(arguments: ["ask", "call back"])
    func aDisconnectFailsIt(event: String) async throws {
        let notes = Notes()
        let client = try await self.asking(notes)
        try await client.emit(Event(event))
        try await client.drop()
        try await client.wait { !notes.all.isEmpty }
        #expect(notes.all == ["the socket is disconnected"])
        await client.advanceTime(by: .seconds(10))
        #expect(notes.all.count == 1)
    }

    @Test(arguments: ["ask", "call back"])
    func anAnswerOfAnotherTypeIsAnError(event: String) async throws {
        let notes = Notes()
        let client = try await self.asking(notes)
        try await client.emit(Event(event))
        try await client.acknowledge(client.next("question"), with: [1, 2])
        try await client.wait { !notes.all.isEmpty }
        #expect(notes.all.count == 1)
        #expect(notes.all[0].hasPrefix("the acknowledgement could not be decoded: argument 0"))
    }

    @Test func anAnswerThatCameTwiceOrForNothingIsIgnored() async throws {
        let notes = Notes()
        let client = try await self.asking(notes)
        try await client.send(text: "3999[]")
        try await client.send(text: "3[]")
        try await client.emit("call back")
        let question = try await client.next("question")
        try await client.acknowledge(question, with: "1")
        try await client.acknowledge(question, with: "2")
        #expect(notes.all == ["1"])
        #expect(try await !client.isClosed())
    }

    @Test func idsCountUpForEachSocket() async throws {
        let notes = Notes()
        let client = try await self.asking(notes)
        for id in 0..<3 {
            try await client.emit("call back")
            let question = try await client.next("question")
            #expect(question.acknowledgementID == id)
        }
    }

    @Test func pastTheLimitTheOldestFails() async throws {
        var configuration = SocketIOConfiguration()
        configuration.maxPendingAcknowledgements = 2
        let notes = Notes()
        let client = try await self.asking(notes, configuration: configuration)
        for _ in 0..<4 { try await client.emit("call back") }
        #expect(notes.all == Array(repeating: "too many acknowledgements pending", count: 2))
        let questions = client.received.filter { $0.isEvent("question") }
        for question in questions {
            try await client.acknowledge(question, with: "\(question.acknowledgementID ?? -1)")
        }
        #expect(notes.all.suffix(2) == ["2", "3"])
    }

    @Test func aCancelledTaskStopsWaiting() async throws {
        let io = SocketIOServer()
        io.onConnection { _ in }
        let client = try await io.testClient()
        let sockets = await io.sockets()
        let task = Task { try await sockets[0].emitWithAck("question", as: Int.self) }
        _ = try await client.next("question")
        task.cancel()
        await #expect(throws: AcknowledgementError.cancelled) { try await task.value }
    }

    @Test func askingASocketThatIsGoneFailsAtOnce() async throws {
        let io = SocketIOServer()
        let client = try await io.testClient()
        let socket = await io.sockets()[0]
        try await client.drop()
        await #expect(throws: AcknowledgementError.disconnected) { try await socket.emitWithAck("q", as: Int.self) }
        #expect(AcknowledgementError.disconnected ~= (AcknowledgementError.disconnected as any Error))
    }

    @Test func binaryGoesBothWays() async throws {
        let io = SocketIOServer()
        io.onConnection { socket in
            socket.on("start") { () async throws in
                let answer: [UInt8] = try await socket.emitWithAck("q", ByteBuffer(bytes: [1]))
                socket.emit("got", answer.map(Int.init))
            }
        }
        let client = try await io.testClient()
        try await client.emit("start")
        let question = try await client.next("q")
        #expect(try question.decode() == ByteBuffer(bytes: [1]))
        try await client.acknowledge(question, with: [5, 6] as [UInt8])
        #expect(try await client.next("got").decode() == [5, 6])
    }

    @Test func allOfAnAnswerCanBeTakenUndecoded() async throws {
        let io = SocketIOServer()
        let client = try await io.testClient()
        let socket = await io.sockets()[0]
        async let answer = socket.emitWithAck("q", as: SocketArguments.self)
        try await client.acknowledge(client.next("q"), with: 1, "x", [true])
        #expect(try await answer.elements.map(\.description) == ["1", #""x""#, "[true]"])
    }
}
