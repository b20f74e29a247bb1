// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import WebSocketWire

/// The client's end of a WebSocket.
actor TestWebSocket {
    nonisolated let connection: TestConnection
    private var decoder: WebSocketDecoder
    private var scratch = ByteBuffer()
    private var nextKey: UInt32 = 0x1234_5678

    init(_ connection: TestConnection, deflate: PerMessageDeflateParameters? = nil) {
        self.connection = connection
        self.decoder = WebSocketDecoder(
            role: .client,
            limits: WebSocketLimits(maxMessageBytes: 64 << 20),
            inflater: deflate.map { Inflater(parameters: $0, role: .client, pool: DeflatePool()) }
        )
    }

    static func handshake(_ target: String, fields: [String] = []) -> String {
        TestConnection.request(
            "GET",
            target,
            fields: [
                "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            ] + fields
        )
    }

    /// Connects, or throws what the server answered instead.
    static func connect(to port: Int, _ target: String, fields: [String] = []) async throws -> TestWebSocket {
        let connection = try await TestConnection.connect(to: port)
        try await connection.write(Self.handshake(target, fields: fields))
        let head = try await connection.responseHead()
        guard head.status == 101, head["sec-websocket-accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" else {
            throw TestFailure.unexpected("\(head)")
        }
        return TestWebSocket(connection)
    }

    /// Waits for the next message or control frame.
    func next() async throws -> WebSocketEvent {
        while true {
            if let event = try self.decoder.next(into: &self.scratch) { return event.copied }
            let bytes = try await self.connection.read("a frame") { bytes in
                bytes.readableBytes > 0 ? bytes.readSlice(length: bytes.readableBytes) : nil
            }
            self.decoder.feed(bytes)
        }
    }

    func send(_ opcode: WebSocketOpcode, _ payload: ByteBuffer) async throws {
        try await self.send([(opcode, payload)])
    }

    /// Sends frames in one write, so that they arrive together.
    func send(_ messages: [(opcode: WebSocketOpcode, payload: ByteBuffer)]) async throws {
        var frames = ByteBuffer()
        for message in messages {
            self.nextKey = self.nextKey &* 1_664_525 &+ 1_013_904_223
            let mask = WebSocketMask(key: self.nextKey)
            WebSocketFrame.write(opcode: message.opcode, payload: message.payload, mask: mask, into: &frames)
        }
        try await self.connection.write(frames)
    }

    func send(_ text: String) async throws {
        try await self.send(.text, ByteBuffer(string: text))
    }
}

extension WebSocketEvent {
    /// The event with memory of its own.
    fileprivate var copied: WebSocketEvent {
        func copy(_ buffer: ByteBuffer) -> ByteBuffer { ByteBuffer(bytes: buffer.readableBytesView) }
        return switch self {
        case .text(let text): .text(copy(text))
        case .binary(let bytes): .binary(copy(bytes))
        case .ping(let data): .ping(copy(data))
        case .pong(let data): .pong(copy(data))
        case .close: self
        }
    }
}
