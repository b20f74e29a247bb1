// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Martlet
import MartletTestSupport
import NIOCore
import Testing

/// Bounds on the head of a request.
struct RequestHeadLimiterTests {
    private func withLimits(
        _ configure: (inout MartletServer.Configuration) -> Void,
        _ body: (TestConnection) async throws -> Void
    ) async throws {
        try await withServer(.standalone, [.socketIO(.testing())], configure: configure) { port in
            let connection = try await TestConnection.connect(to: port)
            try await body(connection)
            await connection.close()
        }
    }

    @Test func aHeadThatTakesTooLongIsAnsweredWith408() async throws {
        try await self.withLimits {
            $0.headTimeout = .seconds(3) * TestTime.factor
        } _: { connection in
            try await connection.write("GET /socket.io/ HTTP/1.1\r\nHost: lo")
            let answer = try await connection.response()
            #expect(answer.status == 408)
            #expect(answer["connection"] == "close")
            try await connection.waitForEnd()
        }
    }

    @Test func aConnectionThatSaysNothingIsClosed() async throws {
        try await self.withLimits {
            $0.headTimeout = .milliseconds(100)
        } _: { connection in
            try await connection.waitForEnd()
            #expect(connection.unread.readableBytes == 0)
        }
    }

    @Test func aLaterHeadThatTakesTooLongIsAnsweredWith408() async throws {
        try await self.withLimits {
            $0.headTimeout = .seconds(3) * TestTime.factor
        } _: { connection in
            #expect(try await connection.send("GET", "/other").status == 404)
            try await connection.write("GET ")
            #expect(try await connection.response().status == 408)
            try await connection.waitForEnd()
        }
    }

    @Test func aConnectionWithoutRequestsIsClosedAfterItsIdleTime() async throws {
        try await self.withLimits {
            $0.idleTimeout = .milliseconds(100)
        } _: { connection in
            #expect(try await connection.send("GET", "/other").status == 404)
            try await connection.waitForEnd()
        }
    }

    @Test func aGetThatWaitsIsNotIdle() async throws {
        let io = SocketIOServer.testing()
        try await withServer(.standalone, [.socketIO(io)]) {
            $0.idleTimeout = .milliseconds(100)
            $0.headTimeout = .seconds(3) * TestTime.factor
        } _: { port in
            let stream = try await TestConnection.connect(to: port)
            try await stream.write(TestConnection.request("GET", "/socket.io/?EIO=4&transport=sse"))
            _ = try await stream.responseHead()
            let start = ContinuousClock.now
            try await eventually("the idle time") {
                ContinuousClock.now - start > .milliseconds(3300) * TestTime.factor
            }
            #expect(await io.statistics().sessions == 1)
            #expect(stream.channel.isActive)
            await stream.close()
        }
    }

    @Test(arguments: [true, false])
    func aHeadThatIsTooLargeIsAnsweredWith431(inTarget: Bool) async throws {
        try await self.withLimits { _ in
        } _: { connection in
            let filler = String(repeating: "x", count: 17 << 10)
            try await connection.write(
                inTarget
                    ? "GET /\(filler) HTTP/1.1\r\n" : "GET / HTTP/1.1\r\nHost: localhost\r\nX-Filler: \(filler)\r\n"
            )
            let answer = try await connection.response()
            #expect(answer.status == 431)
            try await connection.waitForEnd()
        }
    }

    @Test func aLargeHeadThatComesInOneReadIsAnsweredWith431Too() async throws {
        try await self.withLimits {
            $0.maxHeadSize = 1000
        } _: { connection in
            let filler = String(repeating: "x", count: 1000)
            let answer = try await connection.send("GET", "/other", fields: ["X-Filler: \(filler)"])
            #expect(answer.status == 431)
            try await connection.waitForEnd()
        }
    }

    @Test func aRefusalComesBehindTheAnswersToWhatCameWithIt() async throws {
        try await self.withLimits {
            $0.maxHeadSize = 1000
        } _: { connection in
            let request = TestConnection.request("GET", "/socket.io/martlet.min.js", fields: ["Accept-Encoding: gzip"])
            let large = "GET /\(String(repeating: "x", count: 1000)) HTTP/1.1\r\n\r\n"
            try await connection.write(request + request + large)
            for status in [200, 200, 431] { #expect(try await connection.response().status == status) }
            try await connection.waitForEnd()
        }
    }

    @Test(arguments: ["", "Host: a\r\nHost: b\r\n"])
    func aRequestHasOneHost(hosts: String) async throws {
        try await self.withLimits { _ in
        } _: { connection in
            try await connection.write("GET /other HTTP/1.1\r\n\(hosts)\r\n")
            #expect(try await connection.response().status == 400)
            try await connection.waitForEnd()
        }
    }

    @Test func anAnswerToHTTP10EndsTheConnection() async throws {
        try await self.withLimits { _ in
        } _: { connection in
            try await connection.write("GET /socket.io/?EIO=4&transport=polling HTTP/1.0\r\n\r\n")
            #expect(try await connection.response().status == 200)
            try await connection.waitForEnd()
        }
    }

    @Test func aHeadOfTheLargestSizeIsTaken() async throws {
        try await self.withLimits { _ in
        } _: { connection in
            let filler = String(repeating: "x", count: (16 << 10) - 200)
            for _ in 0..<2 {
                let answer = try await connection.send("GET", "/other", fields: ["X-Filler: \(filler)"])
                #expect(answer.status == 404)
            }
        }
    }

    @Test func aBodyIsNoHead() async throws {
        try await self.withLimits {
            $0.headTimeout = .seconds(3) * TestTime.factor
        } _: { connection in
            try await connection.write("POST /other HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n")
            try await connection.write(String(repeating: "x", count: 99_999))
            let start = ContinuousClock.now
            try await eventually("the head's time") {
                ContinuousClock.now - start > .milliseconds(3300) * TestTime.factor
            }
            try await connection.write("x")
            #expect(try await connection.response().status == 404)
        }
    }

    @Test(arguments: ["nonsense\r\n\r\n", "GET / HTTP/1.1\r\nHost localhost\r\n\r\n", "\u{16}\u{3}\u{1}\u{2}\u{0}"])
    func whatIsNoHTTPIsAnsweredWith400(text: String) async throws {
        try await self.withLimits { _ in
        } _: { connection in
            try await connection.write(text)
            #expect(try await connection.response().status == 400)
            try await connection.waitForEnd()
        }
    }
}
