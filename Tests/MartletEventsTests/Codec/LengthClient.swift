// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import EngineIOWire
import HTTPTypes
import MartletEngine
import MartletEvents
import MartletTesting
import NIOCore
import NIOEmbedded
import SocketIOWire

/// A client of a server that speaks ``LengthCodec``.
final class LengthClient {
    let eventLoop = EmbeddedEventLoop()
    private let transport: TestTransport
    private let inbox: Inbox

    private final class Inbox {
        var packets: [ByteBuffer] = []
        var texts = 0
    }

    init(_ server: SocketIOServer) {
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

    func send(_ type: SocketPacketType, ackID: Int? = nil, _ name: String? = nil, _ arguments: any Encodable...) throws
    {
        var message = ByteBuffer()
        LengthCodec.Head(type: type, namespace: "/", ackID: ackID, name: name).write(into: &message)
        var none: [ByteBuffer] = []
        for argument in arguments { try LengthCoder().encode(argument, into: &message, attachments: &none) }
        self.deliver(.binary(message))
    }

    func send(text: String) { self.deliver(.text(ByteBuffer(string: text))) }

    private func deliver(_ packet: EnginePacket) {
        self.transport.session?.received(packet, from: self.transport)
        self.eventLoop.run()
    }

    /// What the server has sent since this was asked last, each as `type id name [arguments]`, the arguments in JSON.
    func received() -> [String] {
        self.eventLoop.run()
        defer { self.inbox.packets = [] }
        return self.inbox.packets.map { packet in
            var rest = packet
            guard let head = LengthCodec.Head(from: &rest) else { return "invalid" }
            let arguments = LengthFormat.split(Array(rest.readableBytesView)).map { argument in
                (try? LengthCoder().decode(ArgumentValue.self, from: argument, attachments: []))
                    .flatMap { try? SocketArgument(encoding: $0).description } ?? "invalid"
            }
            let id = head.ackID.map { " \($0)" } ?? ""
            return "\(head.type)\(id) \(head.name ?? "") [\(arguments.joined(separator: ","))]"
        }
    }
}
