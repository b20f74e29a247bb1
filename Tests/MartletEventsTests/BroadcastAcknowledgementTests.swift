// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEvents
import MartletTesting
import NIOCore
import NIOEmbedded
import Testing

struct BroadcastAcknowledgementTests {
    /// Three clients in the room `all`: two on one event loop, one on another.
    private struct Fixture {
        let io = SocketIOServer()
        var clients: [TestClient] = []
        var ids: [String] = []

        init() async throws {
            self.io.onConnection { $0.join("all") }
            let loops = [NIOAsyncTestingEventLoop(), NIOAsyncTestingEventLoop()]
            for index in 0..<3 {
                let client = try await self.io.testConnection(on: loops[index % 2])
                self.ids.append(try await client.join())
                self.clients.append(client)
            }
        }

        /// Asks everybody, and has the clients do something before the answers are looked at.
        func ask<Reply: Decodable & Sendable>(
            _ type: Reply.Type,
            _ answer: (_ client: TestClient, _ index: Int) async throws -> Void
        ) async throws -> BroadcastAcknowledgements<Reply> {
            let answers = try await self.io.to("all").emitWithAck("question", 1, "x", timeout: .seconds(5), as: type)
            for (index, client) in self.clients.enumerated() { try await answer(client, index) }
            return answers
        }
    }

    @Test func theAnswersOfAllComeBack() async throws {
        let fixture = try await Fixture()
        let answers = try await fixture.ask(Int.self) { client, index in
            let question = try await client.next("question")
            #expect(question.arguments.description == #"1,"x""#)
            try await client.acknowledge(question, with: index)
        }
        #expect(answers.socketCount == 3)
        let (replies, failures) = await answers.collected()
        #expect(replies == Dictionary(uniqueKeysWithValues: zip(fixture.ids, 0..<3)))
        #expect(failures.isEmpty)
    }

    @Test func answersComeOneByOne() async throws {
        let fixture = try await Fixture()
        let answers = try await fixture.io.emitWithAck("question", as: String.self)
        var iterator = answers.makeAsyncIterator()
        for index in [2, 0, 1] {
            let client = fixture.clients[index]
            try await client.acknowledge(client.next("question"), with: "yes")
            let answer = await iterator.next()
            #expect(answer?.socketID == fixture.ids[index])
            #expect(try answer?.result.get() == "yes")
        }
        #expect(await iterator.next() == nil)
    }

    @Test func whoDoesNotAnswerInTimeIsNamed() async throws {
        let fixture = try await Fixture()
        let answers = try await fixture.ask(String.self) { client, index in
            if index != 1 { try await client.acknowledge(client.next("question"), with: "yes") }
        }
        for client in fixture.clients { await client.advanceTime(by: .seconds(5)) }
        let (replies, failures) = await answers.collected()
        #expect(Set(replies.keys) == [fixture.ids[0], fixture.ids[2]])
        #expect(failures == [fixture.ids[1]: .timedOut])
    }

    @Test func whoLeavesIsNamed() async throws {
        let fixture = try await Fixture()
        let answers = try await fixture.ask(String.self) { client, index in
            if index == 0 {
                try await client.drop()
            } else {
                try await client.acknowledge(client.next("question"), with: "yes")
            }
        }
        let (replies, failures) = await answers.collected()
        #expect(replies.count == 2)
        #expect(failures == [fixture.ids[0]: .disconnected])
    }

    @Test func anAnswerOfAnotherTypeIsAFailure() async throws {
        let fixture = try await Fixture()
        let answers = try await fixture.ask(Int.self) { client, index in
            let question = try await client.next("question")
            if index == 1 {
                try await client.acknowledge(question, with: "no number")
            } else {
                try await client.acknowledge(question, with: index)
            }
        }
        let (replies, failures) = await answers.collected()
        #expect(replies == [fixture.ids[0]: 0, fixture.ids[2]: 2])
        #expect(failures[fixture.ids[1]]?.isUndecodable == true)
    }

    @Test func anAnswerMayBeTakenWhole() async throws {
        let fixture = try await Fixture()
        let answers = try await fixture.ask(SocketArguments.self) { client, index in
            try await client.acknowledge(client.next("question"), with: index, "b")
        }
        let replies = await answers.collected().replies
        #expect(replies.mapValues(\.description)[fixture.ids[2]] == #"2,"b""#)
    }

    @Test func nobodyIsAskedInAnEmptyRoom() async throws {
        let fixture = try await Fixture()
        let answers = try await fixture.io.to("nowhere").emitWithAck("question", as: String.self)
        #expect(answers.socketCount == 0)
        for await answer in answers { Issue.record("\(answer)") }
    }

    @Test func onlyTheTargetIsAsked() async throws {
        let fixture = try await Fixture()
        let operation = fixture.io.to("all").except(fixture.ids[0])
        let answers = try await operation.emitWithAck("question", as: String.self)
        #expect(answers.socketCount == 2)
        for client in fixture.clients { await client.run() }
        #expect(fixture.clients[0].events == [])
    }

    @Test func whatCannotBeEncodedIsAskedOfNobody() async throws {
        let fixture = try await Fixture()
        await #expect(throws: AcknowledgementError.self) {
            _ = try await fixture.io.emitWithAck("question", Double.nan, as: String.self)
        }
        await #expect(throws: AcknowledgementError.self) {
            _ = try await fixture.io.emitWithAck("disconnect", as: String.self)
        }
        for client in fixture.clients { await client.run() }
        #expect(fixture.clients.allSatisfy { $0.events.isEmpty })
    }
}
