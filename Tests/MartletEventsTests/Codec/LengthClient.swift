// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEngine
import MartletEvents
import MartletTestSupport
import NIOCore
import NIOEmbedded
import SocketIOWire

/// A client of a server that speaks ``LengthCodec``.
final class LengthClient {
    private let client: BinaryClient

    init(_ server: SocketIOServer) {
        self.client = BinaryClient(server, on: EmbeddedEventLoop())
    }

    var closeReason: TransportCloseReason? { self.client.closeReason }
    var texts: Int { self.client.texts }

    func send(_ type: SocketPacketType, ackID: Int? = nil, _ name: String? = nil, _ arguments: any Encodable...) throws
    {
        var message = ByteBuffer()
        LengthCodec.Head(type: type, namespace: "/", ackID: ackID, name: name).write(into: &message)
        var none: [ByteBuffer] = []
        for argument in arguments { try LengthCoder().encode(argument, into: &message, attachments: &none) }
        self.client.send(binary: message)
    }

    func send(text: String) { self.client.send(text: text) }

    /// What the server has sent since this was asked last, each as `type id name [arguments]`, the arguments in JSON.
    func received() -> [String] {
        self.client.takeReceived().map { packet in
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
