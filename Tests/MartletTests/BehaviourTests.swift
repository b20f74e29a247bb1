// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Martlet
import MartletTestSupport
import NIOCore
import Testing

/// What a client can rely on, whichever transport it is on and whatever serves it.
struct BehaviourTests {
    @Test func statisticsCountTheSocketsOfAllNamespaces() async throws {
        let io = SocketIOServer.testing()
        try await withServer(.standalone, io) { port in
            let session = try await TestSession.joined(.websocket, on: port)
            try await session.join("/custom")
            let other = try await TestSession.joined(.polling, on: port)
            let statistics = await io.statistics()
            #expect(statistics.sessions == 2)
            #expect(statistics.sockets == 3)
            await session.close()
            await other.close()
        }
    }

    @Test(arguments: [(nil, "chat"), (["b", "a"], "a"), (["x"], nil), ([], nil)] as [([String]?, String?)])
    func aSubprotocolIsAgreedOn(supported: [String]?, chosen: String?) async throws {
        let io = SocketIOServer.testing { $0.subprotocols = supported }
        var configuration = EngineIOConfiguration()
        configuration.subprotocols = supported
        let engine = EngineIOServer(configuration: configuration) { _ in }
        try await withServer(.standalone, [.socketIO(io), .engineIO(engine)]) { port in
            for path in ["/socket.io/", "/engine.io/"] {
                let connection = try await TestConnection.connect(to: port)
                let fields = ["Sec-WebSocket-Protocol: chat, a", "Sec-WebSocket-Protocol: b"]
                try await connection.write(
                    TestWebSocket.handshake("\(path)?EIO=4&transport=websocket", fields: fields)
                )
                let answer = try await connection.responseHead()
                #expect(answer.status == 101)
                #expect(answer["sec-websocket-protocol"] == chosen)
                await connection.close()
            }
        }
    }

