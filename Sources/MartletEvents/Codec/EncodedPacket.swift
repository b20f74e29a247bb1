// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore
internal import SocketIOWire

/// An outgoing packet: a message, and the attachments that follow it as binary messages. Its bytes are the same for
/// every receiver on every server.
package struct EncodedPacket: Hashable, Sendable {
    package let message: ByteBuffer
    /// Whether the message is binary; otherwise it is a text.
    package let isBinary: Bool
    package let attachments: [ByteBuffer]

    package init(message: ByteBuffer, isBinary: Bool, attachments: [ByteBuffer] = []) {
        self.message = message
        self.isBinary = isBinary
        self.attachments = attachments
    }

    /// The packet as its receiver reads it; `nil` if the receiver would refuse it.
    func decoded(by codec: any PacketCodec) -> SocketPacket? {
        var decoder = codec.makeDecoder()
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
