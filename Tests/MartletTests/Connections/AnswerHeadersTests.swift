// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import Martlet
import MartletTestSupport
import Testing

/// What answers carry beside the server's own fields.
struct AnswerHeadersTests {
    private static let transports: [TransportName] = [.websocket, .sse, .polling]

    @Test(arguments: transports, TestHost.allCases)
    func fieldsAreAddedOnceASessionAndToEveryAnswer(transport: TransportName, host: TestHost) async throws {
        let io = SocketIOServer.testing {
            $0.initialHeaders = { request, fields in fields[.eTag] = request.query["name"] }
            $0.headers = { request, fields in
                fields[.server] = "\(request.head.method)"
                fields[.connection] = "strange"
            }
        }
        try await withServer(host, io) { port in
            let handshake = try await TestConnection.handshake(transport, on: port, query: "&name=n")
            #expect(handshake["etag"] == "n")
            #expect(handshake["server"] == "GET")
            #expect(handshake["connection"] != "strange")
            let refusal = try await TestConnection.handshake(
                TransportName(rawValue: "none"), on: port, query: "&name=n")
            #expect(refusal.status == 400)
            #expect(refusal["etag"] == nil)
            #expect(refusal["server"] == "GET")
            guard transport != .websocket else { return }
            let session = try await TestSession.open(transport, on: port)
            let answer = try await session.post("40")
            #expect(answer["etag"] == nil)
            #expect(answer["server"] == "POST")
            await session.close()
        }
    }

    @Test(arguments: transports, TestHost.allCases)
    func theCookieIsTheSessions(transport: TransportName, host: TestHost) async throws {
        let cookie = try SessionCookie()
        let io = SocketIOServer.testing { $0.cookie = cookie }
        try await withServer(host, io) { port in
            let connection = try await TestConnection.connect(to: port)
            try await connection.write(TestConnection.handshakeRequest(transport))
            let answer = try await connection.openingAnswer()
            guard transport != .websocket else {
                #expect(answer["set-cookie"] == nil)
                return await connection.close()
            }
            let open =
                transport == .polling
                ? answer.body : try await connection.chunk().map { String(buffer: $0) } ?? ""
            let sid = try #require(open.split(separator: "\"").dropFirst(3).first)
            #expect(answer["set-cookie"] == "io=\(sid); Path=/; HttpOnly; SameSite=Lax")
            let poster = try await TestConnection.connect(to: port)
            let target = "/socket.io/?EIO=4&transport=\(transport)&sid=\(sid)"
            #expect(try await poster.send("POST", target, body: "40")["set-cookie"] == nil)
            await poster.close()
            await connection.close()
        }
    }
}
