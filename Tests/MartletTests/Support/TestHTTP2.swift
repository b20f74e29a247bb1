// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletTestSupport
import NIOCore
import NIOHPACK

/// A client of HTTP/2 that sends what it is told to, and sees each frame.
actor TestHTTP2 {
    struct Stream {
        var head: HPACKHeaders?
        var body = ByteBuffer()
        var hasEnded = false
        var reset: UInt32?

        var status: String? { self.head?.first(name: ":status") }
    }

    nonisolated let connection: TestConnection
    private var encoder = HPACKEncoder(allocator: ByteBufferAllocator())
    private var decoder = HPACKDecoder(allocator: ByteBufferAllocator())
    private var nextStream: UInt32 = 1
    private(set) var streams: [UInt32: Stream] = [:]
    /// What the server has said about itself.
    private(set) var settings: [UInt16: UInt32] = [:]
    /// The last stream and the error of each GOAWAY.
    private(set) var farewells: [[UInt32]] = []
    private let isSecure: Bool

    private init(_ connection: TestConnection) {
        self.connection = connection
        self.isSecure = TestTLS.context != nil
    }

    /// - Parameter window: how much the server may send on a stream.
    static func connect(to port: Int, window: UInt32 = 1 << 20) async throws -> TestHTTP2 {
        let client = TestHTTP2(try await TestConnection.connect(to: port))
        try await client.begin(window: window)
        return client
    }

    private func begin(window: UInt32) async throws {
        var bytes = ByteBuffer(string: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        // SETTINGS_INITIAL_WINDOW_SIZE, and a connection's window that no test fills.
        bytes.writeFrame(4) {
            $0.writeInteger(UInt16(4))
            $0.writeInteger(window)
        }
        bytes.writeFrame(8) { $0.writeInteger(UInt32(1 << 30)) }
        try await self.connection.write(bytes)
        // Only the acknowledged settings hold.
        try await self.until("the settings") { !$0.settings.isEmpty }
    }

    // MARK: Sending

    func send(_ type: UInt8, flags: UInt8 = 0, stream: UInt32 = 0, _ payload: ByteBuffer = ByteBuffer()) async throws {
        var bytes = ByteBuffer()
        bytes.writeFrame(type, flags: flags, stream: stream) { $0.writeImmutableBuffer(payload) }
        try await self.connection.write(bytes)
    }

    /// - Returns: the bytes of a block of header fields.
    func block(_ headers: HPACKHeaders) throws -> ByteBuffer {
        var block = ByteBuffer()
        try self.encoder.encode(headers: headers, to: &block)
        return block
    }

    /// The head of a request, with the pseudo-header fields.
    nonisolated func head(_ method: String, _ target: String, _ fields: [(String, String)] = []) -> HPACKHeaders {
        let pseudo = [
            (":method", method), (":scheme", self.isSecure ? "https" : "http"), (":authority", "localhost"),
            (":path", target),
        ]
        return HPACKHeaders(pseudo + fields)
    }

    func newStream() -> UInt32 {
        defer { self.nextStream += 2 }
        self.streams[self.nextStream] = Stream()
        return self.nextStream
    }

    /// Begins a request.
    /// - Parameter ends: whether it is complete, unless it has a body.
    func request(
        _ method: String,
        _ target: String,
        _ fields: [(String, String)] = [],
        body: String? = nil,
        ends: Bool = true
    ) async throws -> UInt32 {
        try await self.request(self.head(method, target, fields), body: body, ends: ends)
    }

    func request(_ head: HPACKHeaders, body: String? = nil, ends: Bool = true) async throws -> UInt32 {
        let stream = self.newStream()
        // END_HEADERS, END_STREAM.
        let block = try self.block(head)
        try await self.send(1, flags: body == nil && ends ? 5 : 4, stream: stream, block)
        if let body { try await self.send(0, flags: 1, stream: stream, ByteBuffer(string: body)) }
        return stream
    }

    func reset(_ stream: UInt32) async throws {
        try await self.send(3, stream: stream, ByteBuffer(integer: UInt32(8)))
    }

    func widen(_ stream: UInt32, by bytes: UInt32) async throws {
        try await self.send(8, stream: stream, ByteBuffer(integer: bytes))
    }

    // MARK: Receiving

    func answer(to stream: UInt32) async throws -> Stream {
        try await self.until("an answer") { $0.streams[stream]?.hasEnded == true || $0.streams[stream]?.reset != nil }
        return self.streams[stream] ?? Stream()
    }

    func send(
        _ method: String,
        _ target: String,
        _ fields: [(String, String)] = [],
        body: String? = nil
    ) async throws -> Stream {
        try await self.answer(to: try await self.request(method, target, fields, body: body))
    }

    /// Waits for the next event of an event stream.
    func event(of stream: UInt32) async throws -> String {
        try await self.until("an event") { client in
            guard let body = client.streams[stream]?.body else { return false }
            return String(buffer: body).contains("\n\n")
        }
        let text = self.streams[stream]?.body.take(upTo: "\n\n") ?? ""
        return text.hasPrefix(":") ? try await self.event(of: stream) : String(text.dropFirst("data: ".count))
    }

    /// Takes what has come on a stream.
    func takeBody(of stream: UInt32) -> ByteBuffer {
        defer { self.streams[stream]?.body.clear() }
        return self.streams[stream]?.body ?? ByteBuffer()
    }

    /// Reads frames until something is so.
    func until(_ what: String, _ condition: @Sendable (isolated TestHTTP2) -> Bool) async throws {
        while !condition(self) { try await self.readFrame(what) }
    }

    /// Reads frames until the server closes the connection.
    func waitForEnd() async throws {
        do {
            while true { try await self.readFrame("the end") }
        } catch TestFailure.ended {}
    }

    private func readFrame(_ what: String) async throws {
        let frame = try await self.connection.read(what) { bytes -> Frame? in
            var copy = bytes
            guard let frame = Frame(&copy) else { return nil }
            bytes = copy
            return frame
        }
        try await self.received(frame)
    }

    private func received(_ frame: Frame) async throws {
        var payload = frame.payload
        switch frame.type {
        case 0:
            self.streams[frame.stream]?.body.writeBuffer(&payload)
            if frame.flags & 1 != 0 { self.streams[frame.stream]?.hasEnded = true }
        case 1:
            self.streams[frame.stream]?.head = try self.decoder.decodeHeaders(from: &payload)
            if frame.flags & 1 != 0 { self.streams[frame.stream]?.hasEnded = true }
        case 3: self.streams[frame.stream]?.reset = payload.readInteger()
        case 4 where frame.flags & 1 == 0:
            while let key = payload.readInteger(as: UInt16.self), let value = payload.readInteger(as: UInt32.self) {
                self.settings[key] = value
            }
            // Without effect on a connection that has ended by now.
            try? await self.send(4, flags: 1)
        case 6 where frame.flags & 1 == 0: try? await self.send(6, flags: 1, payload)
        case 7:
            self.farewells.append([payload.readInteger() ?? 0, payload.readInteger() ?? 0])
        default: break
        }
    }

    private struct Frame {
        let type: UInt8
        let flags: UInt8
        let stream: UInt32
        let payload: ByteBuffer

        /// - Returns: `nil` if the bytes are no whole frame.
        init?(_ bytes: inout ByteBuffer) {
            guard let high = bytes.readInteger(as: UInt8.self), let low = bytes.readInteger(as: UInt16.self),
                let type = bytes.readInteger(as: UInt8.self), let flags = bytes.readInteger(as: UInt8.self),
                let stream = bytes.readInteger(as: UInt32.self),
                let payload = bytes.readSlice(length: Int(high) << 16 | Int(low))
            else { return nil }
            self.type = type
            self.flags = flags
            self.stream = stream
            self.payload = payload
        }
    }
}

extension ByteBuffer {
    /// Writes a frame (RFC 9113, 4.1).
    mutating func writeFrame(
        _ type: UInt8,
        flags: UInt8 = 0,
        stream: UInt32 = 0,
        _ write: (inout ByteBuffer) -> Void = { _ in }
    ) {
        var payload = ByteBuffer()
        write(&payload)
        self.writeInteger(UInt8(payload.readableBytes >> 16))
        self.writeInteger(UInt16(truncatingIfNeeded: payload.readableBytes))
        self.writeInteger(type)
        self.writeInteger(flags)
        self.writeInteger(stream)
        self.writeBuffer(&payload)
    }
}
