// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// The payload of an event or acknowledgement: an array that is complete at each step, so that an element goes before
/// the bracket at its end. Each step is one write, since a write to a ByteBuffer costs more than the bytes of most.
extension SocketPacketWriter {
    /// Appends an array of one name, or of nothing.
    /// - Parameter prefix: a byte before it.
    package static func writeArray(_ name: String?, after prefix: UInt8? = nil, into buffer: inout ByteBuffer) {
        guard var name else {
            if let prefix { buffer.writeByte(prefix) }
            buffer.writeStaticString("[]")
            return
        }
        let isWritten = name.withUTF8 { utf8 in
            let bytes = UnsafeRawBufferPointer(utf8)
            guard JSONBytes.firstSpecial(in: bytes, from: 0) == bytes.count else { return false }
            let start = prefix == nil ? 0 : 1
            _ = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: start + bytes.count + 4) { space in
                if let prefix { space[0] = prefix }
                space[start] = UInt8(ascii: "[")
                space[start + 1] = UInt8(ascii: "\"")
                UnsafeMutableRawBufferPointer(rebasing: space[(start + 2)...]).copyMemory(from: bytes)
                space[start + bytes.count + 2] = UInt8(ascii: "\"")
                space[start + bytes.count + 3] = UInt8(ascii: "]")
                return start + bytes.count + 4
            }
            return true
        }
        if isWritten { return }
        if let prefix { buffer.writeByte(prefix) }
        buffer.writeStaticString("[")
        writeJSONString(name, into: &buffer)
        buffer.writeStaticString("]")
    }

    /// Appends an element, or several with commas between them, to the array with which the buffer ends.
    /// - Parameter isFirst: whether the array is empty.
    package static func appendElement(_ json: UnsafeRawBufferPointer, isFirst: Bool, into buffer: inout ByteBuffer) {
        buffer.moveWriterIndex(to: buffer.writerIndex - 1)
        let start = isFirst ? 0 : 1
        _ = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: start + json.count + 1) { space in
            space[0] = UInt8(ascii: ",")
            UnsafeMutableRawBufferPointer(rebasing: space[start...]).copyMemory(from: json)
            space[start + json.count] = UInt8(ascii: "]")
            return start + json.count + 1
        }
    }

    package static func appendElement(_ json: ByteBuffer, isFirst: Bool, into buffer: inout ByteBuffer) {
        json.withUnsafeReadableBytes { appendElement($0, isFirst: isFirst, into: &buffer) }
    }

    /// Turns a packet without attachments into one with attachments, which are announced before the payload:
    /// `2/nsp,7[…]` into `51-/nsp,7[…]`.
    package static func addAttachments(_ count: Int, to packet: ByteBuffer, into buffer: inout ByteBuffer) {
        let isAck = packet.readableBytesView.first == SocketPacketType.ack.digit
        buffer.writeByte(isAck ? SocketPacketType.binaryAck.digit : SocketPacketType.binaryEvent.digit)
        buffer.writeDecimal(count)
        buffer.writeByte(UInt8(ascii: "-"))
        buffer.writeBytes(packet.readableBytesView.dropFirst())
    }
}