    @Test func volatileEventsAreDroppedWhileNoRequestWaits() async throws {
        let io = SocketIOServer.testing()
        io.on("volatile") { (socket: Socket, count: Int) in
            for number in 1...count { socket.volatile.emit("v", number) }
            socket.emit("end")
        }
        try await withServer(.standalone, io) { port in
            let session = try await TestSession.joined(.polling, on: port)
            try await session.send(#"42["volatile",100]"#)
            #expect(try await session.nextMessage() == #"42["end"]"#)
            await session.close()
            for transport in [TransportName.websocket, .sse] {
                let session = try await TestSession.joined(transport, on: port)
                try await session.send(#"42["volatile",100]"#)
                for number in 1...100 { #expect(try await session.nextMessage() == #"42["v",\#(number)]"#) }
                await session.close()
            }
        }
    }

    static let transports: [TransportName] = [.websocket, .sse, .polling]

    @Test(arguments: transports, TestHost.allCases)
    func aClientConnectsWithItsAuthenticationData(transport: TransportName, host: TestHost) async throws {
        try await withServer(host, .testing()) { port in
            let session = try await TestSession.open(transport, on: port)
            let upgrades = transport == .websocket ? "" : #""websocket""#
            let sid = await session.sid
            #expect(
                await session.open
                    == #"0{"sid":"\#(sid)","upgrades":[\#(upgrades)],"pingInterval":25000,"pingTimeout":20000,"#
                    + #""maxPayload":1000000}"#
            )
            try await session.join(auth: #"{"token":"x"}"#)
            await session.close()
        }
    }

    @Test(arguments: transports, TestHost.allCases)
    func aRefusedClientHearsWhyAndMayGoOn(transport: TransportName, host: TestHost) async throws {
        try await withServer(host, .testing()) { port in
            let session = try await TestSession.open(transport, on: port)
            try await session.send("40/guarded,")
            #expect(
                try await session.nextMessage() == #"44/guarded,{"message":"Not authorized","data":{"code":7}}"#
            )
            try await session.send("40/nowhere,")
            #expect(try await session.nextMessage() == #"44/nowhere,{"message":"Invalid namespace"}"#)
            try await session.join()
            await session.close()
        }
    }

    @Test(arguments: transports, TestHost.allCases)
    func eventsGoBothWays(transport: TransportName, host: TestHost) async throws {
        try await withServer(host, .testing()) { port in
            let session = try await TestSession.joined(transport, on: port)
            for arguments in [#"1,"2",{"3":[true]}"#, #""é😀\n\u0000 / \"""#, "null,1.5,[]"] {
                try await session.send(#"42["echo",\#(arguments)]"#)
                #expect(try await session.nextMessage() == #"42["echo",\#(arguments)]"#)
            }
            await session.close()
        }
    }

    @Test(arguments: transports, TestHost.allCases)
    func acknowledgementsGoBothWays(transport: TransportName, host: TestHost) async throws {
        try await withServer(host, .testing()) { port in
            let session = try await TestSession.joined(transport, on: port)
            try await session.send(#"4212["ack",1,"a"]"#)
            #expect(try await session.nextMessage() == #"4312[1,"a"]"#)

            try await session.send(#"42["ask",60000]"#)
            let question = try await session.nextMessage()
            #expect(question.hasSuffix(#"["question",1]"#))
            let id = question.dropFirst(2).prefix { $0 != "[" }
            try await session.send(#"43\#(id)["forty-two"]"#)
            #expect(try await session.nextMessage() == #"42["answer","forty-two"]"#)

            try await session.send(#"42["ask",50]"#)
            _ = try await session.nextMessage()
            let failure = try await session.nextMessage()
            #expect(failure.hasPrefix(#"42["failed","#))
            await session.close()
        }
    }

    @Test(arguments: transports, TestHost.allCases)
    func binaryGoesBothWays(transport: TransportName, host: TestHost) async throws {
        try await withServer(host, .testing()) { port in
            let session = try await TestSession.joined(transport, on: port)
            let all = "b" + TestBase64.encode((0...255).map { UInt8($0) })
            let placeholder = { (number: Int) in #"{"_placeholder":true,"num":\#(number)}"# }
            try await session.send(#"452-["echo",\#(placeholder(0)),"x",\#(placeholder(1))]"#, all, "bAQI=")
            #expect(try await session.nextMessage() == #"452-["echo",\#(placeholder(0)),"x",\#(placeholder(1))]"#)
            #expect(try await session.nextMessage() == all)
            #expect(try await session.nextMessage() == "bAQI=")

            try await session.send(#"451-7["ack",\#(placeholder(0))]"#, "bAA==")
            #expect(try await session.nextMessage() == #"461-7[\#(placeholder(0))]"#)
            #expect(try await session.nextMessage() == "bAA==")
            await session.close()
        }
    }

    @Test(arguments: transports, TestHost.allCases)
    func namespacesShareAConnection(transport: TransportName, host: TestHost) async throws {
        let notes = Notes()
        try await withServer(host, .testing(notes)) { port in
            let session = try await TestSession.joined(transport, on: port)
            try await session.join("/custom", auth: #"{"a":1}"#)
            try await session.send(#"42/custom,["echo","there"]"#, #"42["echo","here"]"#)
            #expect(try await session.nextMessage() == #"42/custom,["echo","there"]"#)
            #expect(try await session.nextMessage() == #"42["echo","here"]"#)
            try await session.send("41/custom,")
            try await eventually("the namespace to be left") {
                notes.all == ["disconnected: client namespace disconnect"]
            }
            try await session.send(#"42["echo","still here"]"#)
            #expect(try await session.nextMessage() == #"42["echo","still here"]"#)
            await session.close()
        }
    }

    @Test(arguments: transports, TestHost.allCases)
    func broadcastsReachTheRoomOnEveryLoop(transport: TransportName, host: TestHost) async throws {
        let io = SocketIOServer.testing()
        try await withServer(host, io) { port in
            var sessions: [TestSession] = []
            // Connections are dealt out to the loops in turn.
            for _ in 0..<6 { sessions.append(try await .joined(transport, on: port)) }
            for session in sessions.dropLast() {
                try await session.send(#"421["join","lobby"]"#)
                #expect(try await session.nextMessage() == #"431["lobby"]"#)
            }
            #expect(await io.in("lobby").count() == 5)
            try await sessions[0].send(#"42["to","lobby","hello"]"#)
            for session in sessions[1..<5] {
                #expect(try await session.nextMessage() == #"42["said","hello"]"#)
            }
            try await sessions[5].send(#"42["all",{"to":"everyone"}]"#)
            // Whoever was not in the room, and the sender itself, hear this first.
            for session in sessions {
                #expect(try await session.nextMessage() == #"42["all",{"to":"everyone"}]"#)
            }
            for session in sessions { await session.close() }
        }
    }

    @Test(arguments: transports, TestHost.allCases)
    func tenThousandEventsKeepTheirOrder(transport: TransportName, host: TestHost) async throws {
        try await withServer(host, .testing()) { port in
            let session = try await TestSession.joined(transport, on: port)
            try await session.send(#"42["count",10000]"#)
            for number in 1...10_000 {
                let event = try await session.nextMessage()
                guard event == #"42["tick",\#(number)]"# else {
                    Issue.record("\(event) in the place of \(number)")
                    break
                }
            }
            await session.close()
        }
    }

    @Test(arguments: transports, TestHost.allCases)
    func eventsFromAClientKeepTheirOrder(transport: TransportName, host: TestHost) async throws {
        let notes = Notes()
        try await withServer(host, .testing(notes)) { port in
            let session = try await TestSession.joined(transport, on: port)
            for start in stride(from: 0, to: 1000, by: 100) {
                try await session.send((start..<start + 100).map { #"42["note","\#($0)"]"# })
            }
            try await eventually("all events") { notes.all.count == 1000 }
            #expect(notes.all == (0..<1000).map(String.init))
            await session.close()
        }
    }
}
