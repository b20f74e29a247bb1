// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Martlet
import MartletTLS
import MartletTestSupport
import NIOCore
import NIOHPACK
import Testing
import WebSocketWire

/// HTTP/2, agreed on over TLS, or known beforehand on plain connections.
struct HTTP2Tests {
    static let isEncrypted = [true, false]
    static let target = "/socket.io/?EIO=4&transport="

    @Test(arguments: isEncrypted)
    func aSessionPolls(isEncrypted: Bool) async throws {
        let notes = Notes()
        let io = SocketIOServer.testing(notes)
        io.onConnection { socket in
            let head = socket.handshake.request.head
            notes.add("\(socket.handshake.secure) \(head.authority ?? "") \(head.headerFields[.cookie] ?? "")")
        }
        try await withHTTP2(io, isEncrypted: isEncrypted) { port in
            let client = try await TestHTTP2.connect(to: port)
            let cookies = [("cookie", "a=1"), ("cookie", "b=2")]
            let open = try await client.send("GET", Self.target + "polling", cookies)
            #expect(open.status == "200")
            #expect(try await client.send("HEAD", "/health").head?.first(name: "content-length") == "4")
            #expect(open.head?.first(name: "content-type") == "text/plain; charset=UTF-8")
            #expect(open.head?.first(name: "date")?.hasSuffix("GMT") == true)
            let sid = try Self.sid(String(buffer: open.body))
            let target = "\(Self.target)polling&sid=\(sid)"
            #expect(String(buffer: try await client.send("POST", target, body: "40").body) == "ok")
            var packets = ""
            while !packets.hasSuffix(#"42["auth",{}]"#) {
                packets += String(buffer: try await client.send("GET", target).body)
            }
            #expect(packets.hasPrefix("40{"))
            // The poll waits while other streams go on.
            let poll = try await client.request("GET", target)
            #expect(try await client.send("POST", target, body: #"42["echo",1]"#).status == "200")
            #expect(String(buffer: try await client.answer(to: poll).body) == #"42["echo",1]"#)
            await client.connection.close()
        }
        #expect(notes.all.first == "\(isEncrypted) localhost a=1; b=2")
    }

