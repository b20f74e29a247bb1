// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Martlet
import MartletEvents
import MartletMessagePack
import MartletTestSupport
import MartletTesting
import NIOCore
import Testing

@testable import MartletAdmin

struct AdminTests {
    private func failure(_ io: SocketIOServer, token: String, path: String = "/admin") -> AdminError? {
        do throws(AdminError) {
            _ = try MartletServer.Mount.admin(io, token: token, path: path)
            return nil
        } catch {
            return error
        }
    }

    @Test func whatCannotBeSafeIsRefused() {
        let token = AdminFixture.token
        #expect(self.failure(SocketIOServer(), token: "") == .tokenTooShort)
        #expect(self.failure(SocketIOServer(), token: "short") == .tokenTooShort)
        for path in ["", "/", "admin", "/admin/", "/a b", "/a?b", "/ä", "/a\"b"] {
            #expect(self.failure(SocketIOServer(), token: token, path: path) == .invalidPath(path))
        }
        let io = SocketIOServer()
        #expect(self.failure(io, token: token) == nil)
        #expect(self.failure(io, token: token) == .namespaceExists("/admin"))
        #expect(self.failure(io, token: token, path: "/other/admin") == nil)
        var configuration = SocketIOConfiguration()
        configuration.parser = .messagePack
        #expect(self.failure(SocketIOServer(configuration: configuration), token: token) == .notJSON)
        #expect("\(AdminError.tokenTooShort)" == "the token has fewer than 16 bytes")
    }

    @Test func onlyWhoKnowsTheTokenIsLetIn() async throws {
        let fixture = try AdminFixture()
        await #expect(throws: TestClientError.refused(#"{"message":"Not authorized"}"#)) {
            _ = try await fixture.io.testClient(namespace: "/admin", on: fixture.eventLoop)
        }
        await #expect(throws: TestClientError.refused(#"{"message":"Not authorized"}"#)) {
            _ = try await fixture.adminClient(token: "a wrong one, but long")
        }
        #expect(!fixture.admin.ticker.isRunning)
        let admin = try await fixture.adminClient()
        struct Server: Decodable { let host: String?, process: Int, node: String? }
        let server: Server = try await admin.next("server").decode()
        #expect(server.process > 0)
        #expect(server.node == nil)
    }

    @Test func theServerOfAnAdminIsNotKept() async throws {
        weak var server: SocketIOServer?
        do {
            let fixture = try AdminFixture()
            server = fixture.io
            #expect(server != nil)
        }
        #expect(server == nil)
    }

    @Test func requestsThatMakeNoSenseAreRefused() async throws {
        let fixture = try AdminFixture()
        let admin = try await fixture.adminClient()
        #expect(try await admin.refusal("rooms", "text") == "This is not what the request takes")
        #expect(try await admin.refusal("rooms", ["limit": 1]) == "This is not what the request takes")
        for event in ["rooms", "sockets", "socket", "disconnect-socket", "broadcast"] {
            let request = AdminRequest(namespace: "/nowhere", id: "1", event: "a")
            #expect(try await admin.refusal(event, request) == "There is no such namespace", "\(event)")
        }
        // A namespace that is asked for is not made.
        #expect(fixture.io.existing("/nowhere") == nil)
        let request = AdminRequest(namespace: "/", id: "nobody")
        for event in ["socket", "disconnect-socket"] {
            #expect(try await admin.refusal(event, request) == "There is no such socket on this server")
        }
    }

    @Test func theCoderOfTheApplicationChangesNoKeys() async throws {
        var configuration = SocketIOConfiguration()
        configuration.coder = JSONArgumentCoder(keys: .snakeCase)
        let fixture = try AdminFixture(configuration: configuration)
        _ = try await fixture.client(rooms: ["a"])
        let answer: SocketsAnswer = try await fixture.adminClient().ask("sockets", AdminRequest(namespace: "/"))
        #expect(answer.sockets.map(\.roomCount) == [1])
    }
}
