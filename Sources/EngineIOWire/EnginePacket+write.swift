// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore

extension EnginePacket {
    /// Appends the packet as the payload of a WebSocket text frame: the type digit, then the rest.
    ///
    /// A binary message normally goes as a binary frame of its raw bytes, without this function. For a client that
    /// asked for `b64`, this function writes it as `b` + base64.
    package func writeText(into buffer: inout ByteBuffer) {
        writePolling(into: &buffer, resumable: false)
    }

    /// Appends the packet as polling carries it: binary is `b` + base64.
    /// - Parameter resumable: whether a text that holds a record separator goes as `t` + base64. A plain session has no
    ///   form for such a text: its receiver splits the text at the separator.
    package func writePolling(into buffer: inout ByteBuffer, resumable: Bool) {
        switch self {
        case .text(let text):
            if resumable, text.contains(PacketByte.recordSeparator) {
                Self.write(base64: text, type: PacketByte.base64Text, into: &buffer)
            } else {
                Self.write(text, type: PacketByte.message, into: &buffer)
            }
        case .binary(let bytes): Self.write(base64: bytes, type: PacketByte.base64Binary, into: &buffer)
        case .ping(let rest): Self.write(rest, type: PacketByte.ping, into: &buffer)
        case .pong(let rest): Self.write(rest, type: PacketByte.pong, into: &buffer)
        case .noop(let rest): Self.write(rest, type: PacketByte.noop, into: &buffer)
        case .open(let rest): Self.write(rest, type: PacketByte.open, into: &buffer)
        case .close(let rest): Self.write(rest, type: PacketByte.close, into: &buffer)
        case .upgrade: buffer.writeInteger(PacketByte.upgrade)
        }
    }

    /// Appends the separator that stands between two packets of a polling payload.
    package static func writeSeparator(into buffer: inout ByteBuffer) {
        buffer.writeInteger(PacketByte.recordSeparator)
    }

    private static func write(_ rest: ByteBuffer, type: UInt8, into buffer: inout ByteBuffer) {
        buffer.reserveCapacity(minimumWritableBytes: 1 + rest.readableBytes)
        buffer.writeInteger(type)
        buffer.writeImmutableBuffer(rest)
    }

    private static func write(base64 bytes: ByteBuffer, type: UInt8, into buffer: inout ByteBuffer) {
        buffer.reserveCapacity(minimumWritableBytes: 1 + Base64.encodedCount(of: bytes.readableBytes))
        buffer.writeInteger(type)
        Base64.encode(bytes, into: &buffer)
    }
}
