// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Martlet
import MartletTesting
import Testing

/// The samples of RoomsAndEvents.md, and what they say they do.
struct RoomsAndEventsSamples {
    struct Draft: Codable, Sendable { var text: String }

    actor Store {
        private var drafts: [Draft] = []

        func save(_ draft: Draft) throws -> Int {
            self.drafts.append(draft)
            return self.drafts.count
        }
    }

    private let io = SocketIOServer()

    @Test func eventsAreHeardAndAnswered() async throws {
        let store = Store()
        io.on("say") { (socket: Socket, room: String, text: String) in
            socket.to(room).emit("said", text)
        }
        io.on("save") { (socket: Socket, draft: Draft) async throws -> Int in
            try await store.save(draft)  // what it returns is the acknowledgement
        }
        let client = try await io.testClient()
        #expect(try await client.emitWithAck("save", Draft(text: "x"))[0]?.decode(as: Int.self) == 1)
    }

    enum Chat {
        static let said = Event<String, Date>("said")
        static let cleared: Event<> = "cleared"  // without arguments
    }

    @Test func anEventIsDeclaredOnce() async throws {
        io.on(Chat.said) { (socket: Socket, text: String, time: Date) in
            socket.broadcast.emit(Chat.said, text, time)
        }
        let ada = try await io.testClient()
        let bob = try await io.testClient()
        let time = Date(timeIntervalSince1970: 1000)
        try await ada.emit("said", "hello", time)
        let event = try await bob.next("said")
        #expect(try event.arguments[1]?.decode(as: Date.self) == time)
    }

    @Test func roomsAreAddressed() async throws {
        io.onConnection { socket in
            socket.join("lobby")
            socket.to("lobby").emit("arrived", socket.id)  // all others there
        }
        let ada = try await io.testClient()
        _ = try await io.testClient()
        _ = try await ada.next("arrived")
        io.to("lobby").except("muted").emit("news", "hello")  // each once, whatever rooms they share
        io.volatile.emit("cursor", 1, 2)  // not to those who would have to wait for it
        _ = try await ada.next("news")
        _ = try await ada.next("cursor")
        let count = await io.to("lobby").count()
        io.to("lobby").socketsJoin("garden")
        io.to("banned").disconnectSockets(closingConnection: true)
        #expect(count == 2)
        #expect(await io.to("garden").count() == 2)
    }

    @Test func theServerAsks() async throws {
        let answers = AsyncStream.makeStream(of: Bool.self)
        io.onConnection { (socket: Socket) async in
            do {
                let isReady = try await socket.emitWithAck("ready?", timeout: .seconds(5), as: Bool.self)
                answers.continuation.yield(isReady)
            } catch {
                Issue.record(error)
            }
        }
        let client = try await io.testClient()
        try await client.acknowledge(client.next("ready?"), with: true)
        #expect(await answers.stream.first { _ in true } == true)
    }

    @Test func aBroadcastAsks() async throws {
        io.onConnection { $0.join("lobby") }
        let ada = try await io.testClient()
        let bob = try await io.testClient()
        async let yes: Void = ada.acknowledge(ada.next("ready?"), with: true)
        async let no: Void = bob.acknowledge(bob.next("ready?"), with: false)
        let answers = try await io.to("lobby").emitWithAck("ready?", timeout: .seconds(5), as: Bool.self)
        let (replies, failures) = await answers.collected()  // both by the id of the socket
        _ = try await (yes, no)
        #expect(Set(replies.values) == [true, false])
        #expect(failures.isEmpty)
    }

    @Test func middlewareDecides() async throws {
        io.use { socket in
            let auth = try socket.handshake.auth.decode(as: [String: String].self)
            guard auth["token"] == "secret" else { throw ConnectionRefused(message: "Not authorized") }
            socket.data["user"] = auth["user"]
        }
        _ = try await io.testClient(auth: ["token": "secret", "user": "ada"])
        #expect(await io.sockets().first?.data["user", as: String.self] == "ada")
        await #expect(throws: TestClientError.refused(#"{"message":"Not authorized"}"#)) {
            try await io.testClient(auth: ["token": "x"])
        }
    }
}
