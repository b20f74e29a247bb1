// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEvents

/// The parts that several messages of Node's adapter have.
enum NodePacket {
    /// `{type, data: [event, ...arguments], nsp}`; a packet's `id` does not travel.
    static func write(_ event: PeerEvent, of namespace: String) -> ArgumentValue {
        .make(["type": .integer(2), "data": self.data(of: event), "nsp": .string(namespace)])
    }

    static func data(of event: PeerEvent) -> ArgumentValue { .array([.string(event.name)] + event.arguments) }

    /// - Parameter data: `[event, ...arguments]`.
    static func event(_ data: ArgumentValue?) throws -> PeerEvent {
        guard let data = data?.elements, let name = data.first?.text else {
            throw ForeignMessageError("an event has no name")
        }
        return PeerEvent(name: name, arguments: Array(data.dropFirst()))
    }

    /// - Returns: the event, and its namespace, which is `/` where none is named.
    static func read(_ packet: ArgumentValue?) throws -> (PeerEvent, namespace: String) {
        guard let packet else { throw ForeignMessageError("a broadcast has no packet") }
        // An event is of type 2, and 5 where an emitter for Socket.IO 2 has found binary data in it.
        guard [nil, 2, 5].contains(packet["type"]?.integer) else { throw ForeignMessageError("a packet is no event") }
        return (try self.event(packet["data"]), packet["nsp"]?.text ?? "/")
    }
}

/// `{rooms, except, flags}`.
extension BroadcastTarget {
    /// - Throws: where there are no options at all. Without `rooms` all sockets are meant, without options it is not known
    ///   who is.
    init(nodeOptions options: ArgumentValue?) throws {
        guard let options, options.members != nil else {
            throw ForeignMessageError("a message says not whom it is for")
        }
        self.init()
        self.rooms = try Self.names(options["rooms"])
        self.except = try Self.names(options["except"])
        self.isVolatile = options["flags"]?["volatile"]?.bool ?? false
        self.compresses = options["flags"]?["compress"]?.bool ?? true
    }

    private static func names(_ value: ArgumentValue?) throws -> [String] {
        guard let value else { return [] }
        guard let names = value.texts else { throw ForeignMessageError("the name of a room is no string") }
        return names
    }

    var nodeOptions: ArgumentValue { .make(["rooms": .make(self.rooms), "except": .make(self.except)]) }

    /// - Parameter timeout: in milliseconds.
    func nodeOptions(timeout: Int? = nil) -> ArgumentValue {
        .make([
            "rooms": .make(self.rooms),
            "except": .make(self.except),
            "flags": .make([
                "volatile": self.isVolatile ? .bool(true) : nil,
                "compress": self.compresses ? nil : .bool(false),
                "timeout": timeout.map { .integer(Int64($0)) },
            ]),
        ])
    }
}
