// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Martlet
import MartletTestSupport
import Testing

/// The application decides which handshakes open a session.
struct AllowRequestTests {
    private static let transports: [TransportName] = [.websocket, .sse, .polling]

    private struct Failure: Error {}

    @Test(arguments: transports, TestHost.allCases)
    func aRefusalIsTheHandshakesAnswer(transport: TransportName, host: TestHost) async throws {
        let io = SocketIOServer.testing {
            $0.allowRequest = { request in
                switch request.query["token"] {
                case "good": break
                case "bad": throw RequestRefused(message: "not \"you\"")
                default: throw Failure()
                }
            }
        }
        try await withServer(host, io) { port in
            let told = try await TestConnection.handshake(transport, on: port, query: "&token=bad")
            #expect(told.status == 403)
            #expect(told["content-type"] == "application/json")
            #expect(told.body == #"{"code":4,"message":"not \"you\""}"#)
            let untold = try await TestConnection.handshake(transport, on: port)
            #expect(untold.status == 403)
            #expect(untold.body == #"{"code":4,"message":"Forbidden"}"#)
            #expect(await io.statistics().sessions == 0)
            let session = try await TestSession.open(transport, on: port, query: "&token=good")
            try await session.join()
            await session.close()
        }
    }

    /// The checks that come before are the server's, the one that comes after is the protocol version's.
    @Test(
        arguments: [
            ("EIO=4&transport=none", 400, 0, false), ("EIO=4&transport=polling&sid=x", 400, 1, false),
            ("EIO=4&transport=websocket", 400, 3, false), ("EIO=3&transport=polling", 403, 4, true),
            ("EIO=4&transport=polling", 403, 4, true),
        ]
    )
    func onlyHandshakesThatPassTheServersChecksAreAskedAbout(
        query: String,
        status: Int,
        code: Int,
        isAsked: Bool
    ) async throws {
        let notes = Notes()
        let io = SocketIOServer.testing {
            $0.allowRequest = { request in
                notes.add(request.target)
                throw Failure()
            }
        }
        try await withServer(.standalone, io) { port in
            let connection = try await TestConnection.connect(to: port)
            let answer = try await connection.send("GET", "/socket.io/?\(query)")
            #expect(answer.status == status)
            #expect(answer.body.hasPrefix("{\"code\":\(code),"))
            #expect(notes.all == (isAsked ? ["/socket.io/?\(query)"] : []))
            let foreign = try await connection.send(
                "GET",
                "/socket.io/?\(query)",
                fields: ["Origin: https://example.org"]
            )
            #expect(foreign.status == (code == 0 ? 400 : 403))
            #expect(notes.all.count == (isAsked ? 1 : 0))
            await connection.close()
        }
    }

    @Test(arguments: TestHost.allCases)
    func requestsOfASessionAreNotAskedAbout(host: TestHost) async throws {
        let notes = Notes()
        let io = SocketIOServer.testing { $0.allowRequest = { notes.add($0.query["transport"] ?? "") } }
        try await withServer(host, io) { port in
            let session = try await TestSession.joined(.polling, on: port)
            try await session.move(to: session.probe())
            try await session.send(#"42["echo",1]"#)
            #expect(try await session.nextMessage() == #"42["echo",1]"#)
            #expect(notes.all == ["polling"])
            await session.close()
        }
    }

    /// What comes on the connection meanwhile waits, and is answered in order.
    @Test(arguments: TestHost.allCases)
    func theNextRequestWaitsForTheDecision(host: TestHost) async throws {
        let notes = Notes()
        let (decision, decide) = AsyncStream.makeStream(of: Void.self)
        let io = SocketIOServer.testing {
            $0.allowRequest = { request in
                notes.add(request.query["number"] ?? "")
                if request.query["number"] == "1" { for await _ in decision {} }
                throw RequestRefused(message: request.query["number"] ?? "")
            }
        }
        try await withServer(host, io) { port in
            let connection = try await TestConnection.connect(to: port)
            let requests = (1...40).map {
                TestConnection.handshakeRequest(.polling, query: "&number=\($0)")
            }
            try await connection.write(requests.joined())
            try await eventually("the first request") { !notes.all.isEmpty }
            // Another connection is served meanwhile.
            let other = try await TestConnection.handshake(.polling, on: port, query: "&number=x")
            #expect(other.status == 403)
            #expect(notes.all == ["1", "x"])
            decide.finish()
            for number in 1...40 {
                let answer = try await connection.response()
                #expect(answer.body == #"{"code":4,"message":"\#(number)"}"#)
            }
            await connection.close()
        }
    }

    @Test(arguments: transports, TestHost.allCases)
    func aClientThatGoesAwayEndsTheDecision(transport: TransportName, host: TestHost) async throws {
        let notes = Notes()
        let (decision, decide) = AsyncStream.makeStream(of: Void.self)
        let io = SocketIOServer.testing {
            $0.allowRequest = { _ in
                notes.add("asked")
                // Ends when the task is cancelled, too.
                for await _ in decision {}
                notes.add(Task.isCancelled ? "cancelled" : "allowed")
            }
        }
        try await withServer(host, io) { port in
            let connection = try await TestConnection.connect(to: port)
            try await connection.write(TestConnection.handshakeRequest(transport))
            try await eventually("the question") { notes.all == ["asked"] }
            await connection.close()
            try await eventually("the end") { notes.all == ["asked", "cancelled"] }
            decide.finish()
            let session = try await TestSession.joined(transport, on: port)
            #expect(await io.statistics().sessions == 1)
            await session.close()
        }
    }
    @Test func aServerThatGoesDownEndsTheDecision() async throws {
        let notes = Notes()
        let (decision, _) = AsyncStream.makeStream(of: Void.self)
        let io = SocketIOServer.testing {
            $0.allowRequest = { _ in
                notes.add("asked")
                for await _ in decision {}
                notes.add(Task.isCancelled ? "cancelled" : "allowed")
            }
        }
        try await withServer(.standalone, io) { port in
            let connection = try await TestConnection.connect(to: port)
            try await connection.write(TestConnection.handshakeRequest(.polling))
            try await eventually("the question") { notes.all == ["asked"] }
        }
        try await eventually("the end") { notes.all == ["asked", "cancelled"] }
    }
}
