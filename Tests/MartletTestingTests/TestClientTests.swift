// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import MartletEngine
import MartletEvents
import MartletTesting
import Testing

struct TestClientTests {
    @Test func whatTheDocumentationShowsWorks() async throws {
        let io = SocketIOServer()
        io.onConnection { socket in
            socket.on("say") { (text: String) in io.emit("said", text) }
            socket.on("ask") { () async throws -> Int in try await socket.emitWithAck("how many", timeout: .seconds(5))
            }
        }
        let client = try await io.testClient()
        let other = try await io.testClient()
        try await client.emit("say", "hello")
        #expect(try await other.next("said").decode(as: String.self) == "hello")
        async let answer = client.emitWithAck("ask")
        try await client.acknowledge(client.next("how many"), with: 3)
        #expect(try await answer.description == "3")
    }

    @Test func theRequestIsAsTheTestSays() async throws {
        let io = SocketIOServer()
        io.on("who") { (socket: Socket) -> [String] in
            let request = socket.handshake.request
            return [request.head.headerFields[.cookie] ?? "", request.query["room"] ?? ""]
        }
        let client = try await io.testClient(fields: [.cookie: "session=1"], query: ["room": "a & b=é"])
        #expect(try await client.emitWithAck("who")[0]?.decode(as: [String].self) == ["session=1", "a & b=é"])
    }

    @Test func aRefusalIsThrown() async throws {
        let io = SocketIOServer()
        await #expect(throws: TestClientError.refused(#"{"message":"Invalid namespace"}"#)) {
            try await io.testClient(namespace: "/none")
        }
    }
}
