// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import Martlet
import NIOCore
import Testing

/// The JavaScript client, as browsers get it.
struct ClientFilesTests {
    private static let scripts = ["martlet.js", "martlet.min.js", "martlet.esm.js"]
    private static let maps = ["martlet.min.js.map", "martlet.esm.js.map"]

    /// What the package's traits have put into the binary.
    private static var files: [(name: String, contentType: String)] {
        var files: [(name: String, contentType: String)] = []
        #if EmbeddedClient
        files += Self.scripts.map { ($0, "text/javascript; charset=utf-8") }
        #endif
        #if ClientSourceMaps
        files += Self.maps.map { ($0, "application/json") }
        #endif
        return files
    }

    @Test(arguments: ClientFilesTests.files)
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

    @Test(arguments: [
        ("socket.io.js", "martlet.js"), ("socket.io.min.js", "martlet.min.js"),
        ("socket.io.esm.min.js", "martlet.esm.js"),
    ])
    func aPageOfSocketIOGetsTheClient(asked: String, name: String) async throws {
        try await withServer(.standalone, .testing()) { port in
            let connection = try await TestConnection.connect(to: port)
            let answer = try await connection.send("GET", "/socket.io/\(asked)")
            let file = try await connection.send("GET", "/socket.io/\(name)")
            #expect(answer.status == file.status && answer.body == file.body && answer["etag"] == file["etag"])
            #expect(answer.status == (Self.files.contains { $0.name == name } ? 200 : 404))
            await connection.close()
        }
    }

    @Test(arguments: ClientFilesTests.files)
    func aPageOfAnAllowedOriginMayLoadAFile(name: String, contentType: String) async throws {
        let io = SocketIOServer.testing { $0.cors = .init(allowedOrigins: .only(["https://example.org"])) }
        try await withServer(.standalone, io) { port in
            let connection = try await TestConnection.connect(to: port)
            let answer = try await connection.send(
                "GET",
                "/socket.io/\(name)",
                fields: ["Origin: https://example.org"]
            )
            #expect(answer.status == 200)
            #expect(answer["content-type"] == contentType)
            #expect(answer["access-control-allow-origin"] == "https://example.org")
            await connection.close()
        }
    }

    @Test func aFileThatIsNotInTheBinaryIsNotFound() async throws {
        let files = Set(Self.files.map(\.name))
        try await withServer(.standalone, .testing()) { port in
            let connection = try await TestConnection.connect(to: port)
            for name in ["martlet.js/x", "martlet.ts"] + Self.scripts + Self.maps where !files.contains(name) {
                #expect(try await connection.send("GET", "/socket.io/\(name)").status == 404, "\(name)")
            }
            await connection.close()
        }
    }

    @Test func aScriptNamesItsMapWhereThatIsServed() async throws {
        let files = Set(Self.files.map(\.name))
        try await withServer(.standalone, .testing()) { port in
            let connection = try await TestConnection.connect(to: port)
            for name in Self.scripts where files.contains(name) {
                let script = try await connection.send("GET", "/socket.io/\(name)").body
                let hasMap = files.contains("\(name).map")
                #expect(script.hasSuffix("//# sourceMappingURL=\(name).map\n") == hasMap, "\(name)")
                #expect(script.contains("sourceMappingURL") == hasMap, "\(name)")
                #expect(script.hasSuffix("\n"))
            }
            await connection.close()
        }
    }

    @Test func whatIsNoFileIsARequest() async throws {
        try await withServer(.standalone, .testing()) { port in
            let connection = try await TestConnection.connect(to: port)
            for name in ["nothing.js", "../martlet.js"] {
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
