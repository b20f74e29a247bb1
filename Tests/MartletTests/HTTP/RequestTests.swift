// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Martlet
import MartletTestSupport
import NIOConcurrencyHelpers
import NIOCore
import Testing

/// The HTTP side of the endpoint: what is refused and how, bodies, and connections that are kept.
struct RequestTests {
    private static let polling = "/socket.io/?EIO=4&transport=polling"
    private static let unknown = String(repeating: "A", count: 24)

    private func sid(of answer: TestResponse) throws -> String {
        guard let sid = answer.body.split(separator: "\"").dropFirst(3).first else {
            throw TestFailure.unexpected(answer.body)
        }
        return String(sid)
    }

    @Test(
        arguments: [
            ("GET", "/socket.io/?EIO=4&transport=abc", 0), ("GET", "/socket.io/", 0),
            ("GET", "/socket.io/?EIO=4&transport=polling&sid=zzz", 1),
            ("GET", "/socket.io/?EIO=4&transport=polling&sid=\(unknown)", 1),
            ("POST", "/socket.io/?EIO=4&transport=polling&sid=\(unknown)", 1),
            ("POST", polling, 2), ("PUT", polling, 2), ("OPTIONS", polling, 2),
            ("GET", "/socket.io/?EIO=4&transport=websocket", 3), ("GET", "/socket.io/?EIO=3&transport=polling", 5),
        ]
    )
    func aBadRequestIsAnsweredWithItsCode(method: String, target: String, code: Int) async throws {
        try await withServer(.standalone, .testing()) { port in
            let connection = try await TestConnection.connect(to: port)
            let body = method == "POST" || method == "PUT" ? "4x" : nil
            // Twice on one connection: a refusal does not end it.
            for _ in 0..<2 {
                let answer = try await connection.send(method, target, body: body)
                #expect(answer.status == 400)
                #expect(answer.body.hasPrefix(#"{"code":\#(code),"message":""#))
                #expect(answer["content-type"] == "application/json")
                #expect(answer["cache-control"] == "no-store")
            }
            await connection.close()
        }
    }

    @Test func theAnswerToAHeadRequestHasNoBody() async throws {
        try await withServer(.standalone, .testing()) { port in
            let connection = try await TestConnection.connect(to: port)
            #expect(try await connection.send("HEAD", Self.polling).status == 400)
            // RFC 9110, 9.3.2; a body would be taken for the next answer.
            let answer = try await connection.send("GET", Self.polling)
            #expect(answer.status == 200)
            await connection.close()
        }
    }

    @Test func theSlashAtTheEndOfThePathMayBeMissing() async throws {
        try await withServer(.standalone, .testing()) { port in
            let connection = try await TestConnection.connect(to: port)
            #expect(try await connection.send("GET", "/socket.io?EIO=4&transport=polling").status == 200)
            await connection.close()
        }
    }

    @Test func whatLiesElsewhereIsNotFoundOrTheResponders() async throws {
        try await withServer(.standalone, .testing()) { port in
            let connection = try await TestConnection.connect(to: port)
            for target in ["/", "/socket.iox/?EIO=4", "/socket", "/other"] {
                #expect(try await connection.send("GET", target).status == 404)
            }
            #expect(try await connection.send("POST", "/other", body: "ignored").status == 404)
            #expect(try await connection.send("HEAD", "/other").status == 404)
            let answer = try await connection.send("GET", "/health")
            #expect(answer.status == 200 && answer.body == "fine")
            #expect(try await connection.send("GET", Self.polling).status == 200)
            await connection.close()
        }
    }

    @Test func theClientMayAskForTheConnectionsEnd() async throws {
        try await withServer(.standalone, .testing()) { port in
            for target in [Self.polling, "/other", "/health", "/socket.io/?EIO=4&transport=abc"] {
                let connection = try await TestConnection.connect(to: port)
                let answer = try await connection.send("GET", target, fields: ["Connection: close"])
                #expect(answer["connection"] == "close")
                try await connection.waitForEnd()
            }
        }
    }

    // MARK: Bodies

    @Test(arguments: [true, false])
    func aBodyThatIsTooLargeIsRefusedAndTheSessionLives(chunked: Bool) async throws {
        let io = SocketIOServer.testing { $0.maxPayload = 1000 }
        try await withServer(.standalone, io) { port in
            let session = try await TestSession.joined(.polling, on: port)
            let connection = try await TestConnection.connect(to: port)
            let target = await session.target
            if chunked {
                var text = "POST \(target) HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
                for _ in 0..<20 { text += "64\r\n" + String(repeating: "x", count: 100) + "\r\n" }
                try await connection.write(text + "0\r\n\r\n")
                #expect(try await connection.response().status == 413)
            } else {
                let body = "4" + String(repeating: "x", count: 1000)
                #expect(try await connection.send("POST", target, body: body).status == 413)
            }
            let largest = #"42["echo",""# + String(repeating: "x", count: 1000 - 13) + #""]"#
            #expect(largest.utf8.count == 1000)
            try await session.send(largest)
            #expect(try await session.nextMessage() == largest)
            await connection.close()
            await session.close()
        }
    }

