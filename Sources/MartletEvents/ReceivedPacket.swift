// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEngine
internal import NIOCore
internal import SocketIOWire

/// A received packet. The arguments of an event or acknowledgement are decoded when a handler asks for them.
@usableFromInline
struct ReceivedPacket: Sendable {
    let packet: SocketPacket

    init(_ packet: SocketPacket) {
        self.packet = packet
    }

    /// A copy that may be kept: it has memory of its own.
    func kept() -> ReceivedPacket { ReceivedPacket(self.packet.kept()) }

    /// The bytes of the arguments.
    var byteCount: Int {
        self.packet.attachments.reduce(self.packet.payload?.readableBytes ?? 0) { $0 + $1.readableBytes }
    }

    var type: SocketPacketType { self.packet.type }

    var namespace: String { self.packet.namespace }

    /// Whether the packet is an event with a name. An event without a name (`42`) reaches no handler.
    var hasName: Bool { self.packet.hasName }

    /// The name of the event.
    var name: EventName { self.packet.name }

    /// The id under which the client expects an answer; in an acknowledgement, the id that it answers. `nil` if there
    /// is none.
    var ackID: Int? { self.packet.ackID }

    // MARK: Arguments

    /// Decodes an argument for a handler, and moves `index` to the next one. A missing argument is read as `null`, so
    /// that an Optional is `nil`. Arguments that no handler asks for are not decoded.
    ///
    /// Inlined where the handler is set, like the pack of its arguments: the types are known there.
    @inlinable
    func read<Value: Decodable>(
        _ type: Value.Type,
        at index: inout Int,
        for socket: Socket
    ) throws(InvalidArgument) -> Value {
        defer { index += 1 }
        // The types are the same, so the bits are too; a cast would search the runtime's tables.
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
