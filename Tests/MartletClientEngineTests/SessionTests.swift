// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Martlet
import MartletClientEngine
import MartletEngine
import MartletTestSupport
import NIOCore
import Testing

/// Whole sessions, over real sockets and against the real server.
struct SessionTests {
    static let transports: [TransportName] = [.websocket, .sse, .polling]

    @Test(arguments: transports, [true, false])
    func messagesGoBothWays(transport: TransportName, isLossless: Bool) async throws {
        try await EchoServer.run { server in
            let client = try await EngineClient.open(server.port) {
                $0.transports = [transport]
                $0.wantsLossless = isLossless
            }
            #expect(try await client.on { $0.isLossless } == isLossless)
            #expect(try await client.on { $0.transport } == transport)
            // A plain session over HTTP cannot carry the separator of packets.
            let separator = isLossless ? "\u{1e}\r\n" : "-"
            let long = String(repeating: "long é \(separator) 😀 ", count: 4000)
            let texts = ["a", "", long, "zürich \"\\"]
            for text in texts { try await client.send(text) }
            _ = try await client.on { $0.send(binary: ByteBuffer(bytes: 0...255)) }
            try await client.until("the answers") { $0.texts.count == 4 && $0.binaries.count == 1 }
            #expect(client.now.texts == texts)
            #expect(client.now.binaries == [Array(0...255)])
            try await client.close()
            #expect(client.now.ends.map(\.name) == ["forced close"])
            try await server.until("the server's end") { $0.ends == [.transportClose] }
            #expect(client.now.transports == [transport])
        }
    }

    @Test(arguments: transports)
    func aLosslessSessionSurvivesItsConnections(transport: TransportName) async throws {
        try await EchoServer.run { server in
            try await CuttingProxy.run(to: server.port) { proxy in
                let client = try await EngineClient.open(proxy.port) {
                    $0.transports = [transport]
                    $0.retryDelays = DelayRange(first: .milliseconds(20), longest: .milliseconds(50))
                }
                let count = 2000
                for number in 0..<count {
                    try await client.send("\(number)")
                    if number % 100 == 50 { proxy.cut() }
                }
                try await client.until("all answers") { $0.texts.count >= count }
                #expect(client.now.texts == (0..<count).map { "\($0)" })
                #expect(server.now.texts == (0..<count).map { "\($0)" })
                #expect(server.now.sessions.count == 1)
                try await client.close()
            }
        }
    }

    @Test(arguments: transports)
    func aPlainSessionEndsWithItsConnection(transport: TransportName) async throws {
        try await EchoServer.run { server in
            try await CuttingProxy.run(to: server.port) { proxy in
                let client = try await EngineClient.open(proxy.port) {
                    $0.transports = [transport]
                    $0.wantsLossless = false
                }
                proxy.cut()
                try await client.until("the end") { $0.ends.count == 1 }
                #expect(["transport close", "transport error"].contains(client.now.ends[0].name))
            }
        }
    }

    @Test(arguments: transports)
    func theServerEndsASession(transport: TransportName) async throws {
        try await EchoServer.run { server in
            let client = try await EngineClient.open(server.port) { $0.transports = [transport] }
            try await server.until("a session") { $0.sessions.count == 1 }
            server.now.sessions[0].close()
            try await client.until("the end") { $0.ends.count == 1 }
            #expect(client.now.ends[0].name == "transport close")
        }
    }

    @Test func theSendBufferIsBounded() async throws {
        try await EchoServer.run { server in
            let client = try await EngineClient.open(server.port) { $0.maxUnsentBytes = 1000 }
            let taken = try await client.on { session in
                (0..<20).map { _ in session.send(text: ByteBuffer(repeating: 65, count: 100)) }
            }
            let numbers = taken.compactMap { $0 }
            #expect(numbers == Array(1...numbers.count))
            #expect(numbers.count == 8)
            try await client.until("what was taken") { $0.texts.count == 8 }
            try await client.close()
        }
    }
}
