// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Martlet
import MartletForwarding
import MartletTestSupport
import MartletTesting
import NIOCore
import Testing
import WebSocketWire

/// Servers that end, cannot be reached, or misbehave.
struct ForwardingFailureTests {
    @Test func whereNobodyListensTheSessionGoesOnLater() async throws {
        let listener = try await TCPListener()
        let port = listener.port
        await listener.close()
        let bus = InProcessBus()
        let make = {
            SocketIOServer.testing { $0.cors = CORSConfiguration(allowedOrigins: .only(["https://page.example"])) }
        }
        let first = try await ForwardingNode(.standalone, bus, make(), address: "127.0.0.1:\(port)")
        let second = try await ForwardingNode(.standalone, bus, make())
        let client = try await LosslessClient(on: first.port)
        let fields = ["Origin: https://page.example"]
        let answer = try await client.post("40", "&seq=1", on: second.port, fields: fields)
        #expect(answer.status == 503)
        #expect(answer["retry-after"] == "1")
        #expect(answer["access-control-allow-origin"] == "https://page.example")
        #expect(try await client.get("&ack=0", on: second.port).status == 503)
        let connection = try await TestConnection.connect(to: second.port)
        try await connection.write(TestWebSocket.handshake(client.target(.websocket, "&attach=1&ack=0")))
        #expect(try await connection.response().status == 503)
        // The same requests at the session's own server.
        #expect(try await client.post("40", "&seq=1", on: first.port).body == "ok")
        #expect(try await client.get("&attach=1&ack=0", on: first.port).body.contains(#""ack":1"#))
        for node in [first, second] { try await node.end() }
        #expect(second.forwarder.connectionCount == 0)
    }

    @Test(arguments: TestHost.allCases)
    func aServerThatEndsEndsWhatItServesForOthers(host: TestHost) async throws {
        try await withForwarding(2, host) { nodes in
            let waiting = try await LosslessClient(on: nodes[0].port)
            let poll = Task { try await waiting.get("&ack=0", on: nodes[1].port) }
            let client = try await LosslessClient(on: nodes[0].port)
            let target = client.target(.websocket, "&attach=1&ack=0")
            let socket = try await TestWebSocket.connect(to: nodes[1].port, target)
            _ = try await socket.next()
            let third = try await LosslessClient(on: nodes[0].port)
            let stream = try await TestConnection.connect(to: nodes[1].port)
            try await stream.write(TestConnection.request("GET", third.target(.sse, "&attach=1&ack=0")))
            #expect(try await stream.responseHead().status == 200)
            try await eventually("all three") { nodes[1].forwarder.connectionCount == 3 }

            try await nodes[0].end()
            // The session says that it has ended, or its server cannot be reached any longer.
            #expect([200, 503].contains(try await poll.value.status))
            try await stream.waitForEndOfStream()
            while case .text = try await socket.next() {}
            try await socket.connection.waitForEnd()
            #expect(try await waiting.get("&ack=0", on: nodes[1].port).status != 200)
        }
    }

    @Test(arguments: TestHost.allCases)
    func aServerThatEndsEndsWhatItForwards(host: TestHost) async throws {
        try await withForwarding(2, host) { nodes in
            let waiting = try await LosslessClient(on: nodes[0].port)
            let poll = Task { try await waiting.get("&ack=0", on: nodes[1].port) }
            let client = try await LosslessClient(on: nodes[0].port)
            let target = client.target(.websocket, "&attach=1&ack=0")
            let socket = try await TestWebSocket.connect(to: nodes[1].port, target)
            _ = try await socket.next()
            try await eventually("both") { nodes[1].forwarder.connectionCount == 2 }
            try await nodes[1].end()
            #expect(try await poll.value.status == 503)
            try await socket.connection.waitForEnd()
            // The sessions are not concerned.
            #expect(await nodes[0].io.statistics().sessions == 2)
            #expect(try await client.get("&attach=2&ack=0", on: nodes[0].port).body.hasPrefix("0{"))
        }
    }

    @Test func aPollWhoseClientIsGoneIsAborted() async throws {
        try await withForwarding(2) { nodes in
            let client = try await LosslessClient(on: nodes[0].port)
            let connection = try await TestConnection.connect(to: nodes[1].port)
            try await connection.write(TestConnection.request("GET", client.target(.polling, "&ack=0")))
            try await eventually("the poll") { nodes[1].forwarder.connectionCount == 1 }
            await connection.close()
            try await eventually("the end of the poll") { nodes[1].forwarder.connectionCount == 0 }
            #expect(try await client.post("40", "&seq=1", on: nodes[1].port).body == "ok")
            #expect(try await client.get("&ack=0", on: nodes[1].port).body.hasPrefix("40{"))
        }
    }

