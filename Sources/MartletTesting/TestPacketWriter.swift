// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEvents
internal import NIOCore
internal import SocketIOWire

/// Writes the packets that a client sends.
enum TestPacketWriter {
    struct Packet {
        let text: ByteBuffer
        let attachments: [ByteBuffer]
    }

    static func event<each Argument: Encodable & Sendable>(
        _ name: String,
        _ id: Int?,
        _ namespace: String,
        _ arguments: repeat each Argument
    ) throws -> Packet {
        var values: [ByteBuffer] = []
        var attachments: [ByteBuffer] = []
        for argument in repeat each arguments { try self.append(argument, &values, &attachments) }
        var text = ByteBuffer()
        SocketPacketWriter.writeEvent(
            name,
            arguments: values,
            attachments: attachments.count,
            namespace: namespace,
            ackID: id,
            into: &text
        )
        return Packet(text: text, attachments: attachments)
    }

    static func ack<each Argument: Encodable & Sendable>(
        _ id: Int,
        _ namespace: String,
        _ arguments: repeat each Argument
    ) throws -> Packet {
        var values: [ByteBuffer] = []
        var attachments: [ByteBuffer] = []
        for argument in repeat each arguments { try self.append(argument, &values, &attachments) }
        var text = ByteBuffer()
        SocketPacketWriter.writeAck(
            id: id,
            arguments: values,
            attachments: attachments.count,
            namespace: namespace,
            into: &text
        )
        return Packet(text: text, attachments: attachments)
    }

    private static func append(
        _ argument: some Encodable,
        _ values: inout [ByteBuffer],
        _ attachments: inout [ByteBuffer]
    ) throws {
        var json = ByteBuffer()
        try JSONArgumentCoder().encode(argument, into: &json, attachments: &attachments)
        values.append(json)
    }
}
