// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import EngineIOWire
import HTTPTypes
import MartletEngine
import MartletEvents
import MartletMessagePack
import MartletTesting
import MartletWebSocket
import NIOCore
import NIOEmbedded
import SocketIOWire
import WebSocketWire

/// A client of a server in the same process, on an event loop that the benchmark runs turn by turn.
protocol EventClient: AnyObject {
    init(_ server: SocketIOServer, on eventLoop: EmbeddedEventLoop)

    /// A Socket.IO packet as the client sends it.
    static func encode(_ packet: String) throws -> ByteBuffer

    /// What the client's server must speak.
    static var parser: Parser { get }

    /// Passes the client's bytes to the server.
    func receive(_ bytes: ByteBuffer)

    /// How many writes the server has made.
    var sent: Int { get }
}

extension EventClient {
    static var parser: Parser { .json }

    /// Joins the namespace `/`.
    func join(on eventLoop: EmbeddedEventLoop) throws {
        let before = sent
        receive(try Self.encode("0"))
        eventLoop.run()
        guard sent > before else { throw Unexpected("no answer to a connect packet") }
    }
}

extension HandshakeRequest {
    static let benchmark = HandshakeRequest(
        head: HTTPRequest(
            method: .get, scheme: "http", authority: "localhost", path: "/socket.io/?EIO=4&transport=websocket"
        ),
        remoteAddress: nil,
        isSecure: false
    )
}

/// A client without a network protocol: packets go to and from the session unchanged.
final class MemoryClient: EventClient {
    private final class Counter {
        var value = 0
    }

    private let transport: TestTransport
    private let counter: Counter

    var sent: Int { counter.value }

    init(_ server: SocketIOServer, on eventLoop: EmbeddedEventLoop) {
        let counter = Counter()
        self.counter = counter
        transport = TestTransport { _ in counter.value += 1 }
        transport.open(on: server.engine.shard(on: eventLoop), request: .benchmark)
    }

    static func encode(_ packet: String) -> ByteBuffer { ByteBuffer(string: packet) }

    func receive(_ bytes: ByteBuffer) {
        guard let session = transport.session else { return }
        session.received(.text(bytes), from: transport)
    }

    func receive(binary: ByteBuffer) {
        guard let session = transport.session else { return }
        session.received(.binary(binary), from: transport)
    }
}

/// A client as ``MemoryClient``, whose packets are MessagePack.
final class MessagePackClient: EventClient {
    private let memory: MemoryClient

    var sent: Int { memory.sent }

    init(_ server: SocketIOServer, on eventLoop: EmbeddedEventLoop) {
        memory = MemoryClient(server, on: eventLoop)
    }

    static var parser: Parser { .messagePack }

    static func encode(_ packet: String) throws -> ByteBuffer {
        var decoder = SocketPacketDecoder()
        guard let packet = try decoder.text(ByteBuffer(string: packet)) else { throw Unexpected("attachments") }
        if packet.type == .connect {
            return ByteBuffer(bytes: [0x82, 0xA4] + "type".utf8 + [0, 0xA3] + "nsp".utf8 + [0xA1] + "/".utf8)
        }
        var configuration = SocketIOConfiguration()
        configuration.parser = parser
        let writer = configuration.makeCodec().makeWriter()
        writer.begin(packet.type, of: "/", ackID: packet.ackID, packet.eventName?.string)
        writer.relay(RawArguments(packet.copyOfArguments(from: 0) ?? []))
        return try writer.finish().message
    }

    func receive(_ bytes: ByteBuffer) { memory.receive(binary: bytes) }
}

/// A client that speaks WebSocket over a simulated network that takes all bytes at once.
final class WebSocketClient: EventClient, WebSocketHost {
    /// The simulated sockets of a loop: a descriptor is an index into the counts of writes.
    ///
    /// `@unchecked Sendable`: used on one thread only.
    private final class Network: @unchecked Sendable {
        var sent: [Int] = []
        private(set) var loop: WebSocketLoop?

        init(_ context: LoopContext) {
            loop = WebSocketLoop(context) { [unowned self] descriptor, bytes in
                sent[Int(descriptor)] += 1
                return bytes.count
            }
        }
    }

    private let network: Network
    private let index: Int
    let directSocket: DirectSockets.Number?
    private var connection: WebSocketConnection?

    var sent: Int { network.sent[index] }

    init(_ server: SocketIOServer, on eventLoop: EmbeddedEventLoop) {
        let shard = server.engine.shard(on: eventLoop)
        let network = shard.companion { Network(shard.loop) }
        self.network = network
        index = network.sent.count
        network.sent.append(0)
        directSocket = network.loop?.sockets.add(CInt(index))
        guard let loop = network.loop else { return }
        let connection = WebSocketConnection(loop: loop, host: self, limits: WebSocketLimits())
        self.connection = connection
        let transport = WebSocketTransport(connection)
        shard.open(on: transport, request: .benchmark)
    }

    static func encode(_ packet: String) -> ByteBuffer {
        var frame = ByteBuffer()
        let payload = ByteBuffer(string: "4\(packet)")
        WebSocketFrame.write(opcode: .text, payload: payload, mask: WebSocketMask(key: 0x3d21_fa37), into: &frame)
        return frame
    }

    func receive(_ bytes: ByteBuffer) {
        connection?.receive(bytes)
        connection?.readComplete()
    }

    func send(_ bytes: ByteBuffer) {}
    func setReadingPaused(_ paused: Bool) {}
    func close(lingering: Bool) {}
}