    @Test func aMuchLargerBodyIsReadSoThatTheAnswerArrives() async throws {
        try await withServer(.standalone, .testing()) { port in
            let session = try await TestSession.joined(.polling, on: port)
            let answer = try await session.post(String(repeating: "x", count: 8_000_000))
            #expect(answer.status == 413)
            await session.close()
        }
    }

    @Test func aBodyMayComeInChunks() async throws {
        try await withServer(.standalone, .testing()) { port in
            let session = try await TestSession.joined(.polling, on: port)
            let connection = try await TestConnection.connect(to: port)
            let head = "POST \(await session.target) HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
            let parts = [head, "5\r\n42[\"e\r\n", "3\r\ncho\r\n", "4\r\n\",1]\r\n", "0\r\n\r\n"]
            for part in parts { try await connection.write(part) }
            let answer = try await connection.response()
            #expect(answer.status == 200 && answer.body == "ok" && answer["content-type"] == "text/html")
            #expect(try await session.nextMessage() == #"42["echo",1]"#)
            await connection.close()
            await session.close()
        }
    }

    @Test func aPostThatIsCutOffEndsOnlyItself() async throws {
        let notes = Notes()
        try await withServer(.standalone, .testing(notes)) { port in
            let session = try await TestSession.joined(.polling, on: port)
            let connection = try await TestConnection.connect(to: port)
            try await connection.writeLast(
                "POST \(await session.target) HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n42[\"note\",\"x\"]"
            )
            try await connection.waitForEnd()
            #expect(try await session.post(#"42["note","y"]"#).body == "ok")
            #expect(notes.all == ["y"])
            await connection.close()
            await session.close()
        }
    }

    @Test func twoPostsAtATimeEndTheSession() async throws {
        let notes = Notes()
        try await withServer(.standalone, .testing(notes)) { port in
            let session = try await TestSession.joined(.polling, on: port)
            let first = try await TestConnection.connect(to: port)
            let target = await session.target
            try await first.write("POST \(target) HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n4")
            let second = try await TestConnection.connect(to: port)
            // The heads race on different connections; whichever comes second is refused.
            try await eventually("a refusal") {
                if !notes.all.isEmpty { return true }
                return try await second.send("POST", target, body: "6").status == 400
            }
            #expect(notes.all == ["disconnected: transport error"])
            for connection in [first, second] { await connection.close() }
            await session.close()
        }
    }

    @Test func anOctetStreamIsRefused() async throws {
        let notes = Notes()
        try await withServer(.standalone, .testing(notes)) { port in
            let session = try await TestSession.joined(.polling, on: port)
            let answer = try await session.post("4x", fields: ["Content-Type: application/octet-stream"])
            #expect(answer.status == 400)
            try await eventually("the end") { notes.all == ["disconnected: transport error"] }
            await session.close()
        }
    }

    // MARK: Pipelining

    @Test func twoRequestsOfPollingMayBePipelined() async throws {
        try await withServer(.standalone, .testing()) { port in
            let connection = try await TestConnection.connect(to: port)
            let sid = try self.sid(of: try await connection.send("GET", Self.polling))
            let target = "\(Self.polling)&sid=\(sid)"
            try await connection.write(
                TestConnection.request("POST", target, body: "40") + TestConnection.request("GET", target)
            )
            #expect(try await connection.response().body == "ok")
            var payload = try await connection.response().body
            #expect(payload.hasPrefix(#"40{"sid":""#))
            if !payload.contains("auth") { payload = try await connection.send("GET", target).body }
            #expect(payload.hasSuffix(#"42["auth",{}]"#))
            await connection.close()
        }
    }

    @Test func manyPipelinedRequestsAreAnsweredInOrder() async throws {
        try await withServer(.standalone, .testing()) { port in
            let connection = try await TestConnection.connect(to: port)
            let requests = (0..<200).map { number in
                number % 2 == 0
                    ? TestConnection.request("GET", Self.polling)
                    : TestConnection.request("POST", "/other", body: String(repeating: "x", count: number))
            }
            try await connection.write(requests.joined())
            for number in 0..<200 {
                let status = try await connection.response().status
                guard status == (number % 2 == 0 ? 200 : 404) else {
                    Issue.record("\(status) for request \(number)")
                    break
                }
            }
            await connection.close()
        }
    }

