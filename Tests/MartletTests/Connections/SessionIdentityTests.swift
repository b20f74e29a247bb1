// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import Martlet
import MartletTestSupport
import NIOCore
import Testing
import WebSocketWire

/// A session belongs to who opened it: with its id alone nobody else gets at it.
struct SessionIdentityTests {
    private static let owner = ["Cookie: user=ada"]
    /// Another user, one whose name is as long, and nobody.
    private static let others = [["Cookie: user=grace"], ["Cookie: user=eve"], []]
    private static let refusal = #"{"code":4,"message":"The session belongs to somebody else"}"#

    /// A server that knows its clients by a cookie.
    static func server(
        _ notes: Notes = Notes(), configure: (inout SocketIOConfiguration) -> Void = { _ in }
    ) -> SocketIOServer {
        .testing(notes) {
            $0.sessionIdentity = { request in
                let cookie = request.head.headerFields[.cookie]
                if cookie == "user=banned" { throw RequestRefused(message: "banned") }
                return cookie.map { String($0.dropFirst("user=".count)) }
            }
            configure(&$0)
        }
    }

    private static func status(_ request: String, on port: Int) async throws -> TestResponse {
        let connection = try await TestConnection.connect(to: port)
        try await connection.write(request)
        let answer = try await connection.openingAnswer()
        await connection.close()
        return answer
    }

