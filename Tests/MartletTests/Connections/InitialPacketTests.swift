// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Martlet
import MartletTestSupport
import NIOCore
import Testing

/// The message that sessions get first, and how a client comes to them.
struct InitialPacketTests {
    private static let transports: [TransportName] = [.websocket, .sse, .polling]

    private static func server(_ packet: EngineIOConfiguration.InitialPacket) -> EngineIOServer {
        var configuration = EngineIOConfiguration()
        configuration.initialPacket = packet
        return EngineIOServer(configuration: configuration) { session in
            session.onText { session.send(text: $0) }
        }
    }

    @Test(arguments: transports, TestHost.allCases)
    func everySessionGetsTheMessageFirst(transport: TransportName, host: TestHost) async throws {
        try await withServer(host, [.engineIO(Self.server(.text("hello")))]) { port in
            for query in ["", "", "&resume=1"] {
                let session = try await TestSession.open(transport, on: port, path: "/engine.io/", query: query)
                #expect(try await session.next() == "4hello")
                await session.close()
            }
        }
    }

    @Test(arguments: transports)
    func theMessageMayBeBinary(transport: TransportName) async throws {
        try await withServer(.standalone, [.engineIO(Self.server(.binary(ByteBuffer(bytes: [1, 2, 3]))))]) { port in
            let session = try await TestSession.open(transport, on: port, path: "/engine.io/")
            #expect(try await session.next() == "bAQID")
            await session.close()
        }
    }

    @Test func theMessageComesWithTheHandshakesAnswer() async throws {
        try await withServer(.standalone, [.engineIO(Self.server(.text("hello")))]) { port in
            let answer = try await TestConnection.handshake(.polling, on: port, path: "/engine.io/")
            #expect(answer.body.hasPrefix("0{") && answer.body.hasSuffix("}\u{1e}4hello"))
        }
    }

    /// As clients do that are made with the reference client's `addTrailingSlash: false`.
    @Test(arguments: transports, TestHost.allCases)
    func theSlashAfterThePathMayBeMissing(transport: TransportName, host: TestHost) async throws {
        try await withServer(host, .testing()) { port in
            let session = try await TestSession.open(transport, on: port, path: "/socket.io")
            try await session.join()
            try await session.send(#"42["echo",1]"#)
            #expect(try await session.nextMessage() == #"42["echo",1]"#)
            await session.close()
        }
    }

    @Test func jsonpIsRefusedInSoManyWords() async throws {
        try await withServer(.standalone, .testing()) { port in
            let connection = try await TestConnection.connect(to: port)
            for method in ["GET", "POST"] {
                let target = "/socket.io/?EIO=4&transport=polling&j=0\(method == "POST" ? "&sid=abc" : "")"
                let answer = try await connection.send(method, target)
                #expect(answer.status == 400)
                #expect(answer.body == #"{"code":3,"message":"JSONP is not supported"}"#)
            }
            // On other transports it means nothing.
            await connection.close()
            #expect(try await TestConnection.handshake(.sse, on: port, query: "&j=0").status == 200)
        }
    }
}