    @Test(arguments: [polling, "/socket.io/martlet.js", "/socket.io/", "/health"])
    func aClientThatEndsItsSideIsAnswered(target: String) async throws {
        try await withServer(.standalone, .testing()) { port in
            try await withThrowingTaskGroup { group in
                for _ in 0..<20 {
                    group.addTask {
                        let connection = try await TestConnection.connect(to: port)
                        try await connection.writeLast(TestConnection.request("GET", target))
                        _ = try await connection.response()
                        try await connection.waitForEnd()
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    /// On whichever loop its session lives.
    @Test func aPostWhoseClientEndsItsSideIsAnswered() async throws {
        let notes = Notes()
        try await withServer(.standalone, .testing(notes)) { port in
            let session = try await TestSession.joined(.polling, on: port)
            for number in 0..<20 {
                let connection = try await TestConnection.connect(to: port)
                let request = TestConnection.request("POST", await session.target, body: #"42["note","\#(number)"]"#)
                try await connection.writeLast(request)
                #expect(try await connection.response().body == "ok")
                try await connection.waitForEnd()
            }
            #expect(notes.all == (0..<20).map(String.init))
            await session.close()
        }
    }

    @Test(arguments: ["", "Connection: close", "Connection: x"])
    func anUpgradeThatTheConnectionDoesNotNameIsNone(field: String) async throws {
        try await withServer(.standalone, .testing()) { port in
            let connection = try await TestConnection.connect(to: port)
            let fields = ["Upgrade: websocket"] + (field.isEmpty ? [] : [field])
            #expect(try await connection.send("GET", Self.polling, fields: fields).status == 200)
            await connection.close()
        }
    }

    @Test func aSessionThatTimedOutIsUnknownAtOnce() async throws {
        let io = SocketIOServer.testing {
            $0.pingInterval = .milliseconds(200)
            $0.pingTimeout = .milliseconds(100)
        }
        try await withServer(.standalone, io) { port in
            let connection = try await TestConnection.connect(to: port)
            let target = try await Self.polling + "&sid=" + self.sid(of: connection.send("GET", Self.polling))
            try await eventually("the timeout") { await io.statistics().sessions == 0 }
            for (method, body) in [("POST", "4x"), ("GET", nil), ("POST", "3"), ("GET", nil)] {
                let answer = try await connection.send(method, target, body: body)
                #expect(answer.status == 400)
                #expect(answer.body == #"{"code":1,"message":"Session ID unknown"}"#)
            }
            await connection.close()
        }
    }

    @Test(arguments: ["40\u{1e}4abc", "42[\"early\"]", "40\u{1e}45-[1]", "40\u{1e}44{}", "40\u{1e}42[1"])
    func aSessionThatTheServerEndsSaysSoInTheNextGet(body: String) async throws {
        try await withServer(.standalone, .testing()) { port in
            let connection = try await TestConnection.connect(to: port)
            let target = try await Self.polling + "&sid=" + self.sid(of: connection.send("GET", Self.polling))
            #expect(try await connection.send("POST", target, body: body).body == "ok")
            // It is over, but the client has yet to be told.
            #expect(try await connection.send("POST", target, body: "4x").body.contains("Session ID unknown"))
            let packets = try await connection.send("GET", target).body.split(separator: "\u{1e}")
            #expect(packets.last == "1")
            #expect(packets.dropLast().first?.hasPrefix("40{\"sid\":") == (body.hasPrefix("40") ? true : nil))
            #expect(try await connection.send("GET", target).body.contains("Session ID unknown"))
            await connection.close()
        }
    }

    @Test(arguments: ["", "3", "6", "60", "3\u{1e}60"])
    func aPostWithoutMessagesToALosslessSessionNeedsNoNumber(body: String) async throws {
        try await withServer(.standalone, .testing()) { port in
            let connection = try await TestConnection.connect(to: port)
            let handshake = try await connection.send("GET", Self.polling + "&resume=1")
            let target = try Self.polling + "&sid=" + self.sid(of: handshake)
            #expect(try await connection.send("POST", target, body: body).body == "ok")
            #expect(try await connection.send("POST", target, body: "4x").status == 400)
            #expect(try await connection.send("POST", target + "&seq=1", body: "40").body == "ok")
            #expect(try await connection.send("GET", target + "&ack=0").body.hasPrefix("40{"))
            await connection.close()
        }
    }

    @Test(arguments: ["ack=yes", "seq=abc", "attach=2", "attach=x", "ack=7&seq=9"])
    func inAPlainSessionTheNamesOfLosslessOnesAreTheApplications(query: String) async throws {
        try await withServer(.standalone, .testing()) { port in
            let connection = try await TestConnection.connect(to: port)
            let handshake = try await connection.send("GET", Self.polling + "&" + query)
            let target = try Self.polling + "&\(query)&sid=" + self.sid(of: handshake)
            #expect(try await connection.send("POST", target, body: "40").body == "ok")
            #expect(try await connection.send("GET", target).body.hasPrefix("40{"))
            let lossless = try await connection.send("GET", Self.polling + "&resume=1")
            let other = try Self.polling + "&\(query)&sid=" + self.sid(of: lossless)
            #expect(try await connection.send("POST", other, body: "40").status == 400)
            await connection.close()
        }
    }

    @Test func anAbortedGetEndsOnlyItself() async throws {
        let notes = Notes()
        try await withServer(.standalone, .testing(notes)) { port in
            let session = try await TestSession.joined(.polling, on: port)
            let waiting = try await TestConnection.connect(to: port)
            try await waiting.writeLast(TestConnection.request("GET", await session.target))
            try await waiting.waitForEnd()
            try await session.send(#"42["echo",1]"#)
            #expect(try await session.nextMessage() == #"42["echo",1]"#)
            #expect(notes.all.isEmpty)
            await session.close()
        }
    }

    @Test func aLosslessSessionWhoseClientIsGoneBeforeItsAnswerIsNotKept() async throws {
        let io = SocketIOServer.testing()
        let lock = ConditionLock(value: "free")
        // The server sees neither the request nor its client's end before both have come.
        io.on("hold") { (_: Socket) in
            lock.lock()
            lock.unlock(withValue: "held")
            lock.lock(whenValue: "released")
            lock.unlock()
        }
        try await withServer(.standalone, [.socketIO(io)]) {
            $0.threads = 1
        } _: { port in
            let session = try await TestSession.joined(.websocket, on: port)
            try await session.send(#"42["hold"]"#)
            lock.lock(whenValue: "held")
            lock.unlock()
            let connection = try await TestConnection.connect(to: port)
            try await connection.write(TestConnection.request("GET", Self.polling + "&resume=1"))
            await connection.close()
            lock.lock()
            lock.unlock(withValue: "released")
            try await session.send(#"42["echo",1]"#)
            #expect(try await session.nextMessage() == #"42["echo",1]"#)
            try await eventually("the session's end") {
                await io.statistics().sessionsByTransport == [.websocket: 1]
            }
            await session.close()
        }
    }

    @Test func aStreamForHTTP10HasNoChunks() async throws {
        try await withServer(.standalone, .testing()) { port in
            let connection = try await TestConnection.connect(to: port)
            try await connection.write("GET /socket.io/?EIO=4&transport=sse HTTP/1.0\r\nHost: h\r\n\r\n")
            let head = try await connection.responseHead()
            #expect(head["transfer-encoding"] == nil && head["content-length"] == nil)
            #expect(head["connection"] == "close")
            let event = try await connection.read("the open packet") { bytes in
                bytes.readableBytesView.elementsEqual("".utf8) ? nil : bytes.readString(length: bytes.readableBytes)
            }
            #expect(event.hasPrefix("data: 0{"))
            await connection.close()
        }
    }

    @Test func aConnectionOfHTTP10IsClosedAndExpectsNothing() async throws {
        try await withServer(.standalone, .testing()) { port in
            let session = try await TestSession.joined(.polling, on: port)
            let connection = try await TestConnection.connect(to: port)
            try await connection.write(
                "POST \(await session.target) HTTP/1.0\r\nConnection: keep-alive\r\nExpect: 100-continue\r\n"
                    + "Content-Length: 14\r\n\r\n42[\"echo\",123]"
            )
            let answer = try await connection.response()
            #expect(answer.status == 200 && answer["connection"] == "close")
            #expect(answer["date"]?.hasSuffix(" GMT") == true)
            try await connection.waitForEnd()
            #expect(try await session.nextMessage() == #"42["echo",123]"#)
            await session.close()
        }
    }

    @Test func aStreamBehindAnotherRequestIsNotTakenForAnIdleConnection() async throws {
        try await withServer(.standalone, [.socketIO(.testing())]) {
            $0.idleTimeout = .milliseconds(300)
        } _: { port in
            let connection = try await TestConnection.connect(to: port)
            try await connection.write(
                TestConnection.request("GET", "/health")
                    + TestConnection.request("GET", "/socket.io/?EIO=4&transport=sse")
            )
            #expect(try await connection.response().body == "fine")
            #expect(try await connection.responseHead().status == 200)
            _ = try await connection.chunk()
            let clock = ContinuousClock.now
            try await eventually("the idle time") { ContinuousClock.now - clock > .milliseconds(600) }
            #expect(connection.channel.isActive)
            await connection.close()
        }
    }
}
