// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// Writes frames (RFC 6455, 5.2), each to the end of a buffer.
///
/// A server passes no mask. A client passes a fresh unpredictable one for each frame (5.3).
package enum WebSocketFrame {
    /// The size of a frame's header in bytes.
    package static func headerSize(payloadLength: Int, isMasked: Bool) -> Int {
        let extended = payloadLength < 126 ? 0 : payloadLength <= 0xFFFF ? 2 : 8
        return 2 + extended + (isMasked ? 4 : 0)
    }

    /// Writes a header. The caller writes the payload, masked if there is a mask.
    /// - Parameters:
    ///   - fin: Whether this is the last frame of its message.
    ///   - rsv1: Whether the message that begins with this frame is compressed.
    package static func writeHeader(
        opcode: WebSocketOpcode, fin: Bool = true, rsv1: Bool = false, payloadLength: Int, mask: WebSocketMask? = nil,
        into buffer: inout ByteBuffer
    ) {
        let first = (fin ? 0x80 : 0) | (rsv1 ? 0x40 : 0) | opcode.rawValue
        let maskBit: UInt8 = mask == nil ? 0 : 0x80
        // One write for each form: this is on the path of every message.
        if payloadLength < 126 {
            buffer.writeInteger(UInt16(first) << 8 | UInt16(maskBit | UInt8(truncatingIfNeeded: payloadLength)))
        } else if payloadLength <= 0xFFFF {
            let head = UInt32(first) << 24 | UInt32(maskBit | 126) << 16
            buffer.writeInteger(head | UInt32(truncatingIfNeeded: payloadLength))
        } else {
            buffer.writeMultipleIntegers(first, maskBit | 127, UInt64(payloadLength))
        }
        if let mask { buffer.writeInteger(mask.key, endianness: .little) }
    }

    /// Writes a server's frame in one step: this is on the path of every message.
    /// - Parameter prefix: A first byte of the frame's payload, before `payload`.
    package static func writeUnmasked(
        opcode: WebSocketOpcode, rsv1: Bool = false, prefix: UInt8? = nil, payload: ByteBuffer,
        into buffer: inout ByteBuffer
    ) {
        let length = payload.readableBytes + (prefix == nil ? 0 : 1)
        let headerSize = headerSize(payloadLength: length, isMasked: false)
        let first = 0x80 | (rsv1 ? 0x40 : 0) | opcode.rawValue
        _ = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: headerSize + length) { space in
            space[0] = first
            switch headerSize {
            case 2:
                space[1] = UInt8(truncatingIfNeeded: length)
            case 4:
                space[1] = 126
                space.storeBytes(of: UInt16(truncatingIfNeeded: length).bigEndian, toByteOffset: 2, as: UInt16.self)
            default:
                space[1] = 127
                space.storeBytes(of: UInt64(length).bigEndian, toByteOffset: 2, as: UInt64.self)
            }
            var start = headerSize
            if let prefix {
                space[start] = prefix
                start += 1
            }
            payload.withUnsafeReadableBytes { bytes in
                UnsafeMutableRawBufferPointer(rebasing: space[start...]).copyMemory(from: bytes)
            }
            return headerSize + length
        }
    }

    /// Writes a client's message in one frame.
    /// - Parameter prefix: A first byte of the frame's payload, before `payload`.
    package static func writeMasked(
        opcode: WebSocketOpcode, rsv1: Bool = false, prefix: UInt8? = nil, payload: ByteBuffer, mask: WebSocketMask,
        into buffer: inout ByteBuffer
    ) {
        let length = payload.readableBytes + (prefix == nil ? 0 : 1)
        writeHeader(opcode: opcode, rsv1: rsv1, payloadLength: length, mask: mask, into: &buffer)
        var mask = mask
        _ = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: length) { space in
            guard var destination = space.baseAddress else { return 0 }
            if let prefix {
                withUnsafeBytes(of: prefix) { _ = mask.copy($0, to: destination) }
                destination += 1
            }
            payload.withUnsafeReadableBytes { _ = mask.copy($0, to: destination) }
            return length
        }
    }

    /// Writes a frame.
    package static func write(
        opcode: WebSocketOpcode, fin: Bool = true, rsv1: Bool = false, payload: UnsafeRawBufferPointer,
        mask: WebSocketMask? = nil, into buffer: inout ByteBuffer
    ) {
        writeHeader(
            opcode: opcode, fin: fin, rsv1: rsv1, payloadLength: payload.count, mask: mask, into: &buffer)
        guard var mask else {
            buffer.writeBytes(payload)
            return
        }
        _ = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: payload.count) { space in
            guard let destination = space.baseAddress else { return 0 }
            mask.copy(payload, to: destination)
            return payload.count
        }
    }

    /// Writes a frame.
    package static func write(
        opcode: WebSocketOpcode, fin: Bool = true, rsv1: Bool = false, payload: ByteBufferView,
        mask: WebSocketMask? = nil, into buffer: inout ByteBuffer
    ) {
        payload.withUnsafeBytes {
            write(opcode: opcode, fin: fin, rsv1: rsv1, payload: $0, mask: mask, into: &buffer)
        }
    }

    /// Writes a frame.
    package static func write(
        opcode: WebSocketOpcode, fin: Bool = true, rsv1: Bool = false, payload: ByteBuffer,
        mask: WebSocketMask? = nil, into buffer: inout ByteBuffer
    ) {
        payload.withUnsafeReadableBytes {
            write(opcode: opcode, fin: fin, rsv1: rsv1, payload: $0, mask: mask, into: &buffer)
        }
    }

    /// Writes a ping with at most the first 125 bytes of `payload`.
    package static func writePing(
        _ payload: ByteBuffer = ByteBuffer(), mask: WebSocketMask? = nil, into buffer: inout ByteBuffer
    ) {
        write(opcode: .ping, payload: payload.readableBytesView.prefix(125), mask: mask, into: &buffer)
    }

    /// Writes a pong with at most the first 125 bytes of `payload`.
    package static func writePong(
        _ payload: ByteBuffer, mask: WebSocketMask? = nil, into buffer: inout ByteBuffer
    ) {
        write(opcode: .pong, payload: payload.readableBytesView.prefix(125), mask: mask, into: &buffer)
    }

    /// Writes a close frame.
    /// - Parameters:
    ///   - code: Nil, or a code that must not be sent, gives a frame without payload.
    ///   - reason: Cut to the 123 bytes that fit, at the end of a character.
    package static func writeClose(
        _ code: WebSocketCloseCode?, reason: String = "", mask: WebSocketMask? = nil, into buffer: inout ByteBuffer
    ) {
        var payload = ByteBuffer()
        if let code, code.isValidOnWire {
            payload.writeInteger(code.rawValue)
            for scalar in reason.unicodeScalars {
                guard payload.readableBytes + UTF8.width(scalar) <= 125 else { break }
                payload.writeBytes(scalar.utf8)
            }
        }
        write(opcode: .close, payload: payload, mask: mask, into: &buffer)
    }
}
