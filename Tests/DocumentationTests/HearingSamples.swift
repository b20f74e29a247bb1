// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Martlet
import MartletTesting
import Testing

/// The samples of Hearing.md, and what they say they do.
struct HearingSamples {
    private let io = SocketIOServer()

    private actor Store {
        private(set) var sum = 0

        func add(_ number: Int) throws { self.sum += number }
    }

    @Test func aHandlerIsRemoved() async throws {
        io.onConnection { socket in
            let greeting = socket.on("hello") { socket.emit("hello back") }
            socket.on("enough") { socket.off(greeting) }
            socket.once("first") { (n: Int) in print("the first is \(n)") }
        }
        let client = try await io.testClient()
        for event in ["hello", "enough", "hello"] { try await client.emit(Event(event)) }
        #expect(client.received.filter { $0.isEvent("hello back") }.count == 1)
    }

    @Test func middlewareDecidesAboutEvents() async throws {
        io.use { (socket: Socket, event: String, arguments: SocketArguments) in
            guard event != "delete" || socket.data["role", as: String.self] == "admin" else {
                throw EventError(message: "Only for administrators")
            }
        }
        io.onConnection { socket in
            socket.use { event, arguments in print("\(socket.id) sent \(event) with \(arguments)") }
        }
        io.on("delete") { (_: Socket) in "deleted" }
        let client = try await io.testClient()
        let answer = try await client.emitWithAck("delete")
        #expect(answer.description == #"{"error":{"name":"EventError","message":"Only for administrators"}}"#)
    }

    @Test func allEventsAreHeard() async throws {
        io.onConnection { socket in
            socket.onAny { event, arguments in print("in: \(event)(\(arguments))") }
            socket.onAnyOutgoing { event, arguments in print("out: \(event)(\(arguments))") }
            socket.emit("hello")
        }
        let client = try await io.testClient()
        #expect(client.received.last?.isEvent("hello") == true)
    }

    @Test func eventsAreASequence() async throws {
        let store = Store()
        let client = try await io.testClient()
        let socket = try #require(await io.sockets().first)
        let task = Task {
            for await number in socket.events("count", as: Int.self) {
                try await store.add(number)
            }
        }
        while await store.sum < 3 {
            try await client.emit("count", 1)
            await Task.yield()
        }
        try await client.drop()
        try await task.value
    }

    @Test func socketsAreASequence() async throws {
        let io = self.io
        let task = Task { [connections = io.connections] in
            for await socket in connections {
                socket.on("ping") { "pong" }
            }
        }
        let client = try await io.testClient()
        #expect(try await client.emitWithAck("ping").description == #""pong""#)
        task.cancel()
        await task.value
    }

    @Test func namespacesAreTakenByName() async throws {
        io.of("/admin").use { socket in
            guard socket.handshake.query["key"] == "secret" else { throw ConnectionRefused(message: "No entry") }
        }
        io.of("/admin").onConnection { socket in socket.emit("welcome") }
        await #expect(throws: TestClientError.self) { try await io.testClient(namespace: "/admin") }
        let projects = io.of(matching: /\/project-\d+/)
        projects.onConnection { socket in
            socket.namespace.emit("arrived", socket.id)  // to those of the same project
        }
        let tenants = io.of { name, auth in name.hasPrefix("/tenant/") }
        tenants.emit("maintenance", "at noon")  // to the sockets of all tenants
        let client = try await io.testClient(namespace: "/project-1")
        _ = try await client.next("arrived")
        try await client.join("/tenant/a")
        tenants.emit("maintenance", "now")
        #expect(try await client.next("maintenance").namespace == "/tenant/a")
    }
}
