// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import EngineIOWire
package import NIOCore

extension OutboundPacket {
    /// Appends the packet in a transport's wire format.
    /// - Parameters:
    ///   - form: the name of that format, under which a message to many sessions is encoded once.
    ///   - encode: appends any packet in that format.
    package func write(
        into buffer: inout ByteBuffer,
        as form: SharedMessage.Form,
        _ encode: (_ packet: EnginePacket, _ buffer: inout ByteBuffer) -> Void
    ) {
        switch self {
        case .text(let text): encode(.text(text), &buffer)
        case .binary(let bytes): encode(.binary(bytes), &buffer)
        case .control(let packet): encode(packet, &buffer)
        case .shared(let message):
            let bytes = message.encoded(as: form) { message, buffer in
                encode(message.isBinary ? .binary(message.payload) : .text(message.payload), &buffer)
            }
            buffer.writeImmutableBuffer(bytes)
        }
    }
}
