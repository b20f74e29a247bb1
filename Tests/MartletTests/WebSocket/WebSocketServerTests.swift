// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Foundation
import Martlet
import MartletTestSupport
import NIOCore
import Testing
import WebSocketWire

/// Plain WebSockets over real sockets.
struct WebSocketServerTests {
    private static func echo(_ configure: (inout WebSocketServer.Configuration) -> Void = { _ in }) -> WebSocketServer {
        var configuration = WebSocketServer.Configuration()
        configure(&configuration)
        return WebSocketServer(path: "/ws", configuration: configuration) { socket in
            socket.onText { socket.send(text: $0) }
            socket.onBinary { socket.send(binary: $0) }
        }
    }

    @Test(arguments: TestHost.allCases)
    func messagesAreEchoed(host: TestHost) async throws {
        try await withServer(host, [.webSocket(Self.echo())]) { port in
            let socket = try await TestWebSocket.connect(to: port, "/ws")
            for count in [0, 1, 125, 126, 65_535, 65_536, 900_000] {
                let payload = ByteBuffer(repeating: UInt8(ascii: "x"), count: count)
                try await socket.send(.text, payload)
                #expect(try await socket.next() == .text(payload))
                try await socket.send(.binary, payload)
                #expect(try await socket.next() == .binary(payload))
            }
            try await socket.send(.ping, ByteBuffer(string: "p"))
            #expect(try await socket.next() == .pong(ByteBuffer(string: "p")))
            await socket.connection.close()
        }
    }

    /// One that never reads is not kept for what it was to be sent.
    @Test func aReceiverThatNeverReadsIsClosed() async throws {
        let notes = Notes()
        var configuration = WebSocketServer.Configuration()
        configuration.unsentLimit = 1 << 20
        let server = WebSocketServer(path: "/ws", configuration: configuration) { socket in
            socket.onClose { _ in notes.add("closed") }
            socket.onText { _ in
                for _ in 0..<40 { socket.send(text: ByteBuffer(repeating: UInt8(ascii: "x"), count: 500_000)) }
            }
        }
        try await withServer(.standalone, [.webSocket(server)]) { port in
            let socket = try await TestWebSocket.connect(to: port, "/ws")
            try await socket.connection.setReading(false)
            try await socket.send(.text, ByteBuffer(string: "go"))
            try await eventually("the end") { notes.all == ["closed"] }
            await socket.connection.close()
        }
    }

    @Test(arguments: [("b, a", "a"), ("c", nil), ("", nil)] as [(String, String?)])
    func aSubprotocolIsAgreedOn(asked: String, agreed: String?) async throws {
        var configuration = WebSocketServer.Configuration()
        configuration.subprotocols = ["a", "d"]
        let server = WebSocketServer(path: "/ws", configuration: configuration) { socket in
            socket.send(text: ByteBuffer(string: socket.subprotocol ?? "none"))
        }
        try await withServer(.standalone, [.webSocket(server)]) { port in
            let connection = try await TestConnection.connect(to: port)
            let fields = asked.isEmpty ? [] : ["Sec-WebSocket-Protocol: \(asked)"]
            try await connection.write(TestWebSocket.handshake("/ws", fields: fields))
            let head = try await connection.responseHead()
            #expect(head["sec-websocket-protocol"] == agreed)
            #expect(try await TestWebSocket(connection).next() == .text(ByteBuffer(string: agreed ?? "none")))
            await connection.close()
        }
    }

    /// As an actor does it, which runs now on one thread and now on another.
    @Test func whatIsSentOnTheLoopDoesNotOvertakeWhatWasSentBeforeOnAnotherThread() async throws {
        let server = WebSocketServer(path: "/ws") { socket in
            socket.onText { _ in
                let isDone = DispatchSemaphore(value: 0)
                Thread.detachNewThread {
                    socket.send(text: ByteBuffer(string: "1"))
                    isDone.signal()
                }
                isDone.wait()
                socket.send(text: ByteBuffer(string: "2"))
            }
        }
        try await withServer(.standalone, [.webSocket(server)]) { port in
            let socket = try await TestWebSocket.connect(to: port, "/ws")
            try await socket.send(.text, ByteBuffer(string: "go"))
            #expect(try await socket.next() == .text(ByteBuffer(string: "1")))
            #expect(try await socket.next() == .text(ByteBuffer(string: "2")))
            await socket.connection.close()
        }
    }

