// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import Martlet
import MartletTestSupport
import NIOCore
import Testing

struct ConnectionLimitsTests {
    private let io = SocketIOServer.testing()

    private func server(
        _ limits: Notes,
        _ configure: (inout MartletServer.Configuration) -> Void,
        _ body: (_ port: Int) async throws -> Void
    ) async throws {
        try await withServer(
            .standalone,
            [.socketIO(self.io)],
            configure: {
                $0.onLimitExceeded = { limit, _ in limits.add(limit.rawValue) }
                configure(&$0)
            },
            body
        )
    }

    private func status(on connection: TestConnection) async throws -> Int {
        try await connection.send("GET", "/health").status
    }

    @Test func aConnectionPastTheServersLimitIsToldSoAndClosed() async throws {
        let limits = Notes()
        try await self.server(limits) {
            $0.maxConnections = 1
        } _: { port in
            let first = try await TestConnection.connect(to: port)
            #expect(try await self.status(on: first) == 200)
            let second = try await TestConnection.connect(to: port)
            let answer = try await second.responseHead()
            #expect(answer.status == 503)
            #expect(answer["retry-after"] == "10")
            try await second.waitForEnd()
            #expect(limits.all == ["connections"])
            await first.close()
            try await eventually("room for another") {
                let connection = try await TestConnection.connect(to: port)
                let status = try? await self.status(on: connection)
                await connection.close()
                return status == 200
            }
        }
    }

    @Test func connectionsOfOneAddressAreLimited() async throws {
        let limits = Notes()
        try await self.server(limits) {
            $0.maxConnectionsPerAddress = 1
        } _: { port in
            let first = try await TestConnection.connect(to: port)
            #expect(try await self.status(on: first) == 200)
            let second = try await TestConnection.connect(to: port)
            #expect(try await second.responseHead().status == 429)
            #expect(limits.all == ["connectionsPerAddress"])
            for connection in [first, second] { await connection.close() }
        }
    }

    @Test func theConnectionsOfAProxyCountForNoAddress() async throws {
        let behindAProxy: (inout MartletServer.Configuration) -> Void = {
            $0.maxConnectionsPerAddress = 1
            $0.trustedProxies = .loopback
        }
        try await self.server(Notes(), behindAProxy) { port in
            for _ in 0..<3 {
                let connection = try await TestConnection.connect(to: port)
                #expect(try await self.status(on: connection) == 200)
            }
        }
    }

    @Test func anAddressMayNotConnectTooOften() async throws {
        let limits = Notes()
        try await self.server(limits) {
            $0.connectionsPerAddress = RateLimit(perSecond: 0.001, burst: 2)
        } _: { port in
            for _ in 0..<2 {
                let connection = try await TestConnection.connect(to: port)
                #expect(try await self.status(on: connection) == 200)
                await connection.close()
            }
            let third = try await TestConnection.connect(to: port)
            #expect(try await third.responseHead().status == 429)
            #expect(limits.all == ["newConnectionsPerAddress"])
            await third.close()
        }
    }

    @Test func aConnectionEndsAfterSoManyRequests() async throws {
        try await self.server(Notes()) {
            $0.maxRequestsPerConnection = 3
        } _: { port in
            let connection = try await TestConnection.connect(to: port)
            for number in 1...3 {
                let answer = try await connection.send("GET", "/health")
                #expect(answer.status == 200)
                #expect(answer["connection"] == (number == 3 ? "close" : nil))
            }
            try await connection.waitForEnd()
        }
    }

    @Test func aBodyThatComesTooSlowlyIsRefused() async throws {
        let limits = Notes()
        try await self.server(limits) {
            $0.bodyTimeout = .milliseconds(100)
        } _: { port in
            let session = try await TestSession.joined(.polling, on: port)
            let connection = try await TestConnection.connect(to: port)
            let target = await session.target
            try await connection.write("POST \(target) HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n42[")
            #expect(try await connection.responseHead().status == 408)
            try await connection.waitForEnd()
            #expect(limits.all == ["bodyTime"])
            // The body was the only one that the session waits for.
            try await session.send(#"42["note","next"]"#)
            await session.close()
        }
    }

    @Test func aBodyThatTheServerDoesNotReadIsNotRefused() async throws {
        var configuration = SocketIOConfiguration()
        let (asked, ask) = AsyncStream.makeStream(of: Void.self)
        let (gate, open) = AsyncStream.makeStream(of: Void.self)
        configuration.httpMiddleware = [
            { request, _ in
                let length = request.head.headerFields[.contentLength].flatMap { Int($0) } ?? 0
                guard length > 1000 else { return nil }
                ask.yield()
                for await _ in gate {}
                return nil
            }
        ]
        let io = SocketIOServer(configuration: configuration)
        let configure: (inout MartletServer.Configuration) -> Void = {
            $0.bodyTimeout = .seconds(4) * TestTime.factor
        }
        try await withServer(.standalone, [.socketIO(io)], configure: configure) { port in
            let session = try await TestSession.open(.polling, on: port)
            try await session.send("40")
            let event = #"42["note","\#(String(repeating: "x", count: 200_000))"]"#
            let sending = Task { try await session.post(event) }
            for await _ in asked { break }
            let other = try await TestConnection.connect(to: port)
            // Another connection's body times out meanwhile.
            try await other.write("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n42[")
            #expect(try await other.responseHead().status == 408)
            open.finish()
            #expect(try await sending.value.status == 200)
            await session.close()
        }
    }
}