    @Test(arguments: [TransportName.polling, .sse], TestHost.allCases)
    func aPlainSessionIsNobodyElses(transport: TransportName, host: TestHost) async throws {
        let io = Self.server()
        try await withServer(host, io) { port in
            let opening = try await TestConnection.connect(to: port)
            try await opening.write(TestConnection.handshakeRequest(transport, fields: Self.owner))
            let head = try await opening.responseHead()
            let first =
                if transport == .polling {
                    try await opening.read("the open packet") {
                        $0.readString(length: Int(head["content-length"] ?? "") ?? 0)
                    }
                } else {
                    String(buffer: try #require(try await opening.chunk()))
                }
            let sid = try #require(first.split(separator: "\"").dropFirst(3).first)
            let target = "/socket.io/?EIO=4&transport=\(transport)&sid=\(sid)"
            let probe = "/socket.io/?EIO=4&transport=websocket&sid=\(sid)"
            for fields in Self.others {
                for request in [
                    TestConnection.request("GET", target, fields: fields),
                    TestConnection.request("POST", target, fields: fields, body: "40"),
                    TestWebSocket.handshake(probe, fields: fields),
                ] {
                    let answer = try await Self.status(request, on: port)
                    #expect(answer.status == 403)
                    #expect(answer.body == Self.refusal)
                }
            }
            #expect(await io.statistics().sessions == 1)
            #expect(await io.statistics().sockets == 0)
            let joins = TestConnection.request("POST", target, fields: Self.owner, body: "40")
            #expect(try await Self.status(joins, on: port).body == "ok")
            #expect(try await Self.status(TestWebSocket.handshake(probe, fields: Self.owner), on: port).status == 101)
            try await eventually("the socket") { await io.statistics().sockets == 1 }
            await opening.close()
        }
    }

    @Test(arguments: [TransportName.websocket, .sse, .polling], TestHost.allCases)
    func aLosslessSessionIsAttachedByNobodyElse(transport: TransportName, host: TestHost) async throws {
        try await withServer(host, Self.server()) { port in
            let client = try await LosslessClient(on: port, fields: Self.owner)
            let target = client.target(transport, "&attach=1&ack=0")
            func attach(_ fields: [String]) -> String {
                transport == .websocket
                    ? TestWebSocket.handshake(target, fields: fields)
                    : TestConnection.request("GET", target, fields: fields)
            }
            for fields in Self.others {
                let answer = try await Self.status(attach(fields), on: port)
                #expect(answer.status == 403)
                #expect(answer.body == Self.refusal)
            }
            let answer = try await Self.status(attach(Self.owner), on: port)
            #expect(answer.status == (transport == .websocket ? 101 : 200))
        }
    }

    /// Each server asks the application itself, and does not take another server's word.
    @Test(arguments: TestHost.allCases)
    func neitherIsASessionOfAnotherServer(host: TestHost) async throws {
        func make() -> SocketIOServer { Self.server() }
        try await withForwarding(2, host, make: make) { nodes in
            let client = try await LosslessClient(on: nodes[0].port, fields: Self.owner)
            let port = nodes[1].port
            for fields in Self.others {
                let answers = [
                    try await client.get("&ack=0", on: port, fields: fields),
                    try await client.post("40", "&seq=1", on: port, fields: fields),
                    try await client.get("&attach=1&ack=0", on: port, fields: fields),
                    try await Self.status(
                        TestWebSocket.handshake(client.target(.websocket, "&attach=1&ack=0"), fields: fields), on: port),
                    try await Self.status(TestWebSocket.handshake(client.target(.websocket), fields: fields), on: port),
                ]
                for answer in answers {
                    #expect(answer.status == 403)
                    #expect(answer.body == Self.refusal)
                }
            }
            #expect(try await client.post("40", "&seq=1", on: port, fields: Self.owner).body == "ok")
            #expect(try await client.get("&ack=0", on: port, fields: Self.owner).body.hasPrefix("40{"))
        }
    }

    private static func text(_ socket: TestWebSocket) async throws -> String {
        let event = try await socket.next()
        guard case .text(let text) = event else { throw TestFailure.unexpected("\(event)") }
        return String(buffer: text)
    }

    /// Opens a WebSocket and joins.
    /// - Returns: what came first after that.
    private static func join(
        _ fields: [String], _ auth: String = "", on port: Int
    ) async throws -> (socket: TestWebSocket, first: String) {
        let target = "/socket.io/?EIO=4&transport=websocket"
        let socket = try await TestWebSocket.connect(to: port, target, fields: fields)
        _ = try await self.text(socket)
        try await socket.send("40" + auth)
        return (socket, try await self.text(socket))
    }

    /// The secret of connection state recovery does not help anybody else either, nor does it harm the owner.
    @Test func aStateIsRecoveredByNobodyElse() async throws {
        let notes = Notes()
        let io = Self.server { $0.connectionStateRecovery = ConnectionStateRecovery() }
        io.onConnection { notes.add("\($0.handshake.request.identity ?? "-") \($0.recovered)") }
        try await withServer(.standalone, io) { port in
            let (owner, connected) = try await Self.join(Self.owner, on: port)
            let greeting = try await Self.text(owner)
            let pid = try #require(connected.split(separator: "\"").dropLast().last)
            let offset = try #require(greeting.split(separator: "\"").dropLast().last)
            let auth = #"{"pid":"\#(pid)","offset":"\#(offset)"}"#
            func others() async throws {
                for fields in Self.others {
                    let (socket, first) = try await Self.join(fields, auth, on: port)
                    #expect(first.hasPrefix("40{"))
                    await socket.connection.close()
                }
            }
            try await others()
            try await owner.send(#"42["echo"]"#)
            #expect(try await Self.text(owner).hasPrefix(#"42["echo""#))
            await owner.connection.close()
            try await eventually("the owner to be away") { await io.statistics().sockets == 0 }
            try await others()
            // What was not acknowledged comes first.
            let (again, first) = try await Self.join(Self.owner, auth, on: port)
            #expect(first.hasPrefix(#"42["echo""#))
            try await eventually("the owner to be back") { notes.all.last == "ada true" }
            #expect(notes.all.filter { $0.hasSuffix("true") } == ["ada true"])
            await again.connection.close()
        }
    }

    @Test(arguments: [TransportName.websocket, .sse, .polling])
    func whoeverIsRefusedIsToldWhy(transport: TransportName) async throws {
        let notes = Notes()
        let io = Self.server {
            $0.onConnectionError = { notes.add("\($0.code) \($0.context) \($0.error.map { "\($0)" } ?? "-")") }
        }
        try await withServer(.standalone, io) { port in
            let answer = try await TestConnection.handshake(transport, on: port, fields: ["Cookie: user=banned"])
            #expect(answer.status == 403)
            #expect(answer.body == #"{"code":4,"message":"banned"}"#)
            #expect(notes.all == [#"4 ["message": "banned"] RequestRefused(message: "banned")"#])
            #expect(await io.statistics().sessions == 0)
        }
    }

    @Test func theApplicationHearsWhoTriedToUseAnothersSession() async throws {
        let notes = Notes()
        let io = Self.server {
            $0.onConnectionError = {
                notes.add("\($0.code) \($0.context["name"] ?? "-") \($0.request.identity ?? "-")")
            }
        }
        try await withServer(.standalone, io) { port in
            let client = try await LosslessClient(on: port, fields: Self.owner)
            let eve = ["Cookie: user=eve"]
            _ = try await client.get("&ack=0", on: port, fields: eve)
            _ = try await client.post("40", "&seq=1", on: port, fields: eve)
            _ = try await client.get("&attach=1&ack=0", on: port, fields: eve)
            #expect(notes.all == Array(repeating: "4 IDENTITY_MISMATCH eve", count: 3))
        }
    }

    @Test func theApplicationFindsTheIdentity() async throws {
        let notes = Notes()
        let io = Self.server {
            $0.allowRequest = { notes.add("allow \($0.identity ?? "-")") }
            $0.initialHeaders = { request, fields in fields[.server] = "for \(request.identity ?? "-")" }
        }
        io.onConnection { notes.add("connected \($0.handshake.request.identity ?? "-")") }
        try await withServer(.standalone, io) { port in
            let socket = try await TestWebSocket.connect(
                to: port, "/socket.io/?EIO=4&transport=websocket", fields: Self.owner)
            try await socket.send("40")
            try await eventually("the connection") { notes.all == ["allow ada", "connected ada"] }
            await socket.connection.close()
            let answer = try await TestConnection.handshake(.polling, on: port)
            #expect(answer["server"] == "for -")
        }
    }
}
