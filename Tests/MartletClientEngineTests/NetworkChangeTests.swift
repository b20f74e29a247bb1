// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Martlet
import MartletEngine
import MartletTestSupport
import NIOCore
import Testing

@testable import MartletClientEngine

/// The device has another network.
struct NetworkChangeTests {
    private static let quick = DelayRange(first: .milliseconds(20), longest: .milliseconds(50))

    @Test func aLosslessSessionAttachesAtOnce() async throws {
        try await EchoServer.run { server in
            let client = try await EngineClient.open(server.port)
            try await client.on { $0.networkChanged() }
            try await client.until("another attach") { $0.transports == [.websocket, .websocket] }
            #expect(server.now.sessions.count == 1)
            try await client.close()
        }
    }

    /// The server's heartbeat is far longer than the test.
    @Test func aPlainWebSocketIsTested() async throws {
        try await EchoServer.run { server in
            try await CuttingProxy.run(to: server.port) { proxy in
                let client = try await EngineClient.open(proxy.port) {
                    $0.transports = [.websocket]
                    $0.wantsLossless = false
                    $0.transportTimeout = .seconds(2)
                }
                // The server answers, and the session goes on.
                try await client.on { $0.networkChanged() }
                try await client.until("the answer") { _ in
                    try await client.on { $0.silence.deadline > .now() + .seconds(20) }
                }
                #expect(client.now.ends.isEmpty)
                // Nothing gets through any more.
                proxy.stall()
                try await client.on { $0.networkChanged() }
                try await client.until("the end") { $0.ends.count == 1 }
                #expect(client.now.ends[0].name == "ping timeout")
            }
        }
    }

    @Test(arguments: [TransportName.sse, .polling])
    func aPlainSessionThatCannotBeTestedEnds(transport: TransportName) async throws {
        try await EchoServer.run { server in
            let client = try await EngineClient.open(server.port) {
                $0.transports = [transport]
                $0.wantsLossless = false
            }
            try await client.on { $0.networkChanged() }
            try await client.until("the end") { $0.ends.count == 1 }
            #expect(client.now.ends[0].name == "transport close")
            #expect(client.now.ends[0].error?.message.contains("the network has changed") == true)
        }
    }

    /// The first attempt went into a network that is gone.
    @Test func anAttemptToOpenBeginsAnew() async throws {
        try await EchoServer.run { server in
            try await CuttingProxy.run(to: server.port) { proxy in
                proxy.stall()
                let client = try await EngineClient.open(proxy.port, awaiting: false) { $0.transports = [.websocket] }
                try await client.until("the first attempt") { _ in proxy.requests.count == 1 }
                proxy.resume()
                try await client.on { $0.networkChanged() }
                try await client.until("the session") { $0.isOpen }
                #expect(proxy.requests.count == 2)
                try await client.close()
            }
        }
    }

    @Test func aSwitchThatFailsSaysWhereTheSessionIs() async throws {
        try await EchoServer.run { server in
            try await CuttingProxy.run(to: server.port) { proxy in
                proxy.refuse { $0.contains("transport=sse") }
                for isLossless in [true, false] {
                    let client = try await EngineClient.open(proxy.port) {
                        $0.transports = [.websocket]
                        $0.wantsLossless = isLossless
                    }
                    let error = await #expect(throws: ClientError.self) { try await client.switchTransport(to: .sse) }
                    let why =
                        isLossless
                        ? "the server, or something between, has closed the connection"
                        : "a session that is not lossless cannot move"
                    #expect(error?.message == "sse cannot be used, websocket stays in use: \(why)")
                    try await client.send("still there")
                    try await client.until("the answer") { $0.texts == ["still there"] }
                    try await client.close()
                }
            }
        }
    }
}
