// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Martlet
import MartletClientEngine
import MartletEngine
import MartletTestSupport
import NIOCore
import Testing

/// How a session finds a transport, falls to another and comes back up.
struct RouteTests {
    private static let quick = DelayRange(first: .milliseconds(20), longest: .milliseconds(50))

    @Test(arguments: [([TransportName.websocket], TransportName.sse), ([.websocket, .sse], .polling)])
    func aSessionFallsToWhatWorksAndClimbsBack(blocked: [TransportName], rest: TransportName) async throws {
        try await EchoServer.run { server in
            try await CuttingProxy.run(to: server.port) { proxy in
                proxy.refuse { line in blocked.contains { line.contains("transport=\($0)") } }
                let client = try await EngineClient.open(proxy.port) { $0.climbDelays = Self.quick }
                #expect(client.now.transports == [rest])
                try await client.send("low")
                proxy.refuse { _ in false }
                try await client.until("the climb") { $0.transports.last == .websocket }
                try await client.send("high")
                try await client.until("both answers") { $0.texts == ["low", "high"] }
                #expect(server.now.sessions.count == 1)
                // Each request has an address of its own.
                #expect(Set(proxy.requests).count == proxy.requests.count)
                try await client.close()
            }
        }
    }

    @Test func switchesByHandLoseNothing() async throws {
        try await EchoServer.run { server in
            let client = try await EngineClient.open(server.port)
            var count = 0
            for _ in 0..<5 {
                for name in [TransportName.polling, .sse, .websocket] {
                    for _ in 0..<40 {
                        try await client.send("\(count)")
                        count += 1
                    }
                    try await client.switchTransport(to: name)
                    #expect(try await client.on { $0.transport } == name)
                }
            }
            let all = (0..<count).map { "\($0)" }
            try await client.until("all answers") { $0.texts.count >= count }
            #expect(client.now.texts == all)
            #expect(server.now.texts == all)
            try await client.close()
        }
    }

    @Test func aPlainSessionIsUpgradedFromPolling() async throws {
        try await EchoServer.run { server in
            let client = try await EngineClient.open(server.port) {
                $0.wantsLossless = false
                $0.firstTransport = .polling
            }
            let count = 300
            for number in 0..<count { try await client.send("\(number)") }
            try await client.until("the upgrade") { $0.transports == [.polling, .websocket] }
            try await client.until("all answers") { $0.texts.count >= count }
            #expect(client.now.texts == (0..<count).map { "\($0)" })
            await #expect(throws: ClientError.self) { try await client.switchTransport(to: .sse) }
            try await client.close()
        }
    }

    @Test func aSessionThatTheServerHasForgottenEnds() async throws {
        try await EchoServer.run {
            $0.resume?.timeout = .milliseconds(100)
        } _: { server in
            try await CuttingProxy.run(to: server.port) { proxy in
                let client = try await EngineClient.open(proxy.port) { $0.retryDelays = Self.quick }
                proxy.refuse { _ in true }
                proxy.cut()
                try await server.until("the session's end") { $0.ends.count == 1 }
                proxy.refuse { _ in false }
                try await client.until("the end") { $0.ends.count == 1 }
                #expect(client.now.transports.contains(nil))
            }
        }
    }

    @Test(arguments: [TransportName.websocket, .sse, .polling])
    func theHeartbeatKeepsASession(transport: TransportName) async throws {
        try await EchoServer.run {
            $0.pingInterval = .milliseconds(100)
            $0.pingTimeout = .milliseconds(2000)
        } _: { server in
            let client = try await EngineClient.open(server.port) { $0.transports = [transport] }
            for _ in 0..<4 {
                let end = client.eventLoop.scheduleTask(in: .milliseconds(300)) {}
                try await end.futureResult.get()
            }
            #expect(client.now.ends.isEmpty)
            #expect(client.now.transports == [transport])
            try await client.close()
        }
    }

    @Test(arguments: [true, false])
    func aSilentServerIsGone(isLossless: Bool) async throws {
        try await EchoServer.run {
            $0.pingInterval = .milliseconds(500)
            $0.pingTimeout = .seconds(1)
            $0.resume?.timeout = .milliseconds(300)
        } _: { server in
            try await CuttingProxy.run(to: server.port) { proxy in
                let client = try await EngineClient.open(proxy.port) {
                    $0.wantsLossless = isLossless
                    $0.transports = [.websocket]
                    $0.transportTimeout = .milliseconds(200)
                    $0.retryDelays = Self.quick
                }
                proxy.stall()
                try await client.until("the end") { $0.ends.count == 1 }
                #expect(client.now.ends[0].name == "ping timeout")
            }
        }
    }
}
