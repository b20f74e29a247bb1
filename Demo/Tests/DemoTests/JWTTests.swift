// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPTypes
import JWTKit
import Martlet
import MartletTesting
import NIOCore
import Testing

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// The samples of ``JWTSample`` do what Authentication.md says of them.
struct JWTTests {
    private static func keys() async -> JWTKeyCollection {
        await JWTKeyCollection().add(hmac: "a key of these tests, and of nothing else", digestAlgorithm: .sha256)
    }

    private static func token(
        _ user: String, _ keys: JWTKeyCollection, for seconds: TimeInterval
    ) async throws -> String {
        let end = Date(timeIntervalSinceNow: seconds)
        return try await keys.sign(JWTSample.Access(sub: .init(value: user), exp: .init(value: end)))
    }

    private static func server(_ keys: JWTKeyCollection) -> SocketIOServer {
        var configuration = SocketIOConfiguration()
        configuration.pingInterval = .seconds(1_000_000)
        let io = SocketIOServer(configuration: configuration)
        JWTSample.admit(to: io, keys)
        return io
    }

    @Test func onlyAGoodTokenIsLetIn() async throws {
        let keys = await Self.keys()
        let others = await JWTKeyCollection().add(
            hmac: "another key of these tests, as long as SHA-256", digestAlgorithm: .sha256)
        let io = Self.server(keys)
        let bad = [
            "", "none", try await Self.token("ada", keys, for: -1), try await Self.token("ada", others, for: 600),
        ]
        for token in bad {
            await #expect(throws: TestClientError.refused(#"{"message":"Not authorized"}"#)) {
                try await io.testClient(auth: ["token": token])
            }
        }
        _ = try await io.testClient(auth: ["token": try await Self.token("ada", keys, for: 600)])
        #expect(await io.sockets().first?.data["user", as: String.self] == "ada")
    }

    @Test func aSocketEndsWithItsToken() async throws {
        let keys = await Self.keys()
        let token = try await Self.token("ada", keys, for: 600)
        let client = try await Self.server(keys).testClient(auth: ["token": token])
        await client.advanceTime(by: .seconds(500))
        #expect(client.received.count == 1)
        await client.advanceTime(by: .seconds(100))
        #expect(client.received.suffix(2).map(\.kind) == [.event("credentials_expired"), .disconnected])
    }

    @Test func aNewTokenOfTheSameUserRenewsIt() async throws {
        let keys = await Self.keys()
        let token = try await Self.token("ada", keys, for: 600)
        let client = try await Self.server(keys).testClient(auth: ["token": token])
        let other = try await client.emitWithAck("renew", try await Self.token("eve", keys, for: 6000))
        #expect(other.description.contains("Not authorized"))
        _ = try await client.emitWithAck("renew", try await Self.token("ada", keys, for: 1200))
        await client.advanceTime(by: .seconds(1100))
        #expect(!client.received.contains { $0.kind == .disconnected })
        await client.advanceTime(by: .seconds(100))
        #expect(client.received.last?.kind == .disconnected)
    }

    @Test func theCookiesTokenSaysWhoMakesARequest() async throws {
        let keys = await Self.keys()
        var settings = SocketIOConfiguration()
        JWTSample.identify(&settings, keys)
        let io = SocketIOServer(configuration: settings)
        let (ports, listening) = AsyncStream.makeStream(of: Int.self)
        let configuration = MartletServer.Configuration(port: 0, threads: 1)
        let server = MartletServer(
            [.socketIO(io)], configuration: configuration, onListening: { listening.yield($0.port ?? 0) })
        let running = Task { try await server.run() }
        let port = try #require(await ports.first { _ in true })
        func get(_ query: String, _ cookie: String?) async throws -> (status: Int, body: String) {
            var request = URLRequest(url: try #require(URL(string: "http://127.0.0.1:\(port)/socket.io/?\(query)")))
            request.httpShouldHandleCookies = false
            request.setValue(cookie, forHTTPHeaderField: "Cookie")
            let (data, response) = try await URLSession.shared.data(for: request)
            return ((response as? HTTPURLResponse)?.statusCode ?? 0, String(decoding: data, as: UTF8.self))
        }
        let (ada, eve) = (try await Self.token("ada", keys, for: 600), try await Self.token("eve", keys, for: 600))
        let old = try await Self.token("ada", keys, for: -1)
        let opening = "EIO=4&transport=polling"
        #expect(try await get(opening, "access=\(old)").status == 403)
        let opened = try await get(opening, "a=b; access=\(ada)")
        let sid = try #require(opened.body.split(separator: "\"").dropFirst(3).first)
        for cookie in ["access=\(eve)", "access=\(old)", nil] {
            #expect(try await get("\(opening)&sid=\(sid)", cookie).status == 403)
        }
        running.cancel()
        _ = await running.result
    }
}
