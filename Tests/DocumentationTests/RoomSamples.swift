// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import Martlet
import MartletTesting
import Testing

/// The samples of HistoryAndPresence.md, Authentication.md and Errors.md, and what they say they do.
struct RoomSamples {
    private struct Profile: Codable, Equatable, Sendable { var name: String }

    private actor Users {
        func user(of token: String) -> String? { token == "secret" ? "ada" : nil }
    }

    private let io = SocketIOServer()

    @Test func aRoomHasAHistory() async throws {
        io.on("enter") { (socket: Socket, room: String, offset: String?) async -> Bool in
            await socket.join(room, after: offset)
        }
        io.to("lobby").kept.emit("said", "hello")
        var configuration = SocketIOConfiguration()
        configuration.history.maxCount = 50
        configuration.history.maxAge = .seconds(3600)
        let client = try await io.testClient()
        #expect(try await client.emitWithAck("enter", "lobby").description == "true")
        #expect(try await client.next("said").decode(as: String.self) == "hello")
    }

    @Test func presenceCountsUsers() async throws {
        let io = self.io
        let presence = Presence<Profile>(in: io, leaveDelay: .seconds(5))
        presence.onChange { change in
            io.local.to(change.room).emit("members", presence.members(of: change.room))
        }
        io.on("enter lobby") { (socket: Socket, profile: Profile) in
            presence.enter("lobby", as: profile.name, profile, with: socket)
        }
        let client = try await io.testClient()
        try await client.emit("enter lobby", Profile(name: "Ada"))
        #expect(try await client.next("members").arguments.description == #"[{"user":"Ada","info":{"name":"Ada"}}]"#)
    }

    @Test func aClientComesBack() async throws {
        var configuration = SocketIOConfiguration()
        configuration.connectionStateRecovery = ConnectionStateRecovery()
        let io = SocketIOServer(configuration: configuration)
        io.onConnection { socket in
            if !socket.recovered { socket.join("lobby") }
        }
        let client = try await io.testClient()
        let pid = try #require(client.received.first?.recoveryID)
        try await client.drop()
        io.to("lobby").emit("missed")
        let again = try await io.testClient(auth: ["pid": pid])
        #expect(again.received.first?.isEvent("missed") == true)
    }

    enum UserKey: SocketDataKey { typealias Value = String }

    actor Logins {
        func user(of fields: HTTPFields) -> String? { fields[.cookie] == "login=1" ? "ada" : nil }
    }

    @Test func whoHasLoggedInIsKnown() async throws {
        let logins = Logins()
        var configuration = SocketIOConfiguration()
        configuration.sessionIdentity = { request in
            await logins.user(of: request.head.headerFields)
        }
        let io = SocketIOServer(configuration: configuration)
        io.use { socket in
            guard let user = socket.handshake.request.identity else { throw ConnectionRefused(message: "Log in first") }
            socket.data[UserKey.self] = user
        }
        // Over sockets, the chat among the demo's samples does this.
        await #expect(throws: TestClientError.self) { try await io.testClient() }
    }

    @Test func middlewareAuthenticates() async throws {
        let users = Users()
        io.use { socket in
            let auth = try? socket.handshake.auth.decode(as: [String: String].self)
            guard let token = auth?["token"], let user = await users.user(of: token) else {
                throw ConnectionRefused(message: "Not authorized", data: ["retry": false])
            }
            socket.data[UserKey.self] = user
        }
        io.on("whoami") { (socket: Socket) -> String in
            socket.data[UserKey.self] ?? "nobody"
        }
        let client = try await io.testClient(auth: ["token": "secret"])
        #expect(try await client.emitWithAck("whoami").description == #""ada""#)
        await #expect(throws: TestClientError.refused(#"{"message":"Not authorized","data":{"retry":false}}"#)) {
            try await io.testClient()
        }
        io.to("user:ada").disconnectSockets(closingConnection: true)
    }

    @Test func errorsAreAnswered() async throws {
        io.on("divide") { (_: Socket, a: Int, b: Int) throws -> Int in
            guard b != 0 else { throw EventError(message: "Division by zero", code: "zero_divisor", data: ["b": b]) }
            return a / b
        }
        io.onError { failure in
            print(failure.event ?? "-", failure.socket?.id ?? "-", failure.error)
        }
        let client = try await io.testClient()
        #expect(
            try await client.emitWithAck("divide", 1, 0).description
                == #"{"error":{"name":"EventError","message":"Division by zero","code":"zero_divisor","data":{"b":0}}}"#
        )
    }

    @Test func anAnswerDoesNotCome() async throws {
        let client = try await io.testClient()
        let socket = try #require(await io.sockets().first)
        let asking = Task {
            do {
                let isReady = try await socket.emitWithAck("ready?", timeout: .seconds(5), as: Bool.self)
                print(isReady)
            } catch AcknowledgementError.timedOut {
                socket.disconnect()
            }
        }
        _ = try await client.next("ready?")
        await client.advanceTime(by: .seconds(6))
        try await asking.value
        await client.run()
        #expect(client.received.last?.kind == .disconnected)
    }
}
