// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import EngineIOWire
import HTTPTypes
import MartletEngine
import MartletEvents
import MartletMessagePack
import MartletTesting
import NIOCore
import NIOEmbedded

/// A client of a server whose parser is `Parser.messagePack`.
final class MessagePackClient {
    let eventLoop: EmbeddedEventLoop
    private let transport: TestTransport
    private let inbox: Inbox

    private final class Inbox {
        var packets: [ByteBuffer] = []
        var texts = 0
    }

    init(_ server: SocketIOServer, on eventLoop: EmbeddedEventLoop = EmbeddedEventLoop()) {
        self.eventLoop = eventLoop
        let inbox = Inbox()
        self.inbox = inbox
        self.transport = TestTransport { packet in
            switch packet.retained() {
            case .binary(let bytes): inbox.packets.append(bytes)
            case .shared(let message) where message.isBinary: inbox.packets.append(message.payload)
            case .text, .shared: inbox.texts += 1
            case .control: break
            }
        }
        let request = HandshakeRequest(
            head: HTTPRequest(method: .get, scheme: "http", authority: "localhost", path: "/socket.io/"),
            remoteAddress: nil,
            isSecure: false
        )
        self.transport.open(on: server.engine.shard(on: self.eventLoop), request: request)
    }

    /// Why the server closed the connection, and how many texts it sent, of which there should be none.
    var closeReason: TransportCloseReason? { self.transport.closeReason }
    var texts: Int { self.inbox.texts }

    func send(_ type: Int64, id: Int64? = nil, of namespace: String = "/", _ data: ArgumentValue? = nil) throws {
        var members: [ArgumentValue.Member] = [
            .init(name: "type", value: .integer(type)), .init(name: "nsp", value: .string(namespace)),
        ]
        if let id { members.append(.init(name: "id", value: .integer(id))) }
        if let data { members.append(.init(name: "data", value: data)) }
        self.deliver(.binary(ByteBuffer(bytes: try encoded(ArgumentValue.object(members)))))
    }

    func emit(id: Int64? = nil, _ name: String, _ arguments: ArgumentValue...) throws {
        try self.send(2, id: id, .array([.string(name)] + arguments))
    }

    /// Ends the connection as a network does that fails.
    func lose() {
        self.transport.drop()
        self.eventLoop.run()
    }

    func send(text: String) { self.deliver(.text(ByteBuffer(string: text))) }

    private func deliver(_ packet: EnginePacket) {
        self.transport.session?.received(packet, from: self.transport)
        self.eventLoop.run()
    }

    /// What the server has sent since this was asked last, each packet in JSON.
    func received() throws -> [String] {
        self.eventLoop.run()
        defer { self.inbox.packets = [] }
        return try self.inbox.packets.map {
            try SocketArgument(encoding: value(Array($0.readableBytesView))).description
        }
    }
}
