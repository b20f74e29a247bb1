// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore
package import SocketIOWire

/// Socket.IO's protocol 5: a text with JSON in it, and the binary attachments that the text announces.
struct JSONPacketCodec: PacketCodec {
    let coder: any ArgumentCoder
    private let maxAttachments: Int
    private let maxAttachmentBytes: Int

    init(_ settings: CodecSettings) {
        self.coder = settings.coder
        self.maxAttachments = settings.maxAttachments
        self.maxAttachmentBytes = settings.maxAttachmentBytes
    }

    var format: any ArgumentFormat.Type { JSONFormat.self }
    var isBinary: Bool { false }

    func makeDecoder() -> any PacketDecoder {
        SocketPacketDecoder(maxAttachments: self.maxAttachments, maxAttachmentBytes: self.maxAttachmentBytes)
    }

    func makeWriter() -> any PacketWriter {
        JSONPacketWriter(coder: self.coder)
    }

    func write(_ packet: ControlPacket, of namespace: String, into buffer: inout ByteBuffer) throws {
        switch packet {
        case .connected(let id, let pid):
            SocketPacketWriter.writeConnected(sid: id, pid: pid, namespace: namespace, into: &buffer)
        case .refused(let message, let data):
            let json = try data.map { try SocketArgument(encoding: $0, using: self.coder).json }
            SocketPacketWriter.writeConnectError(message: message, data: json, namespace: namespace, into: &buffer)
        case .disconnected:
            SocketPacketWriter.writeDisconnect(namespace: namespace, into: &buffer)
        }
    }

    func message(of event: SocketPacket) -> ByteBuffer {
        var text = ByteBuffer()
        SocketPacketWriter.writeHead(
            type: event.type,
            attachments: event.attachmentCount,
            namespace: event.namespace,
            ackID: event.ackID,
            into: &text
        )
        if let payload = event.payload { text.writeImmutableBuffer(payload) }
        return text
    }

    func appending(_ argument: String, to event: EncodedPacket, of namespace: String) -> EncodedPacket? {
        var message = event.message
        // An event's array, with the name in it, is the end of the text.
        let text = message.readableBytesView
        guard let type = text.first, type == UInt8(ascii: "2") || type == UInt8(ascii: "5"),
            text.last == UInt8(ascii: "]")
        else { return nil }
        message.moveWriterIndex(to: message.writerIndex - 1)
        message.writeString(",\"\(argument)\"]")
        return EncodedPacket(message: message, isBinary: event.isBinary, attachments: event.attachments)
    }

    func write(_ question: EncodedPacket, of namespace: String, id: Int, into buffer: inout ByteBuffer) {
        let isBinary = !question.attachments.isEmpty
        SocketPacketWriter.writeHead(
            type: isBinary ? .binaryEvent : .event,
            attachments: question.attachments.count,
            namespace: namespace,
            ackID: id,
            into: &buffer
        )
        buffer.writeImmutableBuffer(question.message)
    }
}

extension SocketPacketDecoder: PacketDecoder {
    package mutating func binary(
        _ bytes: ByteBuffer, into packet: SocketPacket
    ) throws(SocketIOError) -> SocketPacket? {
        // A binary message belongs to a packet that waits for attachments, so `packet` is not used.
        try self.binary(bytes)
    }
}
