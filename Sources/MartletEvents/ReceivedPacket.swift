// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEngine
internal import NIOCore
internal import SocketIOWire

/// A packet that came in. The arguments of an event or acknowledgement are decoded when a handler asks for them.
@usableFromInline
struct ReceivedPacket: Sendable {
    private let packet: SocketPacket

    init(_ packet: SocketPacket) {
        self.packet = packet
    }

    /// One to keep, with memory of its own.
    func kept() -> ReceivedPacket { ReceivedPacket(self.packet.kept()) }

    var type: SocketPacketType { self.packet.type }

    var namespace: String { self.packet.namespace }

    /// Whether it is an event that somebody can hear.
    var hasName: Bool { self.packet.hasName }

    /// The name of the event.
    var name: EventName { self.packet.name }

    /// What the client expects an answer under.
    var ackID: Int? { self.packet.ackID }

    // MARK: Arguments

    /// Decodes an argument for a handler, and goes on to the next. One that is missing is read as `null`, so that an
    /// Optional is `nil`; those that no handler asks for are not looked at.
    ///
    /// Inlined where the handler is set, as the pack of its arguments is: there the types are known.
    @inlinable
    func read<Value: Decodable>(
        _ type: Value.Type,
        at index: inout Int,
        for socket: Socket
    ) throws(InvalidArgument) -> Value {
        defer { index += 1 }
        // The types are the same, so the bits are too; a cast would look that up in the runtime's tables.
        if type == SocketArgument.self { return unsafeBitCast(self.argument(index, for: socket), to: Value.self) }
        if type == SocketArguments.self {
            defer { index = .max / 2 }
            return unsafeBitCast(self.arguments(from: index, for: socket), to: Value.self)
        }
        return try self.decode(type, at: index, for: socket)
    }

    @usableFromInline
    func decode<Value: Decodable>(
        _ type: Value.Type,
        at index: Int,
        for socket: Socket
    ) throws(InvalidArgument) -> Value {
        do {
            let argument = self.packet.argument(index) ?? socket.core.format.null
            return try socket.core.coder.decode(type, from: argument, attachments: self.packet.attachments)
        } catch {
            throw InvalidArgument(index: index, underlying: error)
        }
    }

    @usableFromInline
    func argument(_ index: Int, for socket: Socket) -> SocketArgument {
        guard let bytes = self.packet.copyOfArgument(index) else { return .null }
        return SocketArgument(
            RawArguments(bytes, attachments: self.packet.attachments, format: socket.core.format)
        )
    }

    @usableFromInline
    func arguments(from index: Int, for socket: Socket) -> SocketArguments {
        SocketArguments(self.packet, from: index, format: socket.core.format)
    }
}