    @Test(arguments: isEncrypted)
    func manyEventStreamsShareAConnection(isEncrypted: Bool) async throws {
        try await withHTTP2(isEncrypted: isEncrypted) { port in
            let client = try await TestHTTP2.connect(to: port)
            var sessions: [(stream: UInt32, target: String)] = []
            for _ in 0..<50 { sessions.append(try await Self.joinStream(client)) }
            for (number, session) in sessions.enumerated() {
                _ = try await client.send("POST", session.target, body: #"42["echo",\#(number)]"#)
            }
            for (number, session) in sessions.enumerated() {
                #expect(try await client.event(of: session.stream) == #"42["echo",\#(number)]"#)
            }
            await client.connection.close()
        }
    }

    @Test(arguments: isEncrypted)
    func aStreamThatIsNotReadHoldsNoOtherUp(isEncrypted: Bool) async throws {
        let io = SocketIOServer.testing()
        try await withHTTP2(io, isEncrypted: isEncrypted) { port in
            let client = try await TestHTTP2.connect(to: port, window: 4000)
            let slow = try await Self.joinStream(client)
            _ = try await client.send("POST", slow.target, body: #"42["blocks",40,10000]"#)
            try await eventually("what does not fit the window") { await io.statistics().unsentBytes > 300_000 }
            let other = try await Self.joinStream(client)
            for number in 0..<20 {
                _ = try await client.send("POST", other.target, body: #"42["echo",\#(number)]"#)
                #expect(try await client.event(of: other.stream) == #"42["echo",\#(number)]"#)
            }
            try await client.widen(slow.stream, by: 1 << 20)
            for number in 1...40 {
                #expect(try await client.event(of: slow.stream).hasPrefix(#"42["block",\#(number),"#))
            }
            try await eventually("nothing left") { await io.statistics().unsentBytes == 0 }
            await client.connection.close()
        }
    }

    @Test func aReceiverThatFallsTooFarBehindIsDisconnected() async throws {
        let notes = Notes()
        let io = SocketIOServer.testing(notes) { $0.unsentLimit = 100_000 }
        try await withHTTP2(io, isEncrypted: false) {
            $0.idleTimeout = .seconds(2) * TestTime.factor
        } _: { port in
            let client = try await TestHTTP2.connect(to: port, window: 1000)
            let slow = try await Self.joinStream(client)
            _ = try await client.send("POST", slow.target, body: #"42["blocks",40,10000]"#)
            try await eventually("the end") { !notes.all.isEmpty }
            #expect(notes.all == ["disconnected: slow consumer"])
            // Its stream ends; the connection goes on.
            #expect(try await client.answer(to: slow.stream).reset == 8)
            #expect(try await client.send("GET", "/health").status == "200")
            await client.connection.close()
        }
    }

    @Test func aSessionLearnsThatAnAnswerToAPollWasLost() async throws {
        let notes = Notes()
        let io = SocketIOServer.testing(notes)
        try await withHTTP2(io, isEncrypted: false) { port in
            let client = try await TestHTTP2.connect(to: port, window: 1000)
            let open = try await client.send("GET", "\(Self.target)polling")
            let target = "\(Self.target)polling&sid=\(try Self.sid(String(buffer: open.body)))"
            _ = try await client.send("POST", target, body: "40")
            _ = try await client.send("GET", target)
            // More than the window of the stream, which is given up.
            _ = try await client.send("POST", target, body: #"42["blocks",1,5000]"#)
            let poll = try await client.request("GET", target)
            try await client.until("a part of the answer") { $0.streams[poll]?.body.readableBytes == 1000 }
            try await client.reset(poll)
            try await eventually("the end") { !notes.all.isEmpty }
            #expect(notes.all == ["disconnected: transport error"])
            #expect(try await client.send("GET", "/health").status == "200")
            await client.connection.close()
        }
    }

    @Test(arguments: isEncrypted)
    func aWebSocketOpensOnAStream(isEncrypted: Bool) async throws {
        try await withHTTP2(isEncrypted: isEncrypted) { port in
            let client = try await TestHTTP2.connect(to: port, window: 30_000)
            // SETTINGS_ENABLE_CONNECT_PROTOCOL.
            #expect(await client.settings[8] == 1)
            let stream = try await Self.openWebSocket(client)
            var socket = SocketReader()
            #expect(try await socket.next(client, stream).hasPrefix("0{"))
            try await Self.send("40", client, stream)
            #expect(try await socket.next(client, stream).hasPrefix("40{"))
            #expect(try await socket.next(client, stream) == #"42["auth",{}]"#)
            // An answer in several frames, which wait for the window.
            let long = String(repeating: "x", count: 100_000)
            for _ in 0..<10 {
                try await Self.send(#"42["echo","\#(long.prefix(10_000))"]"#, client, stream)
            }
            try await client.widen(stream, by: 1 << 20)
            for _ in 0..<10 {
                #expect(try await socket.next(client, stream) == #"42["echo","\#(long.prefix(10_000))"]"#)
            }
            // Both in good order.
            try await client.send(0, stream: stream, Self.frame(.close, "\u{3}\u{e8}"))
            #expect(try await client.answer(to: stream).reset == nil)
            #expect(try await client.send("GET", "/health").status == "200")
            await client.connection.close()
        }
    }

    @Test func aWebSocketOfAnotherServersSessionPassesThrough() async throws {
        try await withForwarding(2, speakHTTP2: true) { nodes in
            let session = try await TestSession.joined(.polling, on: nodes[0].port)
            let client = try await TestHTTP2.connect(to: nodes[1].port)
            let target = "\(Self.target)websocket&sid=\(await session.sid)"
            let stream = try await Self.openWebSocket(client, target)
            var socket = SocketReader()
            try await Self.send("2probe", client, stream)
            #expect(try await socket.next(client, stream) == "3probe")
            try await Self.send("5", client, stream)
            for number in 0..<20 {
                try await Self.send(#"42["echo",\#(number)]"#, client, stream)
                #expect(try await socket.next(client, stream) == #"42["echo",\#(number)]"#)
            }
            #expect(await nodes[0].io.statistics().sessionsByTransport == [.websocket: 1])
            try await client.send(0, flags: 1, stream: stream)
            try await eventually("the end") { await nodes[0].io.statistics().sessions == 0 }
            #expect(try await client.answer(to: stream).reset == nil)
            await client.connection.close()
            await session.close()
        }
    }

    @Test func theEndOfAWebSocketsStreamIsItsEnd() async throws {
        let notes = Notes()
        let io = SocketIOServer.testing(notes)
        try await withHTTP2(io, isEncrypted: false) { port in
            let client = try await TestHTTP2.connect(to: port)
            for isReset in [true, false] {
                let stream = try await Self.openWebSocket(client)
                var socket = SocketReader()
                _ = try await socket.next(client, stream)
                try await Self.send("40", client, stream)
                _ = try await socket.next(client, stream)
                if isReset {
                    try await client.reset(stream)
                } else {
                    try await client.send(0, flags: 1, stream: stream)
                    #expect(try await client.answer(to: stream).reset == nil)
                }
            }
            try await eventually("the ends") { notes.all.count == 2 }
            #expect(try await client.send("GET", "/health").status == "200")
            await client.connection.close()
        }
    }

    @Test func aTunnelMustBeAWebSockets() async throws {
        try await withHTTP2(isEncrypted: false) { port in
            let client = try await TestHTTP2.connect(to: port)
            let target = "\(Self.target)websocket"
            var head = HPACKHeaders([(":method", "CONNECT"), (":protocol", "connect-udp")])
            head.add(contentsOf: [(":scheme", "http"), (":authority", "localhost"), (":path", target)])
            let stream = try await client.request(head, ends: false)
            #expect(try await client.answer(to: stream).status == "501")
            // No version of WebSocket.
            let other = try await client.request(Self.webSocketHead(target, version: "7"), ends: false)
            #expect(try await client.answer(to: other).status == "426")
            #expect(try await client.send("GET", "/health").status == "200")
            await client.connection.close()
        }
    }

    @Test func theConnectionEndsInGoodOrder() async throws {
        let took = try await MartletServerTests().withRunning(.testing()) {
            $0.http2.allowsPlaintext = true
        } _: { port, shutDown in
            let client = try await TestHTTP2.connect(to: port)
            let session = try await Self.joinStream(client)
            await shutDown()
            try await client.waitForEnd()
            // All streams, then those that there were.
            #expect(await client.farewells == [[0x7fff_ffff, 0], [3, 0]])
            let stream = await client.streams[session.stream]
            #expect(stream?.hasEnded == true)
            #expect(String(buffer: await client.takeBody(of: session.stream)).hasSuffix("data: 1\n\n"))
        }
        #expect(took < .seconds(10) * TestTime.factor)
    }

    @Test func anIdleConnectionEnds() async throws {
        try await withHTTP2(isEncrypted: false) {
            $0.idleTimeout = .seconds(2) * TestTime.factor
        } _: { port in
            let client = try await TestHTTP2.connect(to: port)
            try await client.waitForEnd()
            #expect(await client.farewells == [[0x7fff_ffff, 0], [0, 0]])
            let used = try await TestHTTP2.connect(to: port)
            _ = try await used.send("GET", "/health")
            try await used.waitForEnd()
            #expect(await used.farewells == [[0x7fff_ffff, 0], [1, 0]])
        }
    }

    @Test func anAnswerThatNobodyTakesGivesUpItsStream() async throws {
        try await withHTTP2(isEncrypted: false) {
            $0.idleTimeout = .seconds(2) * TestTime.factor
        } _: { port in
            let client = try await TestHTTP2.connect(to: port, window: 1)
            let stream = try await client.request("GET", "/health")
            #expect(try await client.answer(to: stream).reset == 8)
            try await client.waitForEnd()
        }
    }

    @Test func plainConnectionsMaySpeakHTTP1() async throws {
        try await withHTTP2(isEncrypted: false) { port in
            for transport in BehaviourTests.transports {
                let session = try await TestSession.joined(transport, on: port)
                try await session.send(#"42["echo",1]"#)
                #expect(try await session.nextMessage() == #"42["echo",1]"#)
                await session.close()
            }
            // Begins as the preface does.
            let connection = try await TestConnection.connect(to: port)
            try await connection.write("P")
            try await connection.write("RI")
            try await connection.write("NT / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            #expect(try await connection.response().status != 200)
            await connection.close()
        }
    }

    @Test func aBodyThatComesTooSlowlyIsRefused() async throws {
        let limits = Notes()
        try await withHTTP2(isEncrypted: true) {
            $0.bodyTimeout = .milliseconds(100)
            $0.onLimitExceeded = { limit, _ in limits.add("\(limit)") }
        } _: { port in
            let client = try await TestHTTP2.connect(to: port)
            let stream = try await client.request("POST", "/socket.io/", [("content-length", "100")], ends: false)
            #expect(try await client.answer(to: stream).status == "408")
            try await eventually("the report") { limits.all == ["bodyTime"] }
            // The connection goes on.
            #expect(try await client.send("GET", "/health").status == "200")
            await client.connection.close()
        }
    }

    @Test func aConnectionHasSoManyRequestsAtMost() async throws {
        try await withHTTP2(isEncrypted: true) {
            $0.maxRequestsPerConnection = 3
        } _: { port in
            let client = try await TestHTTP2.connect(to: port)
            for _ in 1...3 { #expect(try await client.send("GET", "/health").status == "200") }
            try await client.until("a farewell") { $0.farewells == [[0x7fff_ffff, 0], [5, 0]] }
            try await client.waitForEnd()
        }
    }

    @Test func aConnectionThatDoesNotSayWhatItSpeaksEnds() async throws {
        try await withHTTP2(isEncrypted: false) {
            $0.headTimeout = .milliseconds(200) * TestTime.factor
        } _: { port in
            let connection = try await TestConnection.connect(to: port)
            // The server may have lost its patience before.
            try? await connection.write("PRI * HT")
            try await connection.waitForEnd()
        }
    }

    @Test func plainConnectionsSpeakNoHTTP2UnlessTheyMay() async throws {
        try await withServer(.standalone, .testing()) { port in
            let connection = try await TestConnection.connect(to: port)
            try await connection.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
            #expect(try await connection.responseHead().status == 400)
            try await connection.waitForEnd()
        }
    }
}

/// Runs `body` against a server that speaks HTTP/2.
func withHTTP2(
    _ io: SocketIOServer = .testing(),
    isEncrypted: Bool,
    configure: (inout MartletServer.Configuration) -> Void = { _ in },
    _ body: (_ port: Int) async throws -> Void
) async throws {
    let certificate = isEncrypted ? try TestCertificate() : nil
    let tls = try certificate.map { try ServerTLS(certificate: $0.certificate, key: $0.key) }
    let context = try certificate.map { try TestTLS.client(of: $0, speaking: ["h2"]) }
    try await withServer(.standalone, [.socketIO(io)]) {
        $0.tls = tls
        $0.http2.allowsPlaintext = true
        configure(&$0)
    } _: { port in
        try await TestTLS.$context.withValue(context) { try await body(port) }
    }
}

extension HTTP2Tests {
    static func sid(_ text: String) throws -> Substring {
        guard let sid = text.split(separator: "\"").dropFirst(3).first else { throw TestFailure.unexpected(text) }
        return sid
    }

    /// Opens a session on an event stream, and joins `/`.
    static func joinStream(_ client: TestHTTP2) async throws -> (stream: UInt32, target: String) {
        let stream = try await client.request("GET", "\(Self.target)sse")
        let target = "\(Self.target)sse&sid=\(try Self.sid(try await client.event(of: stream)))"
        let answer = try await client.send("POST", target, body: "40")
        guard answer.status == "200" else { throw TestFailure.unexpected("\(answer)") }
        for beginning in ["40{", #"42["auth""#] {
            let event = try await client.event(of: stream)
            guard event.hasPrefix(beginning) else { throw TestFailure.unexpected(event) }
        }
        return (stream, target)
    }

    static func webSocketHead(_ target: String, version: String = "13") -> HPACKHeaders {
        HPACKHeaders([
            (":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "https"), (":authority", "localhost"),
            (":path", target), ("sec-websocket-version", version), ("origin", "https://localhost"),
        ])
    }

    static func openWebSocket(_ client: TestHTTP2, _ target: String = target + "websocket") async throws -> UInt32 {
        let stream = try await client.request(Self.webSocketHead(target), ends: false)
        try await client.until("an answer") { $0.streams[stream]?.head != nil }
        let answer = await client.streams[stream]
        guard answer?.status == "200", answer?.head?.first(name: "sec-websocket-accept") == nil else {
            throw TestFailure.unexpected("\(String(describing: answer))")
        }
        return stream
    }

    static func frame(_ opcode: WebSocketOpcode, _ text: String) -> ByteBuffer {
        var frame = ByteBuffer()
        WebSocketFrame.write(
            opcode: opcode,
            payload: ByteBuffer(bytes: text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }),
            mask: WebSocketMask(key: 0x1234_5678),
            into: &frame
        )
        return frame
    }

    static func send(_ text: String, _ client: TestHTTP2, _ stream: UInt32) async throws {
        try await client.send(0, stream: stream, Self.frame(.text, text))
    }

    /// Reads the messages of a WebSocket.
    struct SocketReader: ~Copyable {
        private var decoder = WebSocketDecoder(
            role: .client,
            limits: WebSocketLimits(maxMessageBytes: 1 << 20),
            inflater: nil
        )
        private var scratch = ByteBuffer()

        mutating func next(_ client: TestHTTP2, _ stream: UInt32) async throws -> String {
            while true {
                if case .text(let text)? = try self.decoder.next(into: &self.scratch) { return String(buffer: text) }
                try await client.until("a frame") { ($0.streams[stream]?.body.readableBytes ?? 0) > 0 }
                self.decoder.feed(await client.takeBody(of: stream))
            }
        }
    }
}
