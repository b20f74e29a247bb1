// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import Martlet
import MartletTestSupport
import Testing

/// The application's middleware, before the server looks at a request.
struct HTTPMiddlewareTests {
    private static let transports: [TransportName] = [.websocket, .sse, .polling]

    private struct Failure: Error {}

    @Test(arguments: transports, TestHost.allCases)
    func middlewareRunsInOrderForEveryRequest(transport: TransportName, host: TestHost) async throws {
        let notes = Notes()
        let io = SocketIOServer.testing {
            $0.httpMiddleware.append { request, fields in
                notes.add("1 \(request.head.method)")
                fields[.server] = "first"
                fields[.contentLength] = "7"
                return nil
            }
            $0.httpMiddleware.append { request, fields in
                notes.add("2 \(request.head.method)")
                await suspendForAnotherThread()
                fields[.server] = "\(fields[.server] ?? "") second"
                return nil
            }
        }
        try await withServer(host, io) { port in
            let answer = try await TestConnection.handshake(transport, on: port)
            #expect(answer["server"] == "first second")
            #expect(answer["content-length"] != "7")
            #expect(notes.all == ["1 GET", "2 GET"])
            let session = try await TestSession.open(transport, on: port)
            try await session.join()
            try await session.send(#"42["echo",1]"#)
            #expect(try await session.nextMessage() == #"42["echo",1]"#)
            #expect(notes.all.contains("2 POST") == (transport != .websocket))
            await session.close()
        }
    }

    @Test(arguments: transports, TestHost.allCases)
    func anAnswerEndsTheRequest(transport: TransportName, host: TestHost) async throws {
        let io = SocketIOServer.testing {
            $0.httpMiddleware.append { _, fields in
                fields[.server] = "guard"
                return HTTPReply(
                    status: .unauthorized,
                    headerFields: [.wwwAuthenticate: "Basic", .contentType: "text/plain"],
                    body: ByteBuffer(string: "who?")
                )
            }
            $0.httpMiddleware.append { _, _ in
                Issue.record("the request has its answer")
                return nil
            }
            $0.allowRequest = { _ in Issue.record("the request has its answer") }
        }
        try await withServer(host, io) { port in
            let answer = try await TestConnection.handshake(transport, on: port)
            #expect(answer.status == 401)
            #expect(answer["www-authenticate"] == "Basic")
            #expect(answer["content-type"] == "text/plain")
            #expect(answer["server"] == "guard")
            #expect(answer.body == "who?")
        }
    }

    /// Also while the body of a POST is on its way, and for a connection that goes on.
    @Test(arguments: TestHost.allCases)
    func whatIsThrownRefusesTheRequest(host: TestHost) async throws {
        let io = SocketIOServer.testing {
            $0.httpMiddleware.append { request, _ in
                switch request.query["x"] {
                case "1": throw Failure()
                case "2": throw RequestRefused(message: "go away")
                default: return nil
                }
            }
        }
        try await withServer(host, io) { port in
            let connection = try await TestConnection.connect(to: port)
            let body = String(repeating: "x", count: 300_000)
            for method in ["GET", "POST"] {
                let target = "/socket.io/?EIO=4&transport=polling"
                let body = method == "POST" ? body : nil
                let failed = try await connection.send(method, target + "&x=1", body: body)
                #expect(failed.status == 400)
                #expect(failed.body == #"{"code":3,"message":"Bad request"}"#)
                let refused = try await connection.send(method, target + "&x=2", body: body)
                #expect(refused.status == 403)
                #expect(refused.body == #"{"code":4,"message":"go away"}"#)
            }
            #expect(try await connection.send("GET", "/socket.io/?EIO=4&transport=polling").status == 200)
            await connection.close()
        }
    }

    @Test func preflightRequestsAndTheClientsFilesPass() async throws {
        let io = SocketIOServer.testing {
            $0.cors = CORSConfiguration(allowedOrigins: .any)
            $0.httpMiddleware.append { _, _ in HTTPReply(status: .unauthorized) }
        }
        try await withServer(.standalone, io) { port in
            let connection = try await TestConnection.connect(to: port)
            let target = "/socket.io/?EIO=4&transport=polling"
            #expect(try await connection.send("OPTIONS", target).status == 204)
            let file = try await connection.send("GET", "/socket.io/martlet.js")
            #expect(file.status == 200 || file.status == 404)
            let answer = try await connection.send("GET", target, fields: ["Origin: https://example.org"])
            #expect(answer.status == 401)
            #expect(answer["access-control-allow-origin"] == "*")
            #expect(try await connection.send("GET", "/health").status == 200)
            await connection.close()
        }
    }
}
