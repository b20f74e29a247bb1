// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import MartletEngine
import MartletEvents
import MartletTestSupport
import NIOCore
import NIOEmbedded

@testable import MartletAdmin
@testable import MartletTesting

/// A server with admins, all on one event loop whose clock stands still.
struct AdminFixture {
    static let token = "the token of these tests"

    let io: SocketIOServer
    let admin: Admin
    let clock = ManualClock()
    let eventLoop = NIOAsyncTestingEventLoop()

    init(configuration: SocketIOConfiguration = SocketIOConfiguration()) throws {
        self.io = SocketIOServer(configuration: configuration)
        self.admin = try Admin(of: self.io, token: Self.token, path: "/admin", clock: self.clock)
        self.admin.listen(on: self.io)
        for namespace in [self.io.of("/"), self.io.of("/news")] {
            namespace.on("join") { (socket: Socket, rooms: [String]) in socket.join(rooms) }
        }
    }

    func client(_ namespace: String = "/", rooms: [String] = []) async throws -> (client: TestClient, id: String) {
        let client = try await self.io.testConnection(on: self.eventLoop)
        let id = try await client.join(namespace)
        if !rooms.isEmpty { try await client.emit("join", rooms, namespace: namespace) }
        return (client, id)
    }

    func adminClient(token: String = Self.token) async throws -> TestClient {
        try await self.io.testClient(namespace: "/admin", auth: ["token": token], on: self.eventLoop)
    }
}

/// What a request may have.
struct AdminRequest: Encodable, Sendable {
    var namespace: String?
    var room: String?
    var search: String?
    var offset: Int?
    var limit: Int?
    var id: String?
    var event: String?
    var arguments: SocketArgument?
    var closeConnection: Bool?
}

struct RoomsAnswer: Decodable, Equatable {
    struct Room: Decodable, Equatable {
        let name: String
        let sockets: Int
    }

    let rooms: [Room]
    let total: Int
    let isTotalExact: Bool
}

struct SocketAnswer: Decodable, Equatable {
    let id: String
    let namespace: String
    let transport: String
    let address: String?
    let connectedAt: Int
    let rooms: [String]
    let roomCount: Int
}

struct SocketsAnswer: Decodable, Equatable {
    let sockets: [SocketAnswer]
    let total: Int?
}

struct EventAnswer: Decodable, Equatable {
    let direction: String
    let name: String
    let at: Int
    let skipped: Int
}

struct FailureAnswer: Decodable {
    struct Failure: Decodable {
        let message: String
    }

    let error: Failure
}

extension TestClient {
    /// The answer to an admin's request.
    func ask<Answer: Decodable>(
        _ event: String,
        _ request: AdminRequest = AdminRequest(),
        as type: Answer.Type = Answer.self
    ) async throws -> Answer {
        let answer = try await self.emitWithAck(Event(event), request, namespace: "/admin")
        return try (answer[0] ?? .null).decode()
    }

    /// What is wrong with an admin's request.
    func refusal(_ event: String, _ request: some Encodable & Sendable) async throws -> String {
        let answer = try await self.emitWithAck(Event(event), request, namespace: "/admin")
        return try (answer[0] ?? .null).decode(as: FailureAnswer.self).error.message
    }
}
