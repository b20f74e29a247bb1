// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEngine
import MartletTestSupport
import MartletWebSocket
import NIOCore
import NIOEmbedded
import WebSocketWire

/// A network that writes down what it is given.
final class RecordingHost: WebSocketHost {
    var writes: [[UInt8]] = []
    private(set) var unsentBytes = 0
    /// How many bytes the network takes at once; the rest counts as unsent.
    var room = Int.max
    /// Whether the network takes nothing more.
    var isStuck: Bool {
        get { self.room == 0 }
        set { self.room = newValue ? 0 : .max }
    }
    /// What was asked besides sending.
    var log: [String] = []
    /// Called while bytes that the network does not take are being sent.
    var onSend: () -> Void = {}
    weak var connection: WebSocketConnection?
    private(set) var directSocket: DirectSockets.Number?

    /// Gives this host a socket of a loop that sends by way of `network`.
    func open(_ loop: WebSocketLoop, _ network: RecordingNetwork) {
        network.hosts.append(self)
        self.directSocket = loop.sockets.add(CInt(network.hosts.count - 1))
    }

    func sendAtOnce(_ bytes: UnsafeRawBufferPointer) -> Int {
        let taken = min(bytes.count, self.room)
        if taken > 0 { self.writes.append(Array(bytes.prefix(taken))) }
        if self.room < .max { self.room -= taken }
        return taken
    }

    func send(_ bytes: ByteBuffer) {
        self.writes.append(Array(buffer: bytes))
        self.unsentBytes += bytes.readableBytes
        self.onSend()
    }

    func setReadingPaused(_ paused: Bool) { self.log.append(paused ? "pause" : "resume") }
    func close(lingering: Bool) { self.log.append(lingering ? "close lingering" : "close") }

    /// The network takes so many bytes of what is unsent.
    func take(_ count: Int) {
        self.unsentBytes -= count
        self.connection?.sent(count)
    }
}

/// The sockets of a loop: each descriptor is the index of a host.
final class RecordingNetwork {
    var hosts: [RecordingHost] = []

    func send(_ descriptor: CInt, _ bytes: UnsafeRawBufferPointer) -> Int {
        self.hosts[Int(descriptor)].sendAtOnce(bytes)
    }
}

/// What uses a connection, and writes down what it hears.
final class RecordingUser: WebSocketConnectionUser {
    var log: [String] = []
    var end: WebSocketConnection.End?
    var onMessage: (String) -> Void = { _ in }
    var onWritable: () -> Void = {}

    func received(text: ByteBuffer) {
        self.log.append("text \(String(buffer: text))")
        self.onMessage(String(buffer: text))
    }

    func received(binary: ByteBuffer) { self.log.append("binary \(Array(buffer: binary))") }
    func becameWritable() {
        self.log.append("writable")
        self.onWritable()
    }

    func serverGoesDown() { self.log.append("server goes down") }

    func closed(_ end: WebSocketConnection.End) {
        self.log.append("closed")
        self.end = end
    }
}

/// A connection on an event loop whose turns the test takes.
struct ConnectionFixture {
    let eventLoop: EmbeddedEventLoop
    let network: RecordingNetwork
    let loop: WebSocketLoop
    let host = RecordingHost()
    let user = RecordingUser()
    let connection: WebSocketConnection

    /// - Parameter other: a connection whose loop to share.
    init(
        limits: WebSocketLimits = WebSocketLimits(),
        deflate: PerMessageDeflateParameters? = nil,
        configuration: PerMessageDeflateConfiguration = PerMessageDeflateConfiguration(),
        preamble: String = "",
        beside other: ConnectionFixture? = nil
    ) {
        self.eventLoop = other?.eventLoop ?? EmbeddedEventLoop()
        let network = other?.network ?? RecordingNetwork()
        self.network = network
        let loop = other?.loop ?? WebSocketLoop(LoopContext(eventLoop: self.eventLoop), send: network.send)
        self.loop = loop
        self.host.open(loop, network)
        self.connection = WebSocketConnection(
            loop: loop,
            host: self.host,
            limits: limits,
            compression: deflate.map { .init(parameters: $0, configuration: configuration, loop: loop) },
            preamble: ByteBuffer(string: preamble)
        )
        self.host.connection = self.connection
        self.connection.start(user: self.user)
    }

    /// A message for many connections of the loop.
    func message(_ text: String) -> SharedMessage {
        SharedMessage(payload: ByteBuffer(string: text), isBinary: false, on: self.loop.context)
    }

    func message(binary: ByteBuffer) -> SharedMessage {
        SharedMessage(payload: binary, isBinary: true, on: self.loop.context)
    }

    /// What a session would write to.
    var transport: WebSocketTransport { WebSocketTransport(self.connection) }

    /// Brings bytes from the network, as one read.
    func read(_ bytes: [UInt8]) {
        self.connection.receive(ByteBuffer(bytes: bytes))
        self.connection.readComplete()
    }

    /// All frames that went out, as the client sees them.
    func sent(_ deflate: PerMessageDeflateParameters? = nil) throws -> [String] {
        try decode(self.host.writes.flatMap { $0 }, deflate: deflate)
    }
}

/// What a client makes of the server's bytes.
func decode(_ bytes: [UInt8], deflate: PerMessageDeflateParameters? = nil) throws -> [String] {
    let inflater = deflate.map { Inflater(parameters: $0, role: .client, pool: DeflatePool()) }
    var decoder = WebSocketDecoder(role: .client, inflater: inflater)
    var scratch = ByteBuffer()
    var lines: [String] = []
    decoder.feed(ByteBuffer(bytes: bytes))
    while let event = try decoder.next(into: &scratch) {
        switch event {
        case .text(let text): lines.append("text \(String(buffer: text))")
        case .binary(let bytes): lines.append("binary \(Array(buffer: bytes))")
        case .ping(let data): lines.append("ping \(String(buffer: data))")
        case .pong(let data): lines.append("pong \(String(buffer: data))")
        case .close(let code, let reason):
            let words = ["close", code.map { "\($0.rawValue)" } ?? "", reason]
            lines.append(words.filter { !$0.isEmpty }.joined(separator: " "))
        }
    }
    return lines
}

/// A close frame as a client sends it.
func closeFrame(_ code: UInt16) -> [UInt8] {
    frame(.close, [UInt8(code >> 8), UInt8(code & 0xff)])
}
