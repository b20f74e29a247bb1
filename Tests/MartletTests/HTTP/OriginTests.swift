// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Martlet
import NIOCore
import Testing

/// CORS and the refusal of foreign origins, over real requests.
struct OriginTests {
    private static let foreign = "Origin: https://example.org"
    private static let polling = "/socket.io/?EIO=4&transport=polling"

    @Test func aPreflightRequestIsAnswered() async throws {
        let io = SocketIOServer.testing {
            $0.cors = .init(
                allowedOrigins: .only(["https://example.org"]),
                allowsCredentials: true,
                maxAge: .seconds(600)
            )
        }
        try await withServer(.standalone, io) { port in
            let connection = try await TestConnection.connect(to: port)
            let answer = try await connection.send(
                "OPTIONS",
                Self.polling,
                fields: [Self.foreign, "Access-Control-Request-Method: POST", "Access-Control-Request-Headers: x-a"]
            )
            #expect(answer.status == 204)
            #expect(answer["content-length"] == nil)
            #expect(answer["access-control-allow-origin"] == "https://example.org")
            #expect(answer["access-control-allow-credentials"] == "true")
            #expect(answer["access-control-allow-methods"] == "GET,POST")
            #expect(answer["access-control-allow-headers"] == "x-a")
            #expect(answer["access-control-max-age"] == "600")
            #expect(answer["vary"]?.contains("Origin") == true)
            // The connection goes on.
            let handshake = try await connection.send("GET", Self.polling, fields: [Self.foreign])
            #expect(handshake.status == 200)
            #expect(handshake["access-control-allow-origin"] == "https://example.org")
            await connection.close()
        }
    }

    @Test(arguments: ["websocket", "sse", "polling"])
    func behindAProxyThatReplacesHostTheHostThatItNamesCounts(transport: String) async throws {
        for isTrusted in [false, true] {
            let io = SocketIOServer.testing { if isTrusted { $0.trustedProxies = .loopback } }
            try await withServer(.standalone, io) { port in
                for field in ["X-Forwarded-Host: app.example", #"Forwarded: for=192.0.2.1;host="app.example""#] {
                    let connection = try await TestConnection.connect(to: port)
                    let target = "/socket.io/?EIO=4&transport=\(transport)"
                    let fields = ["Origin: https://app.example", field]
                    let request =
                        transport == "websocket"
                        ? TestWebSocket.handshake(target, fields: fields)
                        : TestConnection.request("GET", target, fields: fields)
                    try await connection.write(request)
                    let status = try await connection.responseHead().status
                    #expect(status == (isTrusted ? transport == "websocket" ? 101 : 200 : 403))
                    await connection.close()
                }
            }
        }
    }

    @Test func aForeignPageMayNeitherPostNorOpenAWebSocket() async throws {
        try await withServer(.standalone, .testing()) { port in
            let session = try await TestSession.joined(.polling, on: port)
            let answer = try await session.post("4x", fields: [Self.foreign])
            #expect(answer.status == 403)
            #expect(answer.body == #"{"code":4,"message":"Forbidden"}"#)
            #expect(answer["access-control-allow-origin"] == nil)
            let connection = try await TestConnection.connect(to: port)
            try await connection.write(
                TestWebSocket.handshake("/socket.io/?EIO=4&transport=websocket", fields: [Self.foreign])
            )
            #expect(try await connection.response().status == 403)
            try await connection.waitForEnd()
            // The session knows nothing of it.
            try await session.send(#"42["echo",1]"#)
            #expect(try await session.nextMessage() == #"42["echo",1]"#)
            await session.close()
        }
    }

    /// Whatever the request is for, on each transport and by each method.
    @Test(arguments: [TransportName.websocket, .sse, .polling], TestHost.allCases)
    func aForeignPageGetsAtNothing(transport: TransportName, host: TestHost) async throws {
        let io = SocketIOServer.testing()
        try await withServer(host, io) { port in
            let plain = try await TestSession.open(.polling, on: port)
            let lossless = try await LosslessClient(on: port)
            let sids = [await plain.sid, lossless.sid]
            var queries = ["", "&resume=1", "&probe=1", "&sid=\(lossless.sid)&attach=1&ack=0"]
            queries += sids.map { "&sid=\($0)" }
            for query in queries {
                let answer = try await TestConnection.handshake(
                    transport, on: port, query: query, fields: [Self.foreign])
                #expect(answer.status == 403, "\(query)")
                #expect(answer.body == #"{"code":4,"message":"Forbidden"}"#)
            }
            if transport != .websocket {
                for sid in sids {
                    let connection = try await TestConnection.connect(to: port)
                    let target = "/socket.io/?EIO=4&transport=\(transport)&sid=\(sid)"
                    let answer = try await connection.send("POST", target, fields: [Self.foreign], body: "40")
                    #expect(answer.status == 403)
                    await connection.close()
                }
            }
            #expect(await io.statistics().sessions == 2)
            #expect(await io.statistics().messagesIn == 0)
            await plain.close()
        }
    }

    @Test func aListedPageMayDoBoth() async throws {
        let io = SocketIOServer.testing { $0.cors = .init(allowedOrigins: .only(["https://example.org"])) }
        try await withServer(.standalone, io) { port in
            let session = try await TestSession.joined(.polling, on: port)
            #expect(try await session.post("6", fields: [Self.foreign]).status == 200)
            let socket = try await TestWebSocket.connect(
                to: port,
                "/socket.io/?EIO=4&transport=websocket",
                fields: [Self.foreign]
            )
            await socket.connection.close()
            await session.close()
        }
    }

    @Test func aPageOfTheSameOriginMayDoBoth() async throws {
        try await withServer(.standalone, .testing()) { port in
            let session = try await TestSession.joined(.polling, on: port)
            #expect(try await session.post("6", fields: ["Origin: http://localhost"]).status == 200)
            let socket = try await TestWebSocket.connect(
                to: port,
                "/socket.io/?EIO=4&transport=websocket",
                fields: ["Origin: http://localhost:8080"]
            )
            await socket.connection.close()
            await session.close()
        }
    }
}
