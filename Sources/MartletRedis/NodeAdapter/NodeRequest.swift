// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEvents
internal import MartletMessagePack
package import NIOCore

/// What a server publishes for all servers of a namespace: JSON, but for ``Body/ask(_:of:in:timeout:)``.
package struct NodeRequest {
    enum Body {
        /// 0: the ids of sockets.
        case sockets(rooms: [String])
        /// 1
        case allRooms
        /// 2, 3 and 4
        case perform(SocketOperation, BroadcastTarget)
        /// 2, 3 and 4, as versions before 6 of the adapter wrote them: who has the socket does it, and answers.
        case performOne(SocketOperation, socketID: String)
        /// 5
        case fetch(BroadcastTarget)
        /// 6
        case serverSide(PeerEvent)
        /// 7: MessagePack.
        /// - Parameter timeout: in milliseconds.
        case ask(PeerEvent, of: BroadcastTarget, in: String, timeout: Int?)
    }

    /// Emitters give none.
    var uid: String?
    /// Nil where no answer is wanted.
    var id: String?
    let body: Body

    init(uid: String?, id: String? = nil, _ body: Body) {
        self.uid = uid
        self.id = id
        self.body = body
    }

    /// - Returns: nil for a type that this version does not know.
    /// - Throws: for bytes that are no request, whatever they are.
    package init?(reading message: ByteBuffer) throws {
        let request = try ArgumentValue(nodeMessage: message)
        guard let type = request["type"]?.integer else { throw ForeignMessageError("a request has no type") }
        switch type {
        case 0: self.body = .sockets(rooms: request["rooms"]?.texts ?? [])
        case 1: self.body = .allRooms
        case 2: self.body = try Self.perform(.join(request["rooms"]?.texts ?? request["room"]?.texts ?? []), request)
        case 3: self.body = try Self.perform(.leave(request["rooms"]?.texts ?? request["room"]?.texts ?? []), request)
        case 4:
            let closes = request["close"]?.bool ?? false
            self.body = try Self.perform(.disconnect(closingConnection: closes), request)
        case 5: self.body = .fetch(try BroadcastTarget(nodeOptions: request["opts"]))
        case 6: self.body = .serverSide(try NodePacket.event(request["data"]).withBuffers)
        case 7:
            let (event, namespace) = try NodePacket.read(request["packet"])
            self.body = .ask(
                event,
                of: try BroadcastTarget(nodeOptions: request["opts"]),
                in: namespace,
                timeout: request["opts"]?["flags"]?["timeout"]?.integer
            )
        default: return nil
        }
        self.uid = request["uid"]?.text
        self.id = request["requestId"]?.text
    }

    private static func perform(_ operation: SocketOperation, _ request: ArgumentValue) throws -> Body {
        if let socketID = request["sid"]?.text { return .performOne(operation, socketID: socketID) }
        return .perform(operation, try BroadcastTarget(nodeOptions: request["opts"]))
    }

    /// The members in Node's order.
    package func written() throws -> ByteBuffer {
        let type: Int64
        let rest: KeyValuePairs<String, ArgumentValue?>
        switch self.body {
        case .sockets(let rooms): (type, rest) = (0, ["rooms": .make(rooms)])
        case .allRooms: (type, rest) = (1, [:])
        case .perform(.join(let rooms), let target):
            (type, rest) = (2, ["opts": target.nodeOptions, "rooms": .make(rooms)])
        case .perform(.leave(let rooms), let target):
            (type, rest) = (3, ["opts": target.nodeOptions, "rooms": .make(rooms)])
        case .perform(.disconnect(let closes), let target):
            (type, rest) = (4, ["opts": target.nodeOptions, "close": .bool(closes)])
        case .performOne(.join(let rooms), let id): (type, rest) = (2, ["sid": .string(id), "room": .make(rooms)])
        case .performOne(.leave(let rooms), let id): (type, rest) = (3, ["sid": .string(id), "room": .make(rooms)])
        case .performOne(.disconnect(let closes), let id):
            (type, rest) = (4, ["sid": .string(id), "close": .bool(closes)])
        case .perform(.expire, _), .performOne(.expire, _): throw ForeignMessageError("Node knows no expiry")
        case .fetch(let target): (type, rest) = (5, ["opts": target.nodeOptions])
        case .serverSide(let event): (type, rest) = (6, ["data": NodePacket.data(of: event)])
        case .ask(let event, let target, let namespace, let timeout):
            type = 7
            rest = ["packet": NodePacket.write(event, of: namespace), "opts": target.nodeOptions(timeout: timeout)]
        }
        let head: KeyValuePairs<String, ArgumentValue?> = [
            "uid": self.uid.map { .string($0) }, "requestId": self.id.map { .string($0) }, "type": .integer(type),
        ]
        let request = ArgumentValue.object(
            (ArgumentValue.make(head).members ?? []) + (ArgumentValue.make(rest).members ?? []))
        return try request.nodeMessage(isMessagePack: type == 7)
    }
}

extension ArgumentValue {
    /// A request or a response: JSON if it begins like an object, else MessagePack.
    init(nodeMessage message: ByteBuffer) throws {
        if message.readableBytesView.first == UInt8(ascii: "{") {
            try self.init(json: message)
        } else {
            try self.init(messagePack: message)
        }
        guard self.members != nil else { throw ForeignMessageError("a message is no object") }
    }

    func nodeMessage(isMessagePack: Bool) throws -> ByteBuffer {
        var message = ByteBuffer()
        if isMessagePack {
            try self.writeMessagePack(into: &message)
        } else {
            // There are no attachments once binary data is written as Node writes it.
            var attachments: [ByteBuffer] = []
            message = try self.mapped(\.withoutBinary).json(attachments: &attachments)
        }
        return message
    }

    /// Binary data as `JSON.stringify` makes it of a `Buffer`: `{"type":"Buffer","data":[0,1]}`.
    var withoutBinary: ArgumentValue {
        guard case .binary(let bytes) = self else { return self }
        return .make(["type": .string("Buffer"), "data": .array(bytes.readableBytesView.map { .integer(Int64($0)) })])
    }

    /// Binary data where there is a `Buffer` as `JSON.stringify` makes it.
    fileprivate var asBuffer: ArgumentValue {
        guard let members = self.members, members.count == 2, self["type"] == .string("Buffer"),
            let elements = self["data"]?.elements
        else { return self }
        let bytes = elements.compactMap { $0.integer.flatMap(UInt8.init(exactly:)) }
        return bytes.count == elements.count ? .binary(ByteBuffer(bytes: bytes)) : self
    }

    /// The value with binary data where Node has written a `Buffer` into JSON.
    var withBuffers: ArgumentValue { self.mapped(\.asBuffer) }
}

extension PeerEvent {
    fileprivate var withBuffers: PeerEvent {
        PeerEvent(name: self.name, arguments: self.arguments.map(\.withBuffers))
    }
}
