// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Martlet
import MartletEngine
import MartletTestSupport
import NIOCore
import Testing

@testable import MartletClientEngine

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
            #expect(client.now.transports == [transport])
            try await client.close()
            #expect(client.now.ends.map(\.name) == ["forced close"])
            try await server.until("the server's end") { $0.ends == [.transportClose] }
        }
    }

    /// Each is more than a transport takes at once.
    @Test(arguments: transports, [true, false])
    func largeMessagesFollowEachOther(transport: TransportName, isLossless: Bool) async throws {
        try await EchoServer.run { server in
            let client = try await EngineClient.open(server.port) {
                $0.transports = [transport]
                $0.wantsLossless = isLossless
            }
            let texts = (0..<30).map { "\($0) \(String(repeating: "x", count: 200_000))" }
            try await client.on { session in
                for text in texts { session.send(text: ByteBuffer(string: text)) }
            }
            try await client.until("the answers") { $0.texts.count >= texts.count }
            #expect(client.now.texts == texts)
            try await client.close()
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

    /// A load balancer's cookie comes back, beside the application's own fields.
    @Test(arguments: transports)
    func fieldsAndCookiesGoWithEachRequest(transport: TransportName) async throws {
        let cookie = try SessionCookie(name: "lb")
        try await EchoServer.run {
            $0.cookie = cookie
        } _: { server in
            try await CuttingProxy.run(to: server.port) { proxy in
                let client = try await EngineClient.open(proxy.port) {
                    $0.transports = [transport]
                    $0.firstTransport = transport
                    $0.headers = [("Authorization", "Bearer x"), ("Cookie", "mine=1")]
                }
                try await client.send("a")
                try await client.until("the answer") { $0.texts == ["a"] }
                let heads = proxy.heads
                #expect(heads.allSatisfy { $0.contains("\r\nAuthorization: Bearer x\r\n") })
                #expect(heads.allSatisfy { $0.contains("\r\nCookie: mine=1") })
                if transport != .websocket {
                    #expect(heads.count > 1)
                    #expect(heads.dropFirst().allSatisfy { $0.contains("mine=1; lb=") })
                }
                try await client.close()
            }
        }
    }

    @Test func longMessagesAreCompressed() async throws {
        try await EchoServer.run {
            $0.perMessageDeflate = PerMessageDeflate()
        } _: { server in
            for compresses in [true, false] {
                let client = try await EngineClient.open(server.port) {
                    $0.transports = [.websocket]
                    $0.compresses = compresses
                }
                let texts = (0..<5).map { String(repeating: "zürich \($0) ", count: 3000) }
                for text in texts { try await client.send(text) }
                _ = try await client.on { $0.send(binary: ByteBuffer(repeating: 7, count: 5000)) }
                try await client.until("the answers") { $0.texts.count == 5 && $0.binaries.count == 1 }
                #expect(client.now.texts == texts)
                #expect(client.now.binaries == [Array(repeating: 7, count: 5000)])
                try await client.close()
            }
        }
    }

    /// What was never handed over comes back at the end, packets with attachments whole or not at all.
    @Test func unsentMessagesAreRecalled() async throws {
        try await EchoServer.run {
            $0.resume?.buffer = 100
        } _: { server in
            try await CuttingProxy.run(to: server.port) { proxy in
                let client = try await EngineClient.open(proxy.port) { $0.transports = [.websocket] }
                proxy.stall()
                let part = ByteBuffer(repeating: 66, count: 60)
                let numbers = try await client.on { session in
                    [
                        session.send(text: part), session.send(text: part, attachments: [part, part]),
                        session.send(text: part, attachments: [part]), session.send(binary: part),
                    ]
                }
                #expect(numbers == [1, 2, 5, 7])
                let recalled = try await client.on { session in
                    session.flush()
                    session.end("test")
                    return session.recallUnsent()
                }
                #expect(recalled.map(\.number) == [5, 7])
                #expect(recalled.map(\.attachments.count) == [1, 0])
                #expect(recalled.map(\.isBinary) == [false, true])
            }
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
