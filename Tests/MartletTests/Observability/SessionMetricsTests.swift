// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Martlet
import MartletTestSupport
import MartletTesting
import NIOCore
import Testing
import WebSocketWire

@testable import MartletObservability

/// The metrics of sessions and of their transports are exact.
struct SessionMetricsTests {
    @Test func sessionsAreCountedFromTheirHandshakeToTheirEnd() async throws {
        let io = SocketIOServer.testing()
        let server = try ObservedServer(io)
        try await withServer(.standalone, io) { port in
            let session = try await TestSession.joined(.polling, on: port)
            try await session.move(to: try await session.probe())
            try await server.wait(for: #"martlet_sessions{transport="websocket"}"#, toBe: 1)
            try await session.send(#"42["hang up"]"#)
            _ = try await session.waitForEnd()
            let another = try await TestSession.joined(.websocket, on: port)
            await another.close()
            try await server.wait(for: #"martlet_sessions_closed_total{reason="transport close"}"#, toBe: 1)
            let values = try await server.values()
            #expect(values[#"martlet_handshakes_total{result="accepted"}"#] == 2)
            #expect(values[#"martlet_sessions{transport="polling"}"#] == 0)
            #expect(values[#"martlet_sessions{transport="websocket"}"#] == 0)
            #expect(values[#"martlet_transport_switches_total{from="polling",to="websocket"}"#] == 1)
            #expect(values[#"martlet_sessions_closed_total{reason="forced server close"}"#] == 1)
            #expect(values[#"martlet_disconnects_total{reason="server namespace disconnect"}"#] == 1)
            #expect(values[#"martlet_disconnects_total{reason="transport close"}"#] == 1)
            #expect(values[#"martlet_sockets{namespace="/"}"#] == 0)
            await session.close()
        }
    }

    @Test func comebacksAndMovesOfLosslessSessionsAreCounted() async throws {
        let io = SocketIOServer.testing()
        let server = try ObservedServer(io)
        try await withServer(.standalone, io) { port in
            let target = "/socket.io/?EIO=4&transport=websocket"
            let first = try await TestWebSocket.connect(to: port, "\(target)&resume=1")
            guard case .text(let open) = try await first.next() else { throw TestFailure.ended }
            let sid = try #require(String(buffer: open).split(separator: "\"").dropFirst(3).first)
            await first.connection.close()
            let second = try await self.attach(1, to: sid, on: port, target)
            try await server.wait(for: #"martlet_resumes_total{kind="session"}"#, toBe: 1)
            // This time nothing was lost.
            let stream = try await TestConnection.connect(to: port)
            try await stream.write(
                TestConnection.request("GET", "/socket.io/?EIO=4&transport=sse&sid=\(sid)&attach=2&ack=0"))
            #expect(try await stream.responseHead().status == 200)
            try await server.wait(for: #"martlet_transport_switches_total{from="websocket",to="sse"}"#, toBe: 1)
            let values = try await server.values()
            #expect(values[#"martlet_resumes_total{kind="session"}"#] == 1)
            #expect(values[#"martlet_handshakes_total{result="accepted"}"#] == 1)
            await second.connection.close()
            await stream.close()
        }
    }

    /// Attaches once the server has noticed the loss.
    private func attach(
        _ number: Int, to sid: Substring, on port: Int, _ target: String
    ) async throws -> TestWebSocket {
        let socket = try await TestWebSocket.connect(to: port, "\(target)&sid=\(sid)&attach=\(number)&ack=0")
        guard case .text(let open) = try await socket.next(), String(buffer: open).hasPrefix("0{") else {
            throw TestFailure.ended
        }
        return socket
    }

    @Test func refusedHandshakesAreCountedByTheCause() async throws {
        let io = SocketIOServer.testing {
            $0.limits.sessions = 1
            $0.allowRequest = { request in
                if request.head.path?.contains("refuse") == true { throw RequestRefused(message: "no") }
            }
        }
        let server = try ObservedServer(io)
        try await withServer(.standalone, io) { port in
            let session = try await TestSession.joined(.websocket, on: port)
            let expected = [
                "EIO=4&transport=carrier": 400, "EIO=3&transport=polling": 400, "EIO=4&transport=polling": 503,
                "EIO=4&transport=polling&refuse": 403, "EIO=4&transport=polling&sid=none": 400,
            ]
            for (query, status) in expected {
                let connection = try await TestConnection.connect(to: port)
                #expect(try await connection.send("GET", "/socket.io/?\(query)").status == status)
                await connection.close()
            }
            let values = try await server.values()
            let handshakes = values.filter { $0.key.hasPrefix("martlet_handshakes_total") }
            #expect(
                handshakes == [
                    #"martlet_handshakes_total{result="accepted"}"#: 1,
                    #"martlet_handshakes_total{result="unknown transport"}"#: 1,
                    #"martlet_handshakes_total{result="unsupported version"}"#: 1,
                    #"martlet_handshakes_total{result="limited"}"#: 1,
                    #"martlet_handshakes_total{result="forbidden"}"#: 1,
                ]
            )
            #expect(values[#"martlet_limits_exceeded_total{limit="sessions"}"#] == 1)
            await session.close()
        }
    }

    @Test func whatWaitsForASlowReceiverIsMeasured() async throws {
        let io = SocketIOServer.testing()
        let server = try ObservedServer(io)
        try await withServer(.standalone, io) { port in
            // Nothing is sent on long polling until the client asks.
            let session = try await TestSession.joined(.polling, on: port)
            #expect(try await server.values()["martlet_unsent_bytes"] == 0)
            io.emit("news", 1)
            try await server.wait(for: "martlet_unsent_bytes", toBe: Double(#"2["news",1]"#.utf8.count))
            #expect(try await session.nextMessage() == #"42["news",1]"#)
            try await server.wait(for: "martlet_unsent_bytes", toBe: 0)
            await session.close()
        }
    }

    @Test func messagesOfTheClusterAreCounted() async throws {
        // Messages on this bus have arrived when the call that sends them returns, and nothing is sent from time to time
        // while the clock stands still.
        let bus = InProcessBus()
        let servers = [SocketIOServer(), SocketIOServer()]
        let observed = try servers.map { try ObservedServer($0) }
        for server in servers { server.cluster(bus, clock: ManualClock()) }
        let before = [try await observed[0].values(), try await observed[1].values()]
        for _ in 0..<3 { servers[0].emit("news") }
        bus.publish(ByteBuffer(string: "?"), to: ClusterConfiguration().channelPrefix + "/")
        let after = [try await observed[0].values(), try await observed[1].values()]
        func difference(_ server: Int, _ name: String) throws -> Double {
            let series = "martlet_cluster_messages_\(name)_total"
            return try #require(after[server][series]) - #require(before[server][series])
        }
        #expect(try [difference(0, "sent"), difference(0, "received")] == [3, 0])
        #expect(try [difference(1, "sent"), difference(1, "received")] == [0, 3])
        #expect(try [difference(0, "dropped"), difference(1, "dropped")] == [1, 1])
        #expect(after.map { $0["martlet_cluster_nodes"] } == [1, 1])
    }

    #if Compression
    @Test func compressionIsMeasured() async throws {
        let io = SocketIOServer.testing {
            var deflate = PerMessageDeflate()
            deflate.threshold = 1000
            $0.perMessageDeflate = deflate
        }
        let server = try ObservedServer(io)
        try await withServer(.standalone, io) { port in
            let connection = try await TestConnection.connect(to: port)
            try await connection.write(
                TestWebSocket.handshake(
                    "/socket.io/?EIO=4&transport=websocket",
                    fields: ["Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover"]
                )
            )
            #expect(try await connection.responseHead()["sec-websocket-extensions"] != nil)
            let parameters = PerMessageDeflateParameters(serverNoContextTakeover: true, clientNoContextTakeover: true)
            let socket = TestWebSocket(connection, deflate: parameters)
            _ = try await socket.next()
            try await socket.send("40")
            _ = try await socket.next()
            _ = try await socket.next()
            let text = String(repeating: "the same again, ", count: 100)
            let event = #"42["echo","\#(text)"]"#
            let compressed = try await socket.sendCompressed(event)
            #expect(try await socket.next() == .text(ByteBuffer(string: event)))
            // To many, too: the size of the frame's header depends on that of its payload.
            io.emit("echo", text)
            #expect(try await socket.next() == .text(ByteBuffer(string: event)))
            let values = try await server.values()
            func bytes(_ direction: String, _ form: String) -> Double? {
                values[#"martlet_compression_bytes_total{direction="\#(direction)",form="\#(form)"}"#]
            }
            #expect(bytes("received", "plain") == Double(event.utf8.count))
            #expect(bytes("received", "compressed") == Double(compressed))
            #expect(bytes("sent", "plain") == Double(2 * event.utf8.count))
            #expect(bytes("sent", "compressed") == Double(2 * compressed))
            await connection.close()
        }
    }
    #endif
}

#if Compression
extension TestWebSocket {
    /// - Returns: the size of the frame's payload.
    fileprivate func sendCompressed(_ text: String) async throws -> Int {
        let parameters = PerMessageDeflateParameters(serverNoContextTakeover: true, clientNoContextTakeover: true)
        let deflater = Deflater(
            parameters: parameters, configuration: PerMessageDeflateConfiguration(), role: .client, pool: DeflatePool())
        var payload = ByteBuffer()
        try Array(text.utf8).withUnsafeBytes { try deflater.compress($0, into: &payload) }
        var frame = ByteBuffer()
        WebSocketFrame.write(
            opcode: .text, rsv1: true, payload: payload, mask: WebSocketMask(key: 0x1234_5678), into: &frame)
        try await self.connection.write(frame)
        return payload.readableBytes
    }
}
#endif
