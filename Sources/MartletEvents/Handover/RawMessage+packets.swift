// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import SocketIOWire

extension PacketCodec {
    /// The messages of which a packet consists, or as many of them as have come.
    func messages(of packet: SocketPacket) -> [RawMessage] {
        [RawMessage(bytes: self.message(of: packet), isBinary: self.isBinary)]
            + packet.attachments.map { RawMessage(bytes: $0, isBinary: true) }
    }
}

extension PacketDecoder {
    /// Takes messages that came to another server.
    /// - Returns: the packets that are complete, with memory of their own.
    mutating func restore(_ messages: [RawMessage]) throws(RestoringError) -> [SocketPacket] {
        var packets: [SocketPacket] = []
        for message in messages {
            let packet = SocketPacket()
            do throws(SocketIOError) {
                if message.isBinary {
                    if let complete = try self.binary(message.bytes, into: packet) { packets.append(complete.kept()) }
                } else {
                    guard message.bytes.isUTF8 else { throw SocketIOError.invalidPayload }
                    if try self.text(message.bytes, into: packet) { packets.append(packet.kept()) }
                }
            } catch {
                throw .invalid
            }
        }
        return packets
    }
}
