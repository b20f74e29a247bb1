// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletShared
internal import NIOCore
internal import SocketIOWire

/// The wire of Socket.IO's msgpack parser, version 3: each packet is one binary message, a map with `type`, `nsp`,
/// `data`, and for a packet with an acknowledgement's id `id`. Binary data is a part of `data`.
///
/// ```
/// 83 a4 type 02   a3 nsp a1 /   a4 data 92 a5 hello 01        hello(1) in the namespace /
/// ```
struct MessagePackPacketCodec: PacketCodec {
    let coder: any ArgumentCoder = MessagePackCoder()

    var format: any ArgumentFormat.Type { MessagePackFormat.self }
    var isBinary: Bool { true }

    func makeDecoder() -> any PacketDecoder { MessagePackPacketDecoder() }
    func makeWriter() -> any PacketWriter { MessagePackPacketWriter() }

    func write(_ packet: ControlPacket, of namespace: String, into buffer: inout ByteBuffer) throws {
        switch packet {
        case .connected(let id, let pid):
            MessagePackPacketHead.write(.connect, of: namespace, into: &buffer)
            try MessagePackEncoding.encode(Welcome(sid: id, pid: pid), into: &buffer)
        case .refused(let message, let data):
            var refusal = ByteBuffer()
            try MessagePackEncoding.encode(Refusal(message: message, data: data), into: &refusal)
            MessagePackPacketHead.write(.connectError, of: namespace, into: &buffer)
            buffer.writeImmutableBuffer(refusal)
        case .disconnected:
            MessagePackPacketHead.write(.disconnect, of: namespace, hasData: false, into: &buffer)
        }
    }

    func message(of event: SocketPacket) -> ByteBuffer { event.payload ?? ByteBuffer() }

    func appending(_ argument: String, to event: EncodedPacket, of namespace: String) -> EncodedPacket? {
        // As the writer writes it: the data, an array with the name in it, is the end of the packet.
        var message = ByteBuffer()
        MessagePackPacketHead.write(.event, of: namespace, into: &message)
        var elements = event.message
        guard elements.readSlice(length: message.readableBytes) == message,
            let head = elements.withUnsafeReadableBytes({ MessagePackBytes($0)?.head(at: 0) }),
            head.kind == .array, head.children > 0
        else { return nil }
        elements.moveReaderIndex(forwardBy: head.size)
        message.writeMessagePack { MessagePackOutput.writeHead(ofArray: head.children + 1, to: $0) }
        message.writeImmutableBuffer(elements)
        message.writeMessagePack(string: argument)
        return EncodedPacket(message: message, isBinary: true)
    }

    func write(_ question: EncodedPacket, of namespace: String, id: Int, into buffer: inout ByteBuffer) {
        MessagePackPacketHead.write(.event, of: namespace, ackID: id, into: &buffer)
        buffer.writeImmutableBuffer(question.message)
    }

    /// The data of a CONNECT.
    private struct Welcome: Encodable {
        let sid: String
        let pid: String?
    }

    /// The data of a CONNECT_ERROR.
    private struct Refusal: Encodable {
        let message: String
        let data: (any Encodable & Sendable)?

        private enum Keys: String, CodingKey {
            case message, data
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: Keys.self)
            try container.encode(self.message, forKey: .message)
            if let data = self.data { try container.encode(data, forKey: .data) }
        }
    }
}
