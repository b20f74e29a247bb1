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

    /// A page cannot be made to run what the server says, and no cache keeps it (Fetch standard; RFC 9111, 5.2.2.5).
    @Test(arguments: TestHost.allCases)
    func noAnswerIsSniffedOrStored(host: TestHost) async throws {
        let io = SocketIOServer.testing {
            $0.cors = .init(allowedOrigins: .only(["https://example.org"]))
            $0.maxPayload = 1000
            $0.allowRequest = { if $0.query["x"] == "refused" { throw RequestRefused(message: "no") } }
            $0.httpMiddleware.append { request, _ in
                request.query["x"] == "answered" ? HTTPReply(status: .accepted) : nil
            }
        }
        try await withServer(host, io) { port in
            let client = try await LosslessClient(on: port)
            let opening = "/socket.io/?EIO=4&transport=polling"
            let streaming = "/socket.io/?EIO=4&transport=sse"
            let polling = client.target(.polling)
            let requests: [(method: String, target: String, fields: [String], body: String?, status: Int)] = [
                ("GET", opening, [], nil, 200), ("GET", streaming, [], nil, 200),
                ("GET", streaming + "&probe=1", [], nil, 200),
                ("POST", polling + "&seq=1", [], "40", 200), ("GET", polling + "&ack=0", [], nil, 200),
                ("POST", polling + "&seq=2", [], String(repeating: "x", count: 1001), 413),
                ("GET", client.target(.sse, "&attach=1&ack=1"), [], nil, 200),
                ("GET", opening + "&sid=unknown", [], nil, 400), ("POST", opening, [], "40", 400),
                ("PUT", opening, [], "40", 400), ("GET", "/socket.io/?EIO=4&transport=none", [], nil, 400),
                ("GET", "/socket.io/?EIO=4&transport=websocket", [], nil, 400), ("GET", opening + "&j=1", [], nil, 400),
                ("GET", opening, ["Origin: https://example.com"], nil, 403),
                ("GET", opening + "&x=refused", [], nil, 403), ("GET", opening + "&x=answered", [], nil, 202),
                ("OPTIONS", opening, ["Origin: https://example.org"], nil, 204),
                ("GET", "/socket.io/martlet.none.js", [], nil, 404),
            ]
            for (method, target, fields, body, status) in requests {
                let connection = try await TestConnection.connect(to: port)
                try await connection.write(TestConnection.request(method, target, fields: fields, body: body))
                let answer = try await connection.responseHead()
                #expect(answer.status == status, "\(method) \(target)")
                #expect(answer["x-content-type-options"] == "nosniff", "\(method) \(target)")
                #expect(answer["cache-control"]?.contains("no-store") == true, "\(method) \(target)")
                await connection.close()
            }
        }
    }

    @Test func theApplicationMayHaveItsOwnAnswersStored() async throws {
        let io = SocketIOServer.testing {
            $0.httpMiddleware.append { _, _ in
                HTTPReply(status: .ok, headerFields: [.cacheControl: "max-age=60", .xContentTypeOptions: "other"])
            }
        }
        try await withServer(.standalone, io) { port in
            let answer = try await TestConnection.handshake(.polling, on: port)
            #expect(answer["cache-control"] == "max-age=60")
            #expect(answer["x-content-type-options"] == "other")
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