    /// On a connection that was kept the other server may hang up while a request is on its way. What is safe is sent
    /// again.
    @Test(arguments: zip(["&seq=1", ""], [200, 503]))
    func aRequestOnAStaleConnectionIsRepeatedIfThatIsSafe(query: String, status: Int) async throws {
        let listener = try await TCPListener()
        let bus = InProcessBus()
        let owner = try await ForwardingNode(.standalone, bus, .testing(), address: "127.0.0.1:\(listener.port)")
        let node = try await ForwardingNode(.standalone, bus, .testing())
        let client = try await LosslessClient(on: owner.port)
        // All requests come on one connection, since each event loop keeps its own.
        let connection = try await TestConnection.connect(to: node.port)
        let target = client.target(.polling, query)
        let answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
        let first = Task { try await connection.send("POST", target, body: "40") }
        _ = try await listener.request()
        try await listener.answer(answer)
        #expect(try await first.value.status == 200)

        let second = Task { try await connection.send("POST", target, body: "40") }
        _ = try await listener.request()
        #expect(listener.count == 1)
        await listener.closeConnections()
        if status == 200 {
            try await eventually("another connection") { listener.count == 2 }
            _ = try await listener.request()
            try await listener.answer(answer)
        }
        #expect(try await second.value.status == status)
        await listener.close()
        for node in [node, owner] { try await node.end() }
    }

    @Test(arguments: [
        "no HTTP\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nless",
        "HTTP/1.1 421 Misdirected Request\r\nMartlet-Session-Node: nobody\r\nContent-Length: 0\r\n\r\n",
    ])
    func anAnswerThatIsNoneIsNotPassedOn(answer: String) async throws {
        let listener = try await TCPListener()
        let bus = InProcessBus()
        let owner = try await ForwardingNode(.standalone, bus, .testing(), address: "127.0.0.1:\(listener.port)")
        let node = try await ForwardingNode(.standalone, bus, .testing())
        let client = try await LosslessClient(on: owner.port)
        let asking = Task { try await client.get("&ack=0", on: node.port) }
        _ = try await listener.request()
        try await listener.answer(answer)
        await listener.closeConnections()
        #expect(try await asking.value.status == 503)
        await listener.close()
        for node in [node, owner] { try await node.end() }
    }

    @Test func theConnectionsAreBounded() async throws {
        var configuration = ForwardingConfiguration()
        configuration.maxConnections = 1
        try await withForwarding(2, configuration: configuration) { nodes in
            let client = try await LosslessClient(on: nodes[0].port)
            let target = client.target(.websocket, "&attach=1&ack=0")
            let socket = try await TestWebSocket.connect(to: nodes[1].port, target)
            #expect(try await client.get("&attach=2&ack=0", on: nodes[1].port).status == 503)
            await socket.connection.close()
            try await eventually("the WebSocket's end") { nodes[1].forwarder.connectionCount == 0 }
            #expect(try await client.get("&attach=2&ack=0", on: nodes[1].port).status == 200)
        }
    }

    /// Sends more than the kernel keeps for both sides of two connections, until it stays with the session.
    /// - Returns: the number of blocks, 100 KB each.
    private func fill(_ node: ForwardingNode) async throws -> Int {
        for count in 1...500 {
            node.io.emit("block", count - 1, String(repeating: "x", count: 100_000))
            if await node.io.statistics().unsentBytes > 1_000_000 { return count }
        }
        throw TestFailure.unexpected("50 MB are kept on the way")
    }

    /// Many megabytes through a server, for a client that does not read: the server in between keeps little, the rest
    /// stays with the session.
    @Test(arguments: [TransportName.websocket, .polling])
    func aSlowReaderStopsOnlyItsOwnConnection(transport: TransportName) async throws {
        try await withForwarding(2) { nodes in
            let session = try await TestSession.open(.polling, on: nodes[0].port, later: nodes[1].port)
            try await session.join()
            if transport == .websocket { try await session.move(to: try await session.probe()) }
            try await session.setReading(false)
            let count = try await self.fill(nodes[0])
            let other = try await TestSession.open(.polling, on: nodes[0].port, later: nodes[1].port)
            try await other.join()
            await other.close()
            try await session.setReading(true)
            for number in 0..<count {
                let event = try await session.nextMessage()
                guard event.hasPrefix(#"42["block",\#(number),"#), event.utf8.count > 100_000 else {
                    Issue.record("\(event.prefix(30)) in the place of \(number)")
                    break
                }
            }
            await session.close()
        }
    }

    @Test func aSlowReaderOfAStreamStopsTheStream() async throws {
        try await withForwarding(2) {
            SocketIOServer.testing { $0.resume?.buffer = 64 << 20 }
        } _: { nodes in
            let client = try await LosslessClient(on: nodes[0].port)
            #expect(try await client.post("40", "&seq=1", on: nodes[1].port).body == "ok")
            let stream = try await TestConnection.connect(to: nodes[1].port)
            try await stream.write(TestConnection.request("GET", client.target(.sse, "&attach=1&ack=0")))
            #expect(try await stream.responseHead().status == 200)
            try await stream.setReading(false)
            let expected = try await self.fill(nodes[0]) * 100_000
            try await stream.setReading(true)
            var count = 0
            while count < expected {
                guard let chunk = try await stream.chunk() else { throw TestFailure.ended }
                count += chunk.readableBytes
            }
            await stream.close()
        }
    }
}
