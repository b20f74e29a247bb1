// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import SocketIOWire

/// What stands in a packet around its payload.
struct PacketHead {
    /// `.event` or `.ack`; with attachments it becomes the binary type.
    var type: SocketPacketType
    var namespace: String
    var ackID: Int?

    /// Writes a packet without attachments in one go; one with attachments, whose number stands before the payload, is
    /// put together when the number is known.
    /// - Returns: the attachments.
    func write(
        into buffer: inout ByteBuffer,
        coder: any ArgumentCoder,
        _ payload: (inout PayloadWriter) throws -> Void
    ) throws -> [ByteBuffer] {
        SocketPacketWriter.writeHead(type: self.type, namespace: self.namespace, ackID: self.ackID, into: &buffer)
        let start = buffer.writerIndex
        var writer = PayloadWriter(into: buffer, coder: coder)
        // The writer has the only reference now, so that writing does not copy.
        buffer = ByteBuffer()
        defer { buffer = writer.buffer }
        try payload(&writer)
        guard !writer.attachments.isEmpty else { return [] }
        let json = writer.buffer.getSlice(at: start, length: writer.buffer.writerIndex - start)
        var packet = ByteBuffer()
        SocketPacketWriter.writeHead(
            type: self.type == .ack ? .binaryAck : .binaryEvent,
            attachments: writer.attachments.count,
            namespace: self.namespace,
            ackID: self.ackID,
            into: &packet
        )
        packet.writeImmutableBuffer(json ?? ByteBuffer())
        writer.buffer.clear()
        writer.buffer.writeImmutableBuffer(packet)
        return writer.attachments
    }
}
