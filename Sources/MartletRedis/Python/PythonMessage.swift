// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import EngineIOWire
internal import MartletEvents
package import NIOCore

/// What a manager of python-socketio publishes, as JSON.
package struct PythonMessage {
    enum Body {
        /// - Parameters:
        ///   - rooms: nil for all sockets.
        ///   - skipped: the ids of sockets that do not get it.
        case emit(PeerEvent, rooms: [String]?, skipped: [String], callback: Callback?)
        /// What a client has answered.
        case callback(Callback, arguments: [ArgumentValue])
        case disconnect(String)
        case enterRoom(String, room: String)
        case leaveRoom(String, room: String)
        case closeRoom(String)
    }

    /// By what a manager knows one of its callbacks.
    struct Callback: Hashable {
        let room: String
        let namespace: String
        let id: ArgumentValue
    }

    /// Who sent it; in an answer, who has asked.
    let hostID: String
    let namespace: String
    let body: Body

    init(from hostID: String, in namespace: String, _ body: Body) {
        self.hostID = hostID
        self.namespace = namespace
        self.body = body
    }

    /// - Returns: nil for a method that this version does not know.
    /// - Throws: for bytes that are no message, whatever they are.
    package init?(reading message: ByteBuffer) throws {
        // A pickle of protocol 2 or above, of which the first is the opcode PROTO. To read it is to run it.
        if message.readableBytesView.first == 0x80 {
            throw ForeignMessageError("a message is a Python pickle, as python-socketio before 5.14 writes them")
        }
        let message = try ArgumentValue(json: message)
        guard let method = message["method"]?.text else { throw ForeignMessageError("a message has no method") }
        func text(_ name: String) throws -> String {
            guard let text = message[name]?.text else { throw ForeignMessageError("\(method) has no \(name)") }
            return text
        }
        switch method {
        case "emit": self.body = try Self.emit(message)
        case "callback":
            let callback = Callback(
                room: try text("sid"), namespace: try text("namespace"), id: message["id"] ?? .null)
            self.body = .callback(callback, arguments: message["args"]?.elements ?? [])
        case "disconnect": self.body = .disconnect(try text("sid"))
        case "enter_room": self.body = .enterRoom(try text("sid"), room: try text("room"))
        case "leave_room": self.body = .leaveRoom(try text("sid"), room: try text("room"))
        case "close_room": self.body = .closeRoom(try text("room"))
        default: return nil
        }
        self.hostID = message["host_id"]?.text ?? ""
        self.namespace = message["namespace"]?.text ?? "/"
    }

    private static func emit(_ message: ArgumentValue) throws -> Body {
        guard let event = message["event"]?.text else { throw ForeignMessageError("emit has no event") }
        func names(_ name: String) throws -> [String]? {
            guard let value = message[name] else { return nil }
            guard let names = value.texts else { throw ForeignMessageError("\(name) has what is no string") }
            return names
        }
        var callback: Callback?
        if let values = message["callback"]?.elements, values.count == 3, let room = values[0].text,
            let namespace = values[1].text
        {
            callback = Callback(room: room, namespace: namespace, id: values[2])
        }
        let data = message["binary"]?.bool ?? false ? try Self.binary(message["data"]) : message["data"] ?? .null
        return .emit(
            PeerEvent(name: event, arguments: Self.arguments(data)),
            rooms: try names("room"),
            skipped: try names("skip_sid") ?? [],
            callback: callback
        )
    }

    /// A list is the arguments, as python-socketio has it since 5.15.1; before, a value that is no list was the one
    /// argument. `None` is no argument.
    private static func arguments(_ data: ArgumentValue) -> [ArgumentValue] {
        let arguments = data.elements ?? [data]
        return arguments == [.null] ? [] : arguments
    }

    /// `[structure, base64, base64, ...]`, with placeholders in the structure.
    private static func binary(_ data: ArgumentValue?) throws -> ArgumentValue {
        guard let elements = data?.elements, let structure = elements.first else {
            throw ForeignMessageError("binary data is not a structure and its attachments")
        }
        let attachments = try elements.dropFirst().map { element in
            guard case .string(let text) = element, let bytes = Base64.decode(ByteBuffer(string: text)) else {
                throw ForeignMessageError("an attachment is not base64")
            }
            return bytes
        }
        return try structure.mapped { value in
            guard value["_placeholder"] == .bool(true) else { return value }
            guard let number = value["num"]?.integer, attachments.indices.contains(number) else {
                throw ForeignMessageError("an attachment is missing")
            }
            return .binary(attachments[number])
        }
    }

    package func written() throws -> ByteBuffer {
        let (host, namespace) = (ArgumentValue.string(self.hostID), ArgumentValue.string(self.namespace))
        func sid(_ method: String, _ id: String, room: String? = nil) -> ArgumentValue {
            .make([
                "method": .string(method), "sid": .string(id), "room": room.map { .string($0) },
                "namespace": namespace, "host_id": host,
            ])
        }
        let message: ArgumentValue
        switch self.body {
        case .emit(let event, let rooms, let skipped, let callback):
            let (data, isBinary) = try Self.data(of: event)
            message = .make([
                "method": .string("emit"), "event": .string(event.name), "data": data, "binary": .bool(isBinary),
                "namespace": namespace, "room": Self.oneOrMany(rooms),
                "skip_sid": skipped.isEmpty ? .null : Self.oneOrMany(skipped),
                "callback": callback.map { .array([.string($0.room), .string($0.namespace), $0.id]) } ?? .null,
                "host_id": host,
            ])
        case .callback(let callback, let arguments):
            message = .make([
                "method": .string("callback"), "host_id": host, "sid": .string(callback.room),
                "namespace": .string(callback.namespace), "id": callback.id, "args": .array(arguments),
            ])
        case .disconnect(let id): message = sid("disconnect", id)
        case .enterRoom(let id, let room): message = sid("enter_room", id, room: room)
        case .leaveRoom(let id, let room): message = sid("leave_room", id, room: room)
        case .closeRoom(let room):
            message = .make([
                "method": .string("close_room"), "room": .string(room), "namespace": namespace, "host_id": host,
            ])
        }
        // Without binary data, which is in the message as text.
        var attachments: [ByteBuffer] = []
        return try message.json(attachments: &attachments)
    }

    private static func oneOrMany(_ names: [String]?) -> ArgumentValue {
        guard let names else { return .null }
        return names.count == 1 ? .string(names[0]) : .make(names)
    }

    private static func data(of event: PeerEvent) throws -> (ArgumentValue, isBinary: Bool) {
        var attachments: [ArgumentValue] = []
        let arguments = ArgumentValue.array(event.arguments).mapped { value in
            guard case .binary(let bytes) = value else { return value }
            var text = ByteBuffer()
            Base64.encode(bytes, into: &text)
            attachments.append(.string(String(buffer: text)))
            return .make(["_placeholder": .bool(true), "num": .integer(Int64(attachments.count - 1))])
        }
        return attachments.isEmpty ? (arguments, false) : (.array([arguments] + attachments), true)
    }
}
