// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEngine
import MartletEvents
import MartletMessagePack
import MartletTestSupport
import NIOCore
import NIOEmbedded

/// A client of a server whose parser is `Parser.messagePack`.
final class MessagePackClient {
    private let client: BinaryClient

    init(_ server: SocketIOServer, on eventLoop: EmbeddedEventLoop = EmbeddedEventLoop()) {
        self.client = BinaryClient(server, on: eventLoop)
    }

    var eventLoop: EmbeddedEventLoop { self.client.eventLoop }
    var closeReason: TransportCloseReason? { self.client.closeReason }
    var texts: Int { self.client.texts }

    func send(_ type: Int64, id: Int64? = nil, of namespace: String = "/", _ data: ArgumentValue? = nil) throws {
        var members: [ArgumentValue.Member] = [
            .init(name: "type", value: .integer(type)), .init(name: "nsp", value: .string(namespace)),
        ]
        if let id { members.append(.init(name: "id", value: .integer(id))) }
        if let data { members.append(.init(name: "data", value: data)) }
        self.client.send(binary: ByteBuffer(bytes: try encoded(ArgumentValue.object(members))))
    }

    func emit(id: Int64? = nil, _ name: String, _ arguments: ArgumentValue...) throws {
        try self.send(2, id: id, .array([.string(name)] + arguments))
    }

    func lose() { self.client.lose() }
    func send(text: String) { self.client.send(text: text) }

    /// What the server has sent since this was asked last, each packet in JSON.
    func received() throws -> [String] {
        try self.client.takeReceived().map {
            try SocketArgument(encoding: value(Array($0.readableBytesView))).description
        }
    }
}
