// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import Martlet
import MartletTestSupport
import NIOCore
import Testing

/// An application's own endpoint beside a Socket.IO server.
struct EndpointTests {
    private struct Mirror: Endpoint {
        let path = "/mirror"
        let maxBodySize = 100_000

        struct Failure: Error {}

        func respond(to request: HTTPRequest, body: ByteBuffer) async throws -> MartletServer.Reply {
            if request.path?.hasSuffix("?fail") == true { throw Failure() }
            let head = "\(request.method) \(request.path ?? "") \(request.headerFields[.userAgent] ?? "")|"
            return MartletServer.Reply(
                status: .created,
                headerFields: [.contentType: "text/plain"],
                body: ByteBuffer(string: head + String(buffer: body))
            )
        }
    }

    private func withMirror(
        _ host: TestHost,
        _ body: (TestConnection) async throws -> Void
    ) async throws {
        try await withServer(host, [.socketIO(.testing()), .endpoint(Mirror())]) { port in
            let connection = try await TestConnection.connect(to: port)
            try await body(connection)
            await connection.close()
        }
    }

    private func expect(_ status: Int, _ target: String, _ connection: TestConnection) async throws {
        let answer = try await connection.send("GET", target)
        #expect(answer.status == status, "\(target)")
    }

    @Test(arguments: TestHost.allCases)
    func aRequestIsAnswered(host: TestHost) async throws {
        try await self.withMirror(host) { connection in
            let answer = try await connection.send("GET", "/mirror/a?b=c", fields: ["User-Agent: test"])
            #expect(answer.status == 201)
            #expect(answer["content-type"] == "text/plain")
            #expect(answer.body == "GET /mirror/a?b=c test|")
        }
    }

    @Test(arguments: TestHost.allCases)
    func aBodyComesWhole(host: TestHost) async throws {
        let text = String(repeating: "0123456789", count: 9000)
        try await self.withMirror(host) { connection in
            // One connection, one request after the other.
            for body in ["", "hello", text] {
                let answer = try await connection.send("POST", "/mirror", body: body)
                #expect(answer.body == "POST /mirror |" + body)
            }
        }
    }

    @Test(arguments: TestHost.allCases)
    func aBodyThatIsTooLargeIsRefused(host: TestHost) async throws {
        try await self.withMirror(host) { connection in
            let body = String(repeating: "x", count: 100_001)
            let answer = try await connection.send("POST", "/mirror", body: body)
            #expect(answer.status == 413)
        }
    }

    @Test(arguments: TestHost.allCases)
    func whatAnEndpointThrowsIsTheServersError(host: TestHost) async throws {
        try await self.withMirror(host) { connection in
            try await self.expect(500, "/mirror?fail", connection)
            try await self.expect(201, "/mirror", connection)
        }
    }

    @Test(arguments: TestHost.allCases)
    func theOthersAreStillThere(host: TestHost) async throws {
        try await self.withMirror(host) { connection in
            try await self.expect(200, "/socket.io/?EIO=4&transport=polling", connection)
            let other = try await connection.send("GET", "/mirrored")
            #expect(!other.body.hasPrefix("GET /mirrored"))
        }
    }
}
