// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore
package import SocketIOWire

/// An outgoing packet: a message, and the attachments that follow it as binary messages. Its bytes are the same for
/// every receiver on every server.
package struct EncodedPacket: Codable, Hashable, Sendable {
    package let message: ByteBuffer
    /// Whether the message is binary; otherwise it is a text.
    package let isBinary: Bool
    package let attachments: [ByteBuffer]
    /// The name under which the client may ask for the events that follow; see ``ConnectionStateRecovery``.
    package var offset: String?

    package init(message: ByteBuffer, isBinary: Bool, attachments: [ByteBuffer] = []) {
        self.message = message
        self.isBinary = isBinary
        self.attachments = attachments
    }

    package var byteCount: Int { self.attachments.reduce(self.message.readableBytes) { $0 + $1.readableBytes } }

    /// The packet as its receiver reads it; `nil` if it is no packet of this codec.
    package func decoded(by codec: any PacketCodec) -> SocketPacket? {
        // What a server sends has no limit of attachments.
        var decoder: any PacketDecoder =
            codec.isBinary ? codec.makeDecoder() : SocketPacketDecoder(maxAttachments: .max)
        let packet = SocketPacket()
        do throws(SocketIOError) {
            var complete: SocketPacket?
            if self.isBinary {
                complete = try decoder.binary(self.message, into: packet)
            } else if try decoder.text(self.message, into: packet) {
                complete = packet
            }
            for attachment in self.attachments {
                complete = try decoder.binary(attachment, into: SocketPacket())
            }
            return complete
        } catch {
            return nil
        }
    }
}
