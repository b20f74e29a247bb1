// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Martlet
import MartletTestSupport
import NIOConcurrencyHelpers
import Testing

/// POST requests that are cut off, where the session is on another event loop than the request.
struct CutUploadTests {
    /// A client that sees the end of its connection sends the body again at once: the session must know by then that the
    /// cut one does not come.
    @Test func theSessionHearsOfTheCutBeforeTheClientSeesTheEnd() async throws {
        let release = DispatchSemaphore(value: 0)
        let isBlocked = NIOLockedValueBox(false)
        let io = SocketIOServer()
        io.on("block") { (_: Socket) in
            isBlocked.withLockedValue { $0 = true }
            release.wait()
        }
        try await withServer(.standalone, io) { port in
            // Whatever happens, the server can end.
            defer { release.signal() }
            // Connections go to the two loops in turn.
            var connections: [TestConnection] = []
            for _ in 0..<4 {
                let connection = try await TestConnection.connect(to: port)
                _ = try await connection.send("GET", "/health")
                connections.append(connection)
            }
            let home = try await connections[0].send("GET", "/socket.io/?EIO=4&transport=polling")
            let sid = try #require(home.body.split(separator: "\"").dropFirst(3).first)
            let target = "/socket.io/?EIO=4&transport=polling&sid=\(sid)"
            #expect(try await connections[0].send("POST", target, body: "40").status == 200)

            try await connections[0].write(TestConnection.request("POST", target, body: #"42["block"]"#))
            try await eventually("the loop is blocked") { isBlocked.withLockedValue { $0 } }
            let half = TestConnection.request("POST", target, fields: ["Content-Length: 1000"]) + "4half"
            try await connections[1].writeLast(half)
            // The other loop has heard of the end, and has had the time to close the connection.
            for _ in 0..<3 { _ = try await connections[3].send("GET", "/health") }
            #expect(!connections[1].hasEnded)

            release.signal()
            try await connections[1].waitForEnd()
            #expect(try await connections[0].response().status == 200)
            #expect(try await connections[2].send("POST", target, body: #"42["hello"]"#).status == 200)
            for connection in connections { await connection.close() }
        }
    }
}
