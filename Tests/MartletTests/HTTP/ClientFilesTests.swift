// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import Martlet
import NIOCore
import Testing

/// The JavaScript client, as browsers get it.
struct ClientFilesTests {
    @Test(
        arguments: [
            ("martlet.js", "text/javascript; charset=utf-8"), ("martlet.min.js", "text/javascript; charset=utf-8"),
            ("martlet.esm.js", "text/javascript; charset=utf-8"), ("martlet.min.js.map", "application/json"),
            ("martlet.esm.js.map", "application/json"),
        ]
    )
    func aFileIsServedAndThenKnown(name: String, contentType: String) async throws {
        try await withServer(.standalone, .testing()) { port in
            let connection = try await TestConnection.connect(to: port)
            let first = try await connection.send("GET", "/socket.io/\(name)?v=1")
            #expect(first.status == 200)
            #expect(first["content-type"] == contentType)
            #expect(first["cache-control"] == "public, max-age=0")
            #expect(first.body.utf8.count > 1000)
            let tag = try #require(first["etag"])
            #expect(tag.hasPrefix("\"") && tag.hasSuffix("\"") && tag.utf8.count > 4)
            for known in [tag, "W/\(tag)", "\"other\", \(tag)", "*"] {
                let answer = try await connection.send(
                    "GET",
                    "/socket.io/\(name)",
                    fields: ["If-None-Match: \(known)"]
                )
                #expect(answer.status == 304, "\(known)")
                #expect(answer["etag"] == tag)
                #expect(answer["content-length"] == nil)
            }
            let changed = try await connection.send(
                "GET",
                "/socket.io/\(name)",
                fields: ["If-None-Match: \"other\""]
            )
            #expect(changed.status == 200 && changed.body == first.body)
            await connection.close()
        }
    }

    @Test func whatIsNoFileIsARequest() async throws {
        try await withServer(.standalone, .testing()) { port in
            let connection = try await TestConnection.connect(to: port)
            for name in ["nothing.js", "../martlet.js", "martlet.js/x"] {
                #expect(try await connection.send("GET", "/socket.io/\(name)").status == 400)
            }
            await connection.close()
        }
    }

    @Test func aBareEngineServesNoFiles() async throws {
        let server = EngineIOServer { _ in }
        try await withServer(.standalone, [.engineIO(server)]) { port in
            let connection = try await TestConnection.connect(to: port)
            #expect(try await connection.send("GET", "/engine.io/martlet.js").status == 400)
            await connection.close()
        }
    }
}
