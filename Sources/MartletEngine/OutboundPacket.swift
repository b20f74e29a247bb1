// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import EngineIOWire
package import NIOCore

/// One Engine.IO packet on its way out.
///
/// A buffer in a packet may be a slice of memory that is used again after the call that passes the packet: a caller
/// that keeps a packet must keep the result of ``retained()`` instead.
package enum OutboundPacket {
    /// A text message, without the packet type digit.
    case text(ByteBuffer)
    /// A binary message.
    case binary(ByteBuffer)
    /// A message that goes to many sessions.
    case shared(SharedMessage)
    /// Any other packet.
    case control(EnginePacket)

    /// The size of the payload in bytes, which counts towards the limits.
    package var byteCount: Int {
        switch self {
        case .text(let buffer), .binary(let buffer): buffer.readableBytes
        case .shared(let message): message.payload.readableBytes
        case .control: 1
        }
    }

    /// The packet with its payload copied, unless the payload already has its own memory.
    package func retained() -> OutboundPacket {
        switch self {
        case .text(let buffer): .text(buffer.ownCopy())
        case .binary(let buffer): .binary(buffer.ownCopy())
        case .shared, .control: self
        }
    }
}

extension ByteBuffer {
    /// A copy of the readable bytes.
    package func ownCopy() -> ByteBuffer {
        var copy = ByteBufferAllocator().buffer(capacity: self.readableBytes)
        _ = copy.writeWithUnsafeMutableBytes(minimumWritableBytes: self.readableBytes) { space in
            self.withUnsafeReadableBytes { space.copyMemory(from: $0) }
            return self.readableBytes
        }
        return copy
    }
}
