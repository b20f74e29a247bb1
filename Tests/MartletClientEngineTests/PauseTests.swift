// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Martlet
import MartletEngine
import MartletTestSupport
import NIOCore
import Testing

@testable import MartletClientEngine

/// An application that cannot keep up stops its session from reading, and the session lives on.
struct PauseTests {
    /// For longer than the server waits for a pong, and than it keeps a session that has no GET.
    private static let pause = TimeAmount.milliseconds(3000)

    @Test(arguments: SessionTests.transports, [true, false])
    func aSessionThatDoesNotReadLivesOn(transport: TransportName, isLossless: Bool) async throws {
        try await EchoServer.run {
            $0.pingInterval = .milliseconds(100)
            $0.pingTimeout = .milliseconds(2000)
            $0.resume?.timeout = .milliseconds(2000)
        } _: { server in
            let client = try await EngineClient.open(server.port) {
                $0.transports = [transport]
                $0.wantsLossless = isLossless
            }
            try await server.until("the session") { !$0.sessions.isEmpty }
            let session = server.now.sessions[0]
            try await client.on { $0.pauseReading() }
            // Over polling the GET that is under way is answered, if only by a ping.
            try await client.until("no GET") { _ in
                try await client.on { transport != .polling || $0.current?.isBusy == false }
            }
            for number in 0..<200 { session.send(text: ByteBuffer(string: "\(number)")) }
            try await client.eventLoop.scheduleTask(in: Self.pause) {}.futureResult.get()
            #expect(client.now.texts.isEmpty)
            #expect(server.now.ends.isEmpty)
            // The way up is open meanwhile.
            try await client.send("up")
            try await server.until("a message") { $0.texts == ["up"] }
            try await client.on { $0.resumeReading() }
            let all = (0..<200).map { "\($0)" } + ["up"]
            try await client.until("all messages") { $0.texts.count >= all.count }
            #expect(client.now.texts == all)
            #expect(client.now.transports == [transport])
            #expect(client.now.ends.isEmpty && server.now.ends.isEmpty)
            try await client.close()
        }
    }

    /// A session that comes to another transport while it does not read does not read that one, either.
    @Test func aPauseOutlivesATransport() async throws {
        try await EchoServer.run { server in
            let client = try await EngineClient.open(server.port)
            try await server.until("the session") { !$0.sessions.isEmpty }
            try await client.on { $0.pauseReading() }
            let names: [TransportName] = [.sse, .polling, .websocket, .polling, .sse]
            for (number, name) in names.enumerated() {
                try await client.switchTransport(to: name)
                server.now.sessions[0].send(text: ByteBuffer(string: "\(number)"))
            }
            try await client.on { $0.resumeReading() }
            try await client.until("all messages") { $0.texts.count == names.count }
            #expect(client.now.texts == names.indices.map { "\($0)" })
            try await client.close()
        }
    }

    @Test func pingsThatAreNotReadAreAnsweredOnTime() {
        var silence = ServerSilence()
        let start = NIODeadline.uptimeNanoseconds(1 << 40)
        silence.begin(interval: .seconds(25), timeout: .seconds(20))
        silence.moved(now: start)
        #expect(silence.unreadInterval == .seconds(10))
        // The server pings after 25 seconds, and waits until the 45th.
        let looks = (1...4).map { silence.isPingDue(now: start + .seconds($0 * 10)) }
        #expect(looks == [false, false, true, true])
        silence.pinged()
        let answered = silence.answer(now: start + .seconds(30))
        #expect(answered && !silence.isPinged)
        #expect(!silence.isPingDue(now: start + .seconds(50)))
        #expect(silence.isPingDue(now: start + .seconds(60)))
    }
}
