// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletShared
internal import NIOCore
internal import SocketIOWire

/// An event, or an answer, from the server. Its arguments are decoded when a handler asks for them.
struct ReceivedEvent: Sendable {
    let packet: SocketPacket
    let coder: any ArgumentCoder
    /// The connection that it came on: an answer belongs to the same.
    let join: Int

    /// A copy that may be kept: it has memory of its own.
    func kept() -> ReceivedEvent { ReceivedEvent(packet: self.packet.kept(), coder: self.coder, join: self.join) }

    var byteCount: Int {
        self.packet.attachments.reduce(self.packet.payload?.readableBytes ?? 0) { $0 + $1.readableBytes }
    }

    /// Decodes an argument for a handler, and moves `index` to the next one. A missing argument is read as `null`, so
    /// that an Optional is `nil`.
    func read<Value: Decodable>(_ type: Value.Type, at index: inout Int) throws(InvalidArgument) -> Value {
        defer { index += 1 }
        if type == SocketArguments.self,
            let rest = SocketArguments(self.packet, from: index) as? Value
        {
            index = .max / 2
            return rest
        }
        do {
            let argument = self.packet.argument(index) ?? JSONFormat.null
            return try self.coder.decode(type, from: argument, attachments: self.packet.attachments)
        } catch {
            throw InvalidArgument(index: index, underlying: error)
        }
    }

    /// The answer's first value, or all of it.
    func reply<Value: Decodable>(_ type: Value.Type) throws -> Value {
        if let error = EventError(answer: SocketArguments(self.packet)) { throw error }
        do {
            var index = 0
            return try self.read(type, at: &index)
        } catch {
            throw AcknowledgementError.undecodable(error)
        }
    }
}
