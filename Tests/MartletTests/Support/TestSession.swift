// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEngine
import NIOCore
import WebSocketWire

/// A client's Engine.IO session, on any transport. Packets are as polling writes them: `4hello`, `bAQI=`.
actor TestSession {
    private enum Downstream {
        case polling(TestConnection)
        case stream(TestConnection, unread: ByteBuffer)
        case webSocket(TestWebSocket)
    }

    let port: Int
    let path: String
    private(set) var transport: TransportName
    private(set) var open = ""
    private(set) var sid = ""
    private var downstream: Downstream
    /// Uploads come on a connection of their own, which the server may serve on another event loop.
    private let upstream: TestConnection
    private var packets = [String]()

    private init(port: Int, path: String, _ transport: TransportName, _ downstream: Downstream) async throws {
        self.port = port
        self.path = path
        self.transport = transport
        self.downstream = downstream
        self.upstream = try await TestConnection.connect(to: port)
    }

    /// Opens a session and reads the open packet.
    /// - Parameter later: where all later requests go; `nil`: to the same server.
    static func open(
        _ transport: TransportName,
        on port: Int,
        path: String = "/socket.io/",
        query: String = "",
        later: Int? = nil
    ) async throws -> TestSession {
        let target = "\(path)?EIO=4&transport=\(transport)\(query)"
        let downstream: Downstream
        if transport == .websocket {
            downstream = .webSocket(try await TestWebSocket.connect(to: port, target))
        } else {
            let connection = try await TestConnection.connect(to: port)
            try await connection.write(TestConnection.request("GET", target))
            if transport == .polling {
                downstream = .polling(connection)
            } else {
                let head = try await connection.responseHead()
                guard head.status == 200, head["content-type"] == "text/event-stream" else {
                    throw TestFailure.unexpected("\(head)")
                }
                downstream = .stream(connection, unread: ByteBuffer())
            }
        }
        let session = try await TestSession(port: later ?? port, path: path, transport, downstream)
        try await session.readOpen()
        if transport == .polling, let later {
            await session.poll(on: try await TestConnection.connect(to: later))
        }
        return session
    }

    private func readOpen() async throws {
        self.isOpening = true
        let packet = try await self.next()
        self.isOpening = false
        guard packet.hasPrefix("0{"), let sid = packet.split(separator: "\"").dropFirst(3).first else {
            throw TestFailure.unexpected(packet)
        }
        self.open = packet
        self.sid = String(sid)
    }

    /// Whether the answer to the first GET is awaited, which has been sent.
    private var isOpening = false

    private func poll(on connection: TestConnection) {
        self.downstream = .polling(connection)
    }

    var target: String { "\(self.path)?EIO=4&transport=\(self.transport)&sid=\(self.sid)" }

    // MARK: Down

    /// Waits for the next packet.
    func next() async throws -> String {
        while self.packets.isEmpty {
            switch self.downstream {
            case .polling(let connection): try await self.poll(connection)
            case .stream(let connection, let unread): try await self.readStream(connection, unread)
            case .webSocket(let socket): try await self.readFrame(socket)
            }
        }
        return self.packets.removeFirst()
    }

    /// Waits for the next packet that is no ping and no noop, answering pings.
    func nextMessage() async throws -> String {
        while true {
            let packet = try await self.next()
            switch packet {
            case "2": try await self.send("3")
            case "6": break
            default: return packet
            }
        }
    }

    private func poll(_ connection: TestConnection) async throws {
        if !self.isOpening { try await connection.write(TestConnection.request("GET", self.target)) }
        let answer = try await connection.response()
        guard answer.status == 200 else { throw TestFailure.unexpected("\(answer.status) \(answer.body)") }
        self.packets += answer.body.split(separator: "\u{1e}", omittingEmptySubsequences: false).map(String.init)
    }

    private func readStream(_ connection: TestConnection, _ unread: ByteBuffer) async throws {
        var unread = unread
        guard var chunk = try await connection.chunk() else { throw TestFailure.ended }
        unread.writeBuffer(&chunk)
        while let event = unread.take(upTo: "\n\n") {
            if event.hasPrefix(":") { continue }
            let lines = event.split(separator: "\n", omittingEmptySubsequences: false)
            self.packets.append(lines.map { $0.dropFirst(6) }.joined(separator: "\n"))
        }
        self.downstream = .stream(connection, unread: unread)
    }

    private func readFrame(_ socket: TestWebSocket) async throws {
        switch try await socket.next() {
        case .text(let text): self.packets.append(String(buffer: text))
        case .binary(let bytes): self.packets.append("b" + TestBase64.encode(Array(buffer: bytes)))
        case .ping, .pong: break
        case .close: throw TestFailure.ended
        }
    }

    // MARK: Up

    /// Sends packets in one write: in a POST, or each in a frame.
    func send(_ packets: String...) async throws {
        try await self.send(packets)
    }

    func send(_ packets: [String]) async throws {
        if case .webSocket(let socket) = self.downstream {
            try await socket.send(
                packets.map { packet in
                    guard packet.hasPrefix("b") else { return (.text, ByteBuffer(string: packet)) }
                    return (.binary, ByteBuffer(bytes: TestBase64.decode(String(packet.dropFirst()))))
                })
        } else {
            let answer = try await self.post(packets.joined(separator: "\u{1e}"))
            guard answer.status == 200, answer.body == "ok" else { throw TestFailure.unexpected("\(answer)") }
        }
    }

    func post(_ body: String, fields: [String] = []) async throws -> TestResponse {
        try await self.upstream.send("POST", self.target, fields: fields, body: body)
    }

    // MARK: Moving and ending

    /// Connects a WebSocket and has its probe answered.
    func probe() async throws -> TestWebSocket {
        let target = "\(self.path)?EIO=4&transport=websocket&sid=\(self.sid)"
        let socket = try await TestWebSocket.connect(to: self.port, target)
        try await socket.send("2probe")
        let answer = try await socket.next()
        guard answer == .text(ByteBuffer(string: "3probe")) else { throw TestFailure.unexpected("\(answer)") }
        return socket
    }

    /// Goes on with a WebSocket whose probe was answered, after all that the transport before still has to say.
    func move(to socket: TestWebSocket) async throws {
        switch self.downstream {
        case .polling:
            // The server ends every GET soon while an upgrade is under way: the first `6` is the last word.
            var kept = [String]()
            while true {
                let packet = try await self.next()
                if packet == "6" { break }
                kept.append(packet)
            }
            self.packets = kept + self.packets
            try await socket.send("5")
        case .stream:
            try await socket.send("5")
            var kept = [String]()
            while let packet = try? await self.next() { kept.append(packet) }
            self.packets = kept
        case .webSocket: throw TestFailure.unexpected("on a WebSocket already")
        }
        self.downstream = .webSocket(socket)
        self.transport = .websocket
    }

    private var connection: TestConnection {
        switch self.downstream {
        case .polling(let connection), .stream(let connection, _): connection
        case .webSocket(let socket): socket.connection
        }
    }

    /// Stops or resumes reading what the server sends.
    func setReading(_ isReading: Bool) async throws {
        try await self.connection.setReading(isReading)
    }

    /// Breaks the connections.
    func close() async {
        await self.connection.close()
        await self.upstream.close()
    }

    /// Waits until the server has ended the session.
    /// - Returns: whether it said `1` before, as polling and sse do.
    func waitForEnd() async throws -> Bool {
        do {
            while try await self.next() != "1" {}
            return true
        } catch TestFailure.ended {
            return false
        }
    }
}
