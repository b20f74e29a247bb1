// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import EngineIOWire
package import NIOCore

/// One Engine.IO packet on its way out.
///
/// A buffer in it may be a slice of memory that is used again when the call that passes the packet returns: whoever
/// keeps a packet keeps what ``retained()`` gives.
package enum OutboundPacket {
    /// A text message, without the packet type digit.
    case text(ByteBuffer)
    /// A binary message.
    case binary(ByteBuffer)
    /// A message that goes to many sessions.
    case shared(SharedMessage)
    /// Any other packet.
    case control(EnginePacket)

    /// The size that counts towards the limits: the payload's, in bytes.
    package var byteCount: Int {
        switch self {
        case .text(let buffer), .binary(let buffer): buffer.readableBytes
        case .shared(let message): message.payload.readableBytes
        case .control: 1
        }
    }

    /// The same packet with memory of its own.
    package func retained() -> OutboundPacket {
        switch self {
        case .text(let buffer): .text(buffer.ownCopy())
        case .binary(let buffer): .binary(buffer.ownCopy())
        case .shared, .control: self
        }
    }
}

extension ByteBuffer {
    /// The readable bytes in memory that nobody else uses.
    package func ownCopy() -> ByteBuffer {
        var copy = ByteBufferAllocator().buffer(capacity: self.readableBytes)
        _ = copy.writeWithUnsafeMutableBytes(minimumWritableBytes: self.readableBytes) { space in
            self.withUnsafeReadableBytes { space.copyMemory(from: $0) }
            return self.readableBytes
        }
        return copy
    }
}
