// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import Martlet
import MartletTestSupport
import NIOConcurrencyHelpers
import Testing

/// The application hears which requests are refused, and why.
struct ConnectionErrorTests {
    private struct Failure: Error {}

    private final class Failures: Sendable {
        private let all = NIOLockedValueBox<[ConnectionFailure]>([])

        func add(_ failure: ConnectionFailure) { self.all.withLockedValue { $0.append(failure) } }

        /// The only failure since the last call.
        func take() throws -> ConnectionFailure {
            let all = self.all.withLockedValue { all in
                defer { all = [] }
                return all
            }
            #expect(all.count == 1)
            return try #require(all.first)
        }

        var isEmpty: Bool { self.all.withLockedValue { $0.isEmpty } }
    }

    private func withServer(
        _ body: (_ port: Int, _ connection: TestConnection, Failures) async throws -> Void
    ) async throws {
        let failures = Failures()
        let io = SocketIOServer.testing {
            $0.onConnectionError = { failures.add($0) }
            $0.allowRequest = { request in
                switch request.query["x"] {
                case "refused": throw RequestRefused(message: "go away")
                case "failed": throw Failure()
                default: break
                }
            }
            $0.httpMiddleware.append { request, _ in
                if request.query["x"] == "middleware" { throw Failure() }
                return nil
            }
        }
        try await MartletTests.withServer(.standalone, io) { port in
            let connection = try await TestConnection.connect(to: port)
            try await body(port, connection, failures)
            await connection.close()
        }
    }

    /// A request, the code of its refusal, and the details.
    @Test(
        arguments: [
            ("GET", "EIO=4&transport=none", 0, ["transport": "none"]),
            ("GET", "EIO=4&transport=polling&sid=abc", 1, ["sid": "abc"]),
            ("POST", "EIO=4&transport=polling&sid=abc", 1, ["sid": "abc"]),
            ("GET", "EIO=4&transport=sse&sid=abc&attach=1&ack=0", 1, ["sid": "abc"]),
            ("PUT", "EIO=4&transport=polling", 2, ["method": "PUT"]),
            ("GET", "EIO=4&transport=websocket", 3, ["name": "TRANSPORT_HANDSHAKE_ERROR"]),
            ("GET", "EIO=4&transport=polling&j=0", 3, ["name": "TRANSPORT_HANDSHAKE_ERROR"]),
            ("GET", "EIO=4&transport=polling&x=middleware", 3, ["name": "MIDDLEWARE_FAILURE"]),
            ("GET", "EIO=4&transport=polling&x=refused", 4, ["message": "go away"]),
            ("GET", "EIO=4&transport=polling&x=failed", 4, ["message": "Forbidden"]),
            ("GET", "EIO=3&transport=polling", 5, ["protocol": "3"]),
        ] as [(String, String, Int, [String: String])]
    )
    func aRefusalIsReportedOnce(method: String, query: String, code: Int, context: [String: String]) async throws {
        try await self.withServer { _, connection, failures in
            let answer = try await connection.send(method, "/socket.io/?\(query)", fields: ["X-Test: 1"])
            let failure = try failures.take()
            #expect(failure.code == code)
            #expect(failure.context == context)
            #expect(failure.request.target == "/socket.io/?\(query)")
            #expect(failure.request.head.method.rawValue == method)
            #expect(failure.request.remoteAddress?.ipAddress == "127.0.0.1")
            #expect((failure.error == nil) == !query.contains("x="))
            if !query.contains("attach") { #expect(answer.body.contains(failure.message)) }
        }
    }

    @Test func aForeignOriginIsNamed() async throws {
        try await self.withServer { port, _, failures in
            for transport in [TransportName.websocket, .sse, .polling] {
                let answer = try await TestConnection.handshake(
                    transport,
                    on: port,
                    fields: ["Origin: https://example.org"]
                )
                #expect(answer.status == 403)
                let failure = try failures.take()
                #expect(failure.code == 4)
                #expect(failure.context == ["name": "INVALID_ORIGIN", "origin": "https://example.org"])
            }
        }
    }

    @Test func aWebSocketHandshakeThatIsNoneIsReported() async throws {
        try await self.withServer { _, connection, failures in
            let answer = try await connection.send(
                "GET",
                "/socket.io/?EIO=4&transport=websocket",
                fields: ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"]
            )
            #expect(answer.status == 400)
            let failure = try failures.take()
            #expect(failure.code == 3)
            #expect(failure.context == ["name": "TRANSPORT_HANDSHAKE_ERROR"])
        }
    }

    @Test func aTransportThatTheSessionIsNotOnIsReported() async throws {
        try await self.withServer { port, connection, failures in
            let session = try await TestSession.joined(.polling, on: port)
            #expect(failures.isEmpty)
            let target = "/socket.io/?EIO=4&transport=sse&sid=\(await session.sid)"
            for method in ["GET", "POST"] {
                let body = method == "POST" ? "2" : nil
                #expect(try await connection.send(method, target, body: body).status == 400)
                let failure = try failures.take()
                #expect(failure.code == 3)
                #expect(
                    failure.context
                        == ["name": "TRANSPORT_MISMATCH", "transport": "sse", "previousTransport": "polling"]
                )
            }
            await session.close()
        }
    }
}
