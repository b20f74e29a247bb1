// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Martlet
import NIOCore
import Testing
import WebSocketWire

/// Inside another server: what is not for Martlet passes untouched, in both directions.
struct EmbeddingTests {
    private static let polling = "/socket.io/?EIO=4&transport=polling"

    @Test func foreignRequestsPassWithTheirBodies() async throws {
        try await withServer(.embedded, .testing()) { port in
            let connection = try await TestConnection.connect(to: port)
            #expect(try await connection.send("GET", "/?a=b").body == "tail: GET /?a=b ")
            #expect(try await connection.send("POST", "/x", body: "hello").body == "tail: POST /x hello")
            let large = String(repeating: "x", count: 3_000_000)
            #expect(try await connection.send("PUT", "/large", body: large).body == "tail: PUT /large \(large)")
            try await connection.write(
                "POST /chunks HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
            )
            #expect(try await connection.response().body == "tail: POST /chunks abcde")
            await connection.close()
        }
    }

    @Test func foreignRequestsMayStandBetweenOurs() async throws {
        try await withServer(.embedded, .testing()) { port in
            let connection = try await TestConnection.connect(to: port)
            for round in 0..<5 {
                #expect(try await connection.send("GET", Self.polling).body.hasPrefix("0{"))
                let foreign = try await connection.send("POST", "/x", body: "\(round)")
                #expect(foreign.body == "tail: POST /x \(round)")
            }
            await connection.close()
        }
    }

    @Test func foreignRequestsMayBePipelinedAroundOurs() async throws {
        try await withServer(.embedded, .testing()) { port in
            let connection = try await TestConnection.connect(to: port)
            var text = ""
            for number in 0..<20 {
                text += TestConnection.request("POST", "/before", body: "\(number)")
                text += TestConnection.request("GET", Self.polling)
                text += TestConnection.request("POST", Self.polling, body: "none")
                text += TestConnection.request("GET", "/after")
            }
            try await connection.write(text)
            for number in 0..<20 {
                #expect(try await connection.response().body == "tail: POST /before \(number)")
                #expect(try await connection.response().body.hasPrefix("0{"))
                #expect(try await connection.response().status == 400)
                #expect(try await connection.response().body == "tail: GET /after ")
            }
            await connection.close()
        }
    }

    @Test func aForeignRequestBehindAGetThatWaitsIsAnsweredAfterIt() async throws {
        try await withServer(.embedded, .testing()) { port in
            let session = try await TestSession.joined(.polling, on: port)
            let connection = try await TestConnection.connect(to: port)
            try await connection.write(
                TestConnection.request("GET", await session.target)
                    + TestConnection.request("POST", "/behind", body: "x")
            )
            try await session.send(#"42["echo","now"]"#)
            #expect(try await connection.response().body == #"42["echo","now"]"#)
            #expect(try await connection.response().body == "tail: POST /behind x")
            await connection.close()
            await session.close()
        }
    }

    @Test func aKeptConnectionMayBecomeAWebSocket() async throws {
        try await withServer(.embedded, .testing()) { port in
            let connection = try await TestConnection.connect(to: port)
            _ = try await connection.send("GET", "/")
            _ = try await connection.send("GET", Self.polling)
            try await connection.write(TestWebSocket.handshake("/socket.io/?EIO=4&transport=websocket"))
            #expect(try await connection.responseHead().status == 101)
            let socket = TestWebSocket(connection)
            guard case .text(let open) = try await socket.next() else { throw TestFailure.unexpected("no text") }
            #expect(String(buffer: open).hasPrefix("0{"))
            try await socket.send("40")
            guard case .text(let answer) = try await socket.next() else { throw TestFailure.unexpected("no text") }
            #expect(String(buffer: answer).hasPrefix("40{"))
            await connection.close()
        }
    }

    @Test func severalServersShareAPort() async throws {
        let echo = EngineIOServer { session in
            session.onText { session.send(text: $0) }
            session.onBinary { session.send(binary: $0) }
        }
        try await withServer(.embedded, [.socketIO(.testing()), .engineIO(echo)]) { port in
            for transport in BehaviourTests.transports {
                let session = try await TestSession.open(transport, on: port, path: "/engine.io/")
                try await session.send("4hello", "bAQI=")
                #expect(try await session.nextMessage() == "4hello")
                #expect(try await session.nextMessage() == "bAQI=")
                let other = try await TestSession.joined(transport, on: port)
                await session.close()
                await other.close()
            }
        }
    }
}
