// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Martlet
import MartletForwarding
import MartletTestSupport
import NIOCore
import Testing
import WebSocketWire

/// A session is on one server, its requests come to others.
struct ForwardingTests {
    @Test(arguments: [TransportName.polling, .sse], TestHost.allCases)
    func requestsForASessionOfAnotherServerAreServed(transport: TransportName, host: TestHost) async throws {
        try await withForwarding(2, host) { nodes in
            let session = try await TestSession.open(transport, on: nodes[0].port, later: nodes[1].port)
            try await session.join()
            for number in 0..<20 {
                try await session.send(#"42["echo",\#(number)]"#)
                #expect(try await session.nextMessage() == #"42["echo",\#(number)]"#)
            }
            try await session.send(#"451-["echo",{"_placeholder":true,"num":0}]"#, "bAQID")
            #expect(try await session.nextMessage() == #"451-["echo",{"_placeholder":true,"num":0}]"#)
            #expect(try await session.nextMessage() == "bAQID")
            nodes[0].io.emit("tick", 1)
            #expect(try await session.nextMessage() == #"42["tick",1]"#)
            #expect(await nodes[0].io.statistics().sessions == 1)
            await session.close()
        }
    }

    @Test(arguments: [TransportName.polling, .sse], TestHost.allCases)
    func aSessionMovesToAWebSocketThroughAnotherServer(transport: TransportName, host: TestHost) async throws {
        try await withForwarding(2, host) { nodes in
            let session = try await TestSession.open(transport, on: nodes[0].port, later: nodes[1].port)
            try await session.join()
            let socket = try await session.probe()
            try await session.move(to: socket)
            for number in 0..<100 {
                try await session.send(#"42["echo",\#(number)]"#)
                #expect(try await session.nextMessage() == #"42["echo",\#(number)]"#)
            }
            try await session.send("451-[\"echo\",{\"_placeholder\":true,\"num\":0}]", "bAQID")
            #expect(try await session.nextMessage() == #"451-["echo",{"_placeholder":true,"num":0}]"#)
            #expect(try await session.nextMessage() == "bAQID")
            #expect(await nodes[0].io.statistics().sessionsByTransport == [.websocket: 1])
            await session.close()
            try await eventually("the session's end") { await nodes[0].io.statistics().sessions == 0 }
        }
    }

    @Test(arguments: TestHost.allCases)
    func aLosslessSessionAttachesThroughAnyServer(host: TestHost) async throws {
        try await withForwarding(3, host) { nodes in
            let client = try await LosslessClient(on: nodes[0].port)
            #expect(try await client.post("40", "&seq=1", on: nodes[1].port).body == "ok")
            let joined = try await client.get("&ack=0", on: nodes[2].port)
            #expect(joined.body.hasPrefix("40{"))

            // To a WebSocket through the second server.
            let target = client.target(.websocket, "&attach=1&ack=2")
            let socket = try await TestWebSocket.connect(to: nodes[1].port, target)
            guard case .text(let open) = try await socket.next() else { throw TestFailure.unexpected("binary") }
            #expect(String(buffer: open).contains(#""ack":1"#))
            try await socket.send(#"42["echo","over a WebSocket"]"#)
            #expect(try await socket.next() == .text(ByteBuffer(string: #"42["echo","over a WebSocket"]"#)))

            // To an event stream through the third.
            let stream = try await TestConnection.connect(to: nodes[2].port)
            try await stream.write(TestConnection.request("GET", client.target(.sse, "&attach=2&ack=2")))
            #expect(try await stream.responseHead()["content-type"] == "text/event-stream")
            var events = ByteBuffer()
            while !String(buffer: events).contains("over a WebSocket") {
                guard var chunk = try await stream.chunk() else { throw TestFailure.ended }
                events.writeBuffer(&chunk)
            }
            #expect(String(buffer: events).hasPrefix("data: 0{"))
            try await socket.connection.waitForEnd()

            // And back to polling at the second.
            let polling = try await client.get("&attach=3&ack=3", on: nodes[1].port)
            #expect(polling.body.hasPrefix("0{"))
            try await stream.waitForEndOfStream()
            #expect(await nodes[0].io.statistics().sessionsByTransport == [.polling: 1])
            #expect(await nodes[1].io.statistics().sessions == 0)
        }
    }

    @Test(arguments: TestHost.allCases)
    func anUnknownSessionIsUnknownThroughAnyServer(host: TestHost) async throws {
        try await withForwarding(2, host) { nodes in
            let opened = try await LosslessClient(on: nodes[0].port)
            // An id of the first server, of no session.
            let client = LosslessClient(sid: "AAAAAAAAAAAAAAAAAAAAAAAA" + opened.sid.suffix(6))
            let answer = try await client.get("&ack=0", on: nodes[1].port)
            #expect(answer.status == 400)
            #expect(answer.body == #"{"code":1,"message":"Session ID unknown"}"#)
            #expect(try await client.post("40", "&seq=1", on: nodes[1].port).body == answer.body)

            let target = client.target(.websocket, "&attach=1&ack=0")
            let socket = try await TestWebSocket.connect(to: nodes[1].port, target)
            #expect(try await socket.next() == .close(.sessionUnknown, reason: "Session ID unknown"))

            let stream = try await TestConnection.connect(to: nodes[1].port)
            let events = try await stream.send("GET", client.target(.sse, "&attach=1&ack=0"))
            #expect(events.body == "data: 1" + answer.body + "\n\n")
        }
    }

    @Test func anIdOfAServerThatIsGoneIsUnknownOnceAllHaveAnswered() async throws {
        try await withForwarding(3) { nodes in
            let client = LosslessClient(sid: "AAAAAAAAAAAAAAAAAAAAAAAA" + "BBBBBB")
            #expect(try await client.get("&ack=0", on: nodes[1].port).body.hasPrefix(#"{"code":1,"#))
            let target = client.target(.websocket, "&attach=1&ack=0")
            let socket = try await TestWebSocket.connect(to: nodes[2].port, target)
            #expect(try await socket.next() == .close(.sessionUnknown, reason: "Session ID unknown"))
        }
    }

    @Test func aFloodOfMadeUpIdsIsBounded() async throws {
        var settings = SessionDirectory.Configuration()
        settings.maxSought = 64
        try await withForwarding(3, directory: settings) { nodes in
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<1000 {
                    let sid = String("\(100_000_000_000_000_000 + number)AAAAAAAAAAAA".prefix(24)) + "BBBBBB"
                    group.addTask {
                        let client = LosslessClient(sid: "A" + sid.dropFirst())
                        return try await client.get("&ack=0", on: nodes[0].port).status
                    }
                }
                return try await group.reduce(into: [Int: Int]()) { $0[$1, default: 0] += 1 }
            }
            #expect(Set(statuses.keys).isSubset(of: [400, 503]))
            #expect(statuses.values.reduce(0, +) == 1000)
            #expect(nodes[0].forwarder.directory.soughtCount == 0)
            // A real session is served all the same.
            let session = try await TestSession.open(.polling, on: nodes[1].port, later: nodes[0].port)
            try await session.join()
            await session.close()
        }
    }

    @Test func aSessionThatHasBeenMovedIsFoundThroughItsFormerServer() async throws {
        try await withForwarding(3) { nodes in
            let opened = try await LosslessClient(on: nodes[0].port)
            let client = LosslessClient(sid: "AAAAAAAAAAAAAAAAAAAAAAAA" + opened.sid.suffix(6))
            guard let id = SessionID(client.sid) else { throw TestFailure.unexpected(client.sid) }
            // Only the first server knows. The third one has no such session either, and says so.
            nodes[0].forwarder.directory.note([id], on: nodes[2].forwarder.directory.nodeID)
            #expect(try await client.get("&ack=0", on: nodes[1].port).body.hasPrefix(#"{"code":1,"#))
            #expect(nodes[1].forwarder.directory.newNode(of: id) == nodes[2].forwarder.directory.nodeID)
            // The server that has opened it forwards, too.
            #expect(try await client.get("&ack=0", on: nodes[0].port).body.hasPrefix(#"{"code":1,"#))
            #expect(nodes[0].forwarder.connectionCount > 0)
        }
    }

    @Test func serversThatAreWrongAboutEachOtherMakeNoLoop() async throws {
        try await withForwarding(2) { nodes in
            let opened = try await LosslessClient(on: nodes[0].port)
            let client = LosslessClient(sid: "AAAAAAAAAAAAAAAAAAAAAAAA" + opened.sid.suffix(6))
            guard let id = SessionID(client.sid) else { throw TestFailure.unexpected(client.sid) }
            nodes[0].forwarder.directory.note([id], on: nodes[1].forwarder.directory.nodeID)
            nodes[1].forwarder.directory.note([id], on: nodes[0].forwarder.directory.nodeID)
            let answer = try await client.get("&ack=0", on: nodes[0].port)
            #expect(answer.status == 503)
            #expect(answer["martlet-session-node"] == nil)
        }
    }
}

extension TestConnection {
    /// Reads a stream until it ends.
    func waitForEndOfStream() async throws {
        do {
            while try await self.chunk() != nil {}
        } catch TestFailure.ended {}
    }
}
