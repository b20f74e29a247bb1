// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Martlet
import MartletTestSupport
import NIOConcurrencyHelpers
import NIOCore
import Testing

/// What a socket knows of its handshake.
struct SocketHandshakeTests {
    @Test(arguments: [TransportName.websocket, .sse, .polling], TestHost.allCases)
    func theHandshakeIsTheRequests(transport: TransportName, host: TestHost) async throws {
        let handshakes = NIOLockedValueBox<[SocketHandshake]>([])
        let io = SocketIOServer.testing { $0.cors = CORSConfiguration(allowedOrigins: .any) }
        io.onConnection { socket in handshakes.withLockedValue { $0.append(socket.handshake) } }
        try await withServer(host, io) { port in
            let session = try await TestSession.open(transport, on: port, query: "&a=b%20c")
            try await session.join(auth: #"{"token":"x"}"#)
            let handshake = try #require(handshakes.withLockedValue { $0.first })
            #expect(handshake.url == "/socket.io/?EIO=4&transport=\(transport)&a=b%20c")
            #expect(handshake.query == ["EIO": "4", "transport": "\(transport)", "a": "b c"])
            #expect(handshake.address?.ipAddress == "127.0.0.1")
            #expect(!handshake.secure && !handshake.xdomain)
            #expect(handshake.request.head.authority == "localhost")
            #expect(try handshake.auth.decode(as: [String: String].self) == ["token": "x"])
            #expect(handshake.time / .milliseconds(1) >= Double(handshake.issued))
            #expect(handshake.time / .milliseconds(1) < Double(handshake.issued + 1))
            // Between the years 2020 and 2200.
            #expect(1_577_836_800_000..<7_258_118_400_000 ~= handshake.issued)
            await session.close()
        }
    }

    @Test func aPageOfAnotherOriginShows() async throws {
        let handshakes = NIOLockedValueBox<[SocketHandshake]>([])
        let io = SocketIOServer.testing { $0.cors = CORSConfiguration(allowedOrigins: .any) }
        io.onConnection { socket in handshakes.withLockedValue { $0.append(socket.handshake) } }
        try await withServer(.standalone, io) { port in
            let socket = try await TestWebSocket.connect(
                to: port,
                "/socket.io/?EIO=4&transport=websocket",
                fields: ["Origin: https://example.org"]
            )
            try await socket.send("40")
            try await eventually("the socket") { handshakes.withLockedValue { !$0.isEmpty } }
            #expect(handshakes.withLockedValue { $0[0].xdomain })
            #expect(handshakes.withLockedValue { $0[0].headers[.origin] } == "https://example.org")
            await socket.connection.close()
        }
    }
}
