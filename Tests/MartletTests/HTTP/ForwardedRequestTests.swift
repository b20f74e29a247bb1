// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Martlet
import MartletTestSupport
import Testing

/// The client's address, on its way from a request to the session that it opens.
struct ForwardedRequestTests {
    private static let fields = ["X-Forwarded-For: 192.0.2.1, 10.0.0.1", "X-Forwarded-Proto: https"]

    /// The address and whether it is secure, of a session opened with `fields`.
    private static func origin(
        _ host: TestHost,
        _ transport: TransportName,
        _ configure: (inout EngineIOConfiguration) throws -> Void
    ) async throws -> String {
        var configuration = EngineIOConfiguration()
        try configure(&configuration)
        let notes = Notes()
        let engine = EngineIOServer(configuration: configuration) { session in
            notes.add("\(session.request.remoteAddress?.ipAddress ?? "none") \(session.request.isSecure)")
        }
        try await withServer(host, [.engineIO(engine)]) { port in
            let target = "/engine.io/?EIO=4&transport=\(transport)"
            if transport == .websocket {
                let socket = try await TestWebSocket.connect(to: port, target, fields: Self.fields)
                await socket.connection.close()
            } else {
                let connection = try await TestConnection.connect(to: port)
                try await connection.write(TestConnection.request("GET", target, fields: Self.fields))
                #expect(try await connection.responseHead().status == 200)
                await connection.close()
            }
            try await eventually("the session") { !notes.all.isEmpty }
        }
        return notes.all.joined(separator: ", ")
    }

    @Test(arguments: TestHost.allCases, [TransportName.websocket, .sse, .polling])
    func aTrustedProxyIsBelieved(host: TestHost, transport: TransportName) async throws {
        let origin = try await Self.origin(host, transport) {
            $0.trustedProxies = .loopback.union(try TrustedProxies("10.0.0.0/8"))
        }
        #expect(origin == "192.0.2.1 true")
    }

    @Test(arguments: TestHost.allCases, [TransportName.websocket, .sse, .polling])
    func nobodyElseIsBelieved(host: TestHost, transport: TransportName) async throws {
        #expect(try await Self.origin(host, transport) { _ in } == "127.0.0.1 false")
        #expect(try await Self.origin(host, transport) { $0.trustedProxies = .privateNetworks } == "127.0.0.1 false")
    }
}
