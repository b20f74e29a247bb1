// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Martlet
import MartletTestSupport
import NIOCore
import Testing
import WebSocketWire

/// Senders that wait for their receivers.
struct BackpressureTests {
    /// The one socket of a server, whose client does not read.
    private func lagging(_ io: SocketIOServer, _ session: TestSession) async throws -> Socket {
        let socket = try #require(await io.sockets().first)
        try await session.setReading(false)
        repeat {
            socket.emit("block", String(repeating: "x", count: 100_000))
        } while await socket.unsentBytes < 1 << 20
        return socket
    }

    @Test(arguments: BehaviourTests.transports)
    func aSenderKeepsThePaceOfItsClient(transport: TransportName) async throws {
        let io = SocketIOServer.testing()
        try await withServer(.standalone, io) { port in
            let session = try await TestSession.joined(transport, on: port)
            try await session.setReading(false)
            let socket = try #require(await io.sockets().first)
            let count = 200
            let sending = Task {
                var most = 0
                for number in 0..<count {
                    try await socket.emitWhenDrained("block", number, String(repeating: "x", count: 100_000))
                    most = max(most, await socket.unsentBytes)
                }
                try await socket.drained()
                return most
            }
            try await eventually("the sender to wait") { await socket.unsentBytes > 64 << 10 }
            try await session.setReading(true)
            for number in 0..<count {
                let event = try await session.nextMessage()
                guard event.hasPrefix(#"42["block",\#(number),"#) else {
                    Issue.record("\(event.prefix(30)) in the place of \(number)")
                    break
                }
            }
            #expect(try await sending.value < (64 << 10) + 110_000)
            #expect(await socket.unsentBytes == 0)
            await session.close()
        }
    }

    @Test(arguments: BehaviourTests.transports)
    func theEndOfASocketEndsItsWaits(transport: TransportName) async throws {
        let io = SocketIOServer.testing()
        try await withServer(.standalone, io) { port in
            let session = try await TestSession.joined(transport, on: port)
            let socket = try await self.lagging(io, session)
            let waiting = Task { try await socket.drained() }
            let sending = Task { try await socket.emitWhenDrained("never") }
            try await eventually("the waits") { await io.statistics().unsentBytes > 0 }
            socket.disconnect()
            for task in [waiting, sending] {
                await #expect { try await task.value } throws: { error in
                    // A task that came after the end does not know the reason.
                    guard let end = error as? SocketDisconnected else { return false }
                    return end.reason == nil || end.reason == .serverNamespaceDisconnect
                }
            }
            await #expect(throws: SocketDisconnected.self) { try await socket.drained() }
            await session.close()
        }
    }

    @Test func aCancelledWaitEnds() async throws {
        let io = SocketIOServer.testing()
        try await withServer(.standalone, io) { port in
            let session = try await TestSession.joined(.websocket, on: port)
            let socket = try await self.lagging(io, session)
            let waiting = Task { try await socket.drained() }
            waiting.cancel()
            await #expect(throws: CancellationError.self) { try await waiting.value }
            #expect(socket.isConnected)
            await session.close()
        }
    }

    @Test func aSlowConsumerIsToldByTheCodeOfItsWebSocket() async throws {
        let notes = Notes()
        let limits = Notes()
        let io = SocketIOServer.testing(notes) {
            $0.unsentLimit = 1 << 20
            $0.onLimitExceeded = { limit, address in limits.add("\(limit) \(address?.ipAddress ?? "nobody")") }
        }
        try await withServer(.standalone, io) { port in
            let socket = try await TestWebSocket.connect(to: port, "/socket.io/?EIO=4&transport=websocket")
            try await socket.send("40")
            try await eventually("the socket") { await io.sockets().count == 1 }
            try await socket.connection.setReading(false)
            for _ in 0..<40 where notes.all.isEmpty { io.emit("block", String(repeating: "x", count: 500_000)) }
            try await eventually("the end") { !notes.all.isEmpty }
            try await socket.connection.setReading(true)
            while true {
                guard case .close(let code, _) = try await socket.next() else { continue }
                #expect(code == .policyViolation)
                break
            }
            #expect(notes.all == ["disconnected: slow consumer"])
            #expect(limits.all == ["unsentBytes 127.0.0.1"])
            let exceeded = await io.statistics().exceededLimits
            #expect(exceeded == [.unsentBytes: 1])
            await socket.connection.close()
        }
    }
}
