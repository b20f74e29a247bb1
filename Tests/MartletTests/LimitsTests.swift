// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Martlet
import MartletTestSupport
import NIOCore
import Testing

/// What the peers of a server with limits see.
struct LimitsTests {
    private static let transports = BehaviourTests.transports

    private func handshake(_ transport: TransportName, on port: Int, _ fields: [String] = []) async throws
        -> (TestResponse, TestConnection)
    {
        let connection = try await TestConnection.connect(to: port)
        let target = "/socket.io/?EIO=4&transport=\(transport)"
        if transport == .websocket {
            try await connection.write(TestWebSocket.handshake(target, fields: fields))
        } else {
            try await connection.write(TestConnection.request("GET", target, fields: fields))
        }
        let head = try await connection.responseHead()
        return head.status < 400 || head["content-length"] == "0"
            ? (head, connection)
            : (try await self.body(of: head, on: connection), connection)
    }

    private func body(of head: TestResponse, on connection: TestConnection) async throws -> TestResponse {
        var response = head
        let length = try #require(head["content-length"].flatMap { Int($0) })
        response.body = try await connection.read("a body") { $0.readString(length: length) }
        return response
    }

    @Test(arguments: transports)
    func aHandshakePastTheServersLimitIsRefused(transport: TransportName) async throws {
        let notes = Notes()
        let io = SocketIOServer.testing {
            $0.limits.sessions = 1
            $0.onConnectionError = { notes.add("\($0.code) \($0.message) \($0.context)") }
        }
        try await withServer(.standalone, io) { port in
            let session = try await TestSession.joined(.websocket, on: port)
            let (answer, connection) = try await self.handshake(transport, on: port)
            #expect(answer.status == 503)
            #expect(answer["retry-after"] == "10")
            #expect(answer.body == #"{"code":4,"message":"Too many sessions"}"#)
            #expect(notes.all == [#"4 Too many sessions ["name": "LIMIT_EXCEEDED"]"#])
            let exceeded = await io.statistics().exceededLimits
            #expect(exceeded == [.sessions: 1])
            await connection.close()
            await session.close()
            try await eventually("room for another") {
                let (answer, connection) = try await self.handshake(transport, on: port)
                await connection.close()
                return answer.status < 400
            }
        }
    }

    @Test func anAddressIsThatOfTheClientBehindAProxy() async throws {
        let io = SocketIOServer.testing {
            $0.trustedProxies = .loopback
            $0.limits.sessionsPerAddress = 1
        }
        try await withServer(.standalone, io) { port in
            let one = "X-Forwarded-For: 2001:db8:0:1::1"
            let (first, connection) = try await self.handshake(.polling, on: port, [one])
            #expect(first.status == 200)
            let (second, another) = try await self.handshake(.sse, on: port, ["X-Forwarded-For: 2001:db8:0:1:2::3"])
            #expect(second.status == 429)
            #expect(second.body == #"{"code":4,"message":"Too many sessions"}"#)
            let (third, last) = try await self.handshake(.websocket, on: port, ["X-Forwarded-For: 192.0.2.7"])
            #expect(third.status == 101)
            for connection in [connection, another, last] { await connection.close() }
        }
    }

    @Test func handshakesPastTheRateAreRefused() async throws {
        let io = SocketIOServer.testing { $0.limits.handshakesPerAddress = RateLimit(perSecond: 0.001, burst: 2) }
        try await withServer(.standalone, io) { port in
            var statuses: [Int] = []
            for transport in Self.transports {
                let (answer, connection) = try await self.handshake(transport, on: port)
                statuses.append(answer.status)
                await connection.close()
            }
            #expect(statuses == [101, 200, 429])
            let exceeded = await io.statistics().exceededLimits
            #expect(exceeded == [.handshakesPerAddress: 1])
        }
    }

    @Test(arguments: transports)
    func aFastSenderIsSlowedDownAndLosesNothing(transport: TransportName) async throws {
        let notes = Notes()
        let io = SocketIOServer.testing(notes) { $0.limits.messagesPerSession = RateLimit(perSecond: 20, burst: 5) }
        try await withServer(.standalone, io) { port in
            let session = try await TestSession.joined(transport, on: port)
            try await session.send((0..<25).map { #"42["note","\#($0)"]"# })
            try await eventually("all events") { notes.all.count == 25 }
            #expect(notes.all == (0..<25).map(String.init))
            let exceeded = await io.statistics().exceededLimits
            #expect((exceeded[.messagesPerSession] ?? 0) > 0)
            await session.close()
        }
    }

    @Test func aSocketIsInSoManyRoomsAtMost() async throws {
        let io = SocketIOServer.testing { $0.maxRooms = 3 }
        try await withServer(.standalone, io) { port in
            let session = try await TestSession.joined(.websocket, on: port)
            for room in ["a", "b", "c", "d", "e", "a"] { try await session.send(#"42["join","\#(room)"]"#) }
            let socket = try #require(await io.sockets().first)
            try await eventually("the refusals") { await io.statistics().exceededLimits[.rooms] ?? 0 > 1 }
            #expect(socket.rooms.isSubset(of: ["a", "b", "c", socket.id]))
            socket.leave("a")
            socket.join("f")
            try await eventually("another room") { socket.rooms.contains("f") }
            await session.close()
        }
    }

    @Test func attachmentsAreLimitedInBytes() async throws {
        let notes = Notes()
        let io = SocketIOServer.testing(notes) { $0.maxAttachmentBytes = 4 }
        try await withServer(.standalone, io) { port in
            let session = try await TestSession.joined(.websocket, on: port)
            let event = #"452-["echo",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]"#
            try await session.send(event, "bAQI=", "bAQI=")
            #expect(try await session.nextMessage().hasPrefix("452-"))
            _ = try await session.nextMessage()
            _ = try await session.nextMessage()
            try await session.send(event, "bAQI=", "bAQID")
            _ = try await session.waitForEnd()
            try await eventually("the end") { notes.all == ["disconnected: parse error"] }
            let exceeded = await io.statistics().exceededLimits
            #expect(exceeded == [.attachments: 1])
            await session.close()
        }
    }
}
