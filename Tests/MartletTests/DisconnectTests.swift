// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Martlet
import MartletTestSupport
import NIOCore
import Testing

/// How a connection ends, on each transport, and what both sides hear of it.
struct DisconnectTests {
    private func wait(for reason: DisconnectReason, in notes: Notes) async throws {
        try await eventually("\(reason), got \(notes.all)") { !notes.all.isEmpty }
        #expect(notes.all == ["disconnected: \(reason)"])
    }

    @Test(arguments: BehaviourTests.transports, TestHost.allCases)
    func theClientsLossIsNoticed(transport: TransportName, host: TestHost) async throws {
        let notes = Notes()
        let io = SocketIOServer.testing(notes) {
            // An aborted GET says nothing: the phone may have changed its network. The heartbeat finds out.
            guard transport == .polling else { return }
            $0.pingInterval = .seconds(3) * TestTime.factor
            $0.pingTimeout = .seconds(3) * TestTime.factor
        }
        try await withServer(host, io) { port in
            let session = try await TestSession.joined(transport, on: port)
            if transport == .polling {
                // A GET that waits is how a polling client is present.
                let target = await session.target
                let waiting = try await TestConnection.connect(to: port)
                try await waiting.write(TestConnection.request("GET", target))
                try await session.send(#"421["ack"]"#)
                _ = try await waiting.response()
                try await waiting.write(TestConnection.request("GET", target))
                try await session.send(#"42["note","waiting"]"#)
                try await eventually("the note") { notes.all == ["waiting"] }
                await waiting.close()
                try await eventually("the loss") { notes.all.count == 2 }
                #expect(notes.all[1] == "disconnected: ping timeout")
            } else {
                await session.close()
                try await self.wait(for: .transportClose, in: notes)
            }
            await session.close()
        }
    }

    @Test(arguments: BehaviourTests.transports, TestHost.allCases)
    func theClientsCloseEndsTheSession(transport: TransportName, host: TestHost) async throws {
        let notes = Notes()
        try await withServer(host, .testing(notes)) { port in
            let session = try await TestSession.joined(transport, on: port)
            try await session.send("1")
            try await self.wait(for: .transportClose, in: notes)
            if transport != .websocket {
                let answer = try await session.post("4late")
                #expect(answer.status == 400)
                #expect(answer.body == #"{"code":1,"message":"Session ID unknown"}"#)
            }
            await session.close()
        }
    }

    @Test(arguments: BehaviourTests.transports)
    func theServerMayMakeASocketLeave(transport: TransportName) async throws {
        let notes = Notes()
        try await withServer(.standalone, .testing(notes)) { port in
            let session = try await TestSession.joined(transport, on: port)
            try await session.send(#"42["leave"]"#)
            #expect(try await session.nextMessage() == "41")
            try await self.wait(for: .serverNamespaceDisconnect, in: notes)
            // The connection lives on.
            try await session.join()
            await session.close()
        }
    }

    @Test(arguments: BehaviourTests.transports)
    func theServerMayEndAConnection(transport: TransportName) async throws {
        let notes = Notes()
        try await withServer(.standalone, .testing(notes)) { port in
            let session = try await TestSession.joined(transport, on: port)
            try await session.send(#"42["hang up"]"#)
            let saidSo = try await session.waitForEnd()
            #expect(saidSo == (transport != .websocket))
            try await eventually("the reason") { !notes.all.isEmpty }
            await session.close()
        }
    }

    @Test(arguments: BehaviourTests.transports)
    func aClientThatAnswersNoPingIsGivenUp(transport: TransportName) async throws {
        let notes = Notes()
        var configuration = EngineIOConfiguration()
        configuration.pingInterval = .milliseconds(100)
        // On a slow machine too, the client's first GET comes before its session is given up.
        configuration.pingTimeout = .seconds(3) * TestTime.factor
        // Without Socket.IO: there is nothing to join before the ping is due.
        let server = EngineIOServer(configuration: configuration) { session in
            session.onClose { notes.add("disconnected: \($0)") }
        }
        try await withServer(.standalone, [.engineIO(server)]) { port in
            let session = try await TestSession.open(transport, on: port, path: "/engine.io/")
            var packets: [String] = []
            do {
                while packets.last != "1" { packets.append(try await session.next()) }
            } catch TestFailure.ended {
            } catch TestFailure.unexpected(#"400 {"code":1,"message":"Session ID unknown"}"#)
                where transport == .polling
            {}
            #expect(packets.contains("2"))
            try await self.wait(for: .pingTimeout, in: notes)
            await session.close()
        }
    }

    @Test(arguments: BehaviourTests.transports)
    func aClientThatAnswersPingsStays(transport: TransportName) async throws {
        let notes = Notes()
        let io = SocketIOServer.testing(notes) {
            $0.pingInterval = .milliseconds(50)
            // Only the pings are to be quick: a slow machine must not end the session.
            $0.pingTimeout = .seconds(20)
        }
        try await withServer(.standalone, io) { port in
            let session = try await TestSession.open(transport, on: port)
            var pings = 0
            while pings < 3 {
                guard try await session.next() == "2" else { continue }
                pings += 1
                try await session.send("3")
            }
            try await session.join()
            #expect(notes.all == [])
            await session.close()
        }
    }

    @Test(arguments: BehaviourTests.transports)
    func whatIsNoPacketEndsTheConnection(transport: TransportName) async throws {
        let notes = Notes()
        try await withServer(.standalone, .testing(notes)) { port in
            let session = try await TestSession.joined(transport, on: port)
            if transport == .websocket {
                try await session.send("abc")
            } else {
                #expect(try await session.post("abc").status == 400)
            }
            if transport == .polling {
                // Whoever broke the protocol asks in vain afterwards.
                let refusal = #"400 {"code":1,"message":"Session ID unknown"}"#
                await #expect(throws: TestFailure.unexpected(refusal)) { try await session.next() }
            } else {
                _ = try await session.waitForEnd()
            }
            try await self.wait(for: .parseError, in: notes)
            await session.close()
        }
    }

    @Test(arguments: BehaviourTests.transports)
    func aClientThatJoinsNothingIsDisconnected(transport: TransportName) async throws {
        let io = SocketIOServer.testing { $0.connectTimeout = .milliseconds(100) }
        try await withServer(.standalone, io) { port in
            let session = try await TestSession.open(transport, on: port)
            let saidSo = try await session.waitForEnd()
            #expect(saidSo == (transport != .websocket))
            #expect(await io.statistics().sessions == 0)
            await session.close()
        }
    }
}