    @Test func framesMayFollowTheHandshakeAtOnce() async throws {
        try await withServer(.standalone, [.webSocket(Self.echo())]) { port in
            let connection = try await TestConnection.connect(to: port)
            var bytes = ByteBuffer(string: TestWebSocket.handshake("/ws"))
            for text in ["a", "b"] {
                WebSocketFrame.write(
                    opcode: .text,
                    payload: ByteBuffer(string: text),
                    mask: WebSocketMask(key: 1),
                    into: &bytes
                )
            }
            try await connection.write(bytes)
            #expect(try await connection.responseHead().status == 101)
            let socket = TestWebSocket(connection)
            #expect(try await socket.next() == .text(ByteBuffer(string: "a")))
            #expect(try await socket.next() == .text(ByteBuffer(string: "b")))
            await connection.close()
        }
    }

    @Test func aMessageThatIsTooBigEndsTheConnection() async throws {
        try await withServer(.standalone, [.webSocket(Self.echo { $0.maxMessageSize = 1000 })]) { port in
            let socket = try await TestWebSocket.connect(to: port, "/ws")
            try await socket.send(.binary, ByteBuffer(repeating: 0, count: 1001))
            guard case .close(let code, _) = try await socket.next() else { throw TestFailure.unexpected("no close") }
            #expect(code == .messageTooBig)
            try await socket.connection.waitForEnd()
        }
    }

    #if Compression
    @Test func messagesAreCompressedWhereThatIsNegotiated() async throws {
        let server = Self.echo { $0.perMessageDeflate = PerMessageDeflate() }
        try await withServer(.standalone, [.webSocket(server)]) { port in
            let connection = try await TestConnection.connect(to: port)
            try await connection.write(
                TestWebSocket.handshake("/ws", fields: ["Sec-WebSocket-Extensions: permessage-deflate"])
            )
            let head = try await connection.responseHead()
            #expect(head["sec-websocket-extensions"]?.hasPrefix("permessage-deflate") == true)
            let parameters = PerMessageDeflateParameters(serverNoContextTakeover: true, clientNoContextTakeover: true)
            let socket = TestWebSocket(connection, deflate: parameters)
            let text = String(repeating: "the same again, ", count: 1000)
            for _ in 0..<3 {
                try await socket.send(text)
                #expect(try await socket.next() == .text(ByteBuffer(string: text)))
            }
            await connection.close()
        }
    }
    #endif

    @Test(
        arguments: [
            ("Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 12\r\nSec-WebSocket-Key: x", 426),
            ("Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x", 400),
            ("Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13", 400), ("X-None: 1", 400),
        ]
    )
    func aBadHandshakeIsRefused(fields: String, status: Int) async throws {
        try await withServer(.standalone, [.webSocket(Self.echo())]) { port in
            let connection = try await TestConnection.connect(to: port)
            #expect(try await connection.send("GET", "/ws", fields: [fields]).status == status)
            await connection.close()
        }
    }

    @Test func bothSidesMayClose() async throws {
        let notes = Notes()
        let server = WebSocketServer(path: "/ws") { socket in
            socket.onText { _ in socket.close(code: 4000, reason: "enough") }
            socket.onClose { notes.add($0.map { "\($0)" } ?? "lost") }
        }
        try await withServer(.standalone, [.webSocket(server)]) { port in
            let socket = try await TestWebSocket.connect(to: port, "/ws")
            try await socket.send("x")
            #expect(try await socket.next() == .close(WebSocketCloseCode(rawValue: 4000), reason: "enough"))
            var close = ByteBuffer()
            close.writeInteger(UInt16(4000))
            try await socket.send(.close, close)
            try await socket.connection.waitForEnd()

            let second = try await TestWebSocket.connect(to: port, "/ws")
            close.clear()
            close.writeInteger(UInt16(1000))
            try await second.send(.close, close)
            #expect(try await second.next() == .close(.normalClosure, reason: ""))
            try await second.connection.waitForEnd()

            let third = try await TestWebSocket.connect(to: port, "/ws")
            await third.connection.close()
            try await eventually("the ends") { notes.all.count == 3 }
            #expect(notes.all == ["4000", "1000", "lost"])
        }
    }
}
