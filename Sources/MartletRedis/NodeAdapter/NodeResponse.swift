// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEvents
package import NIOCore

/// What a server publishes for the server that has asked: JSON, but for ``Body/acknowledgement(_:)``.
package struct NodeResponse {
    enum Body {
        /// To ``NodeRequest/Body/sockets(rooms:)``: ids. To ``NodeRequest/Body/fetch(_:)``: objects; see
        /// `SocketDescription`.
        case sockets([ArgumentValue])
        case rooms([String])
        /// 6; nil when the handler has answered with nothing.
        case serverSide(ArgumentValue?)
        /// 8: how many sockets the server asks.
        case clientCount(Int)
        /// 9: MessagePack; what one socket has answered.
        case acknowledgement(ArgumentValue?)
        /// It has been done.
        case done
        /// From a node of the same cluster: it has answered the question elsewhere. Node never sees it.
        case node
    }

    let id: String
    let body: Body

    init(to id: String, _ body: Body) {
        self.id = id
        self.body = body
    }

    /// - Throws: for bytes that are no response, whatever they are.
    package init(reading message: ByteBuffer) throws {
        let response = try ArgumentValue(nodeMessage: message)
        guard let id = response["requestId"]?.text else { throw ForeignMessageError("a response says not to what") }
        self.id = id
        switch response["type"]?.integer {
        case 6: self.body = .serverSide(response["data"]?.withBuffers)
        case 8: self.body = .clientCount(response["clientCount"]?.integer ?? 0)
        case 9: self.body = .acknowledgement(response["packet"])
        default:
            if let sockets = response["sockets"]?.elements {
                self.body = .sockets(sockets)
            } else if let rooms = response["rooms"]?.texts {
                self.body = .rooms(rooms)
            } else {
                self.body = response[Self.nodeMark] == nil ? .done : .node
            }
        }
    }

    private static let nodeMark = "martlet"

    package func written() throws -> ByteBuffer {
        let id = ArgumentValue.string(self.id)
        let response: ArgumentValue =
            switch self.body {
            case .sockets(let sockets): .make(["requestId": id, "sockets": .array(sockets)])
            case .rooms(let rooms): .make(["requestId": id, "rooms": .make(rooms)])
            case .serverSide(let value): .make(["type": .integer(6), "requestId": id, "data": value])
            case .clientCount(let count):
                .make(["type": .integer(8), "requestId": id, "clientCount": .integer(Int64(count))])
            case .acknowledgement(let value):
                .make(["type": .integer(9), "requestId": id, "packet": value ?? .null])
            case .done: .make(["requestId": id])
            case .node: .make(["requestId": id, Self.nodeMark: .bool(true)])
            }
        if case .acknowledgement = self.body { return try response.nodeMessage(isMessagePack: true) }
        return try response.nodeMessage(isMessagePack: false)
    }
}
