// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import JSONGrammar
package import NIOCore

/// Writes the payload of an event or acknowledgement, a JSON array. The array is complete after each step: a further
/// element replaces the closing bracket and appends it again. Each step is one write, since a write to a ByteBuffer
/// costs more than copying the few bytes of most steps.
extension SocketPacketWriter {
    /// Appends an array.
    /// - Parameters:
    ///   - name: the first element, if any.
    ///   - elements: the JSON of the elements after `name`, with commas between them; empty for none.
    ///   - prefix: a byte to write before the array.
    package static func writeArray(
        _ name: String?,
        _ elements: UnsafeRawBufferPointer = UnsafeRawBufferPointer(start: nil, count: 0),
        after prefix: UInt8? = nil,
        into buffer: inout ByteBuffer
    ) {
        guard let name else {
            if let prefix { buffer.writeByte(prefix) }
            buffer.writeStaticString("[]")
            if !elements.isEmpty { appendElement(elements, isFirst: true, into: &buffer) }
            return
        }
        // `withUTF8` would need a mutable copy of `name`, which retains the string's storage.
        let isWritten = name.utf8.withContiguousStorageIfAvailable { utf8 in
            let name = UnsafeRawBufferPointer(utf8)
            guard !hasSpecial(name) else { return false }
            let commaCount = elements.isEmpty ? 0 : 1
            let count = (prefix == nil ? 0 : 1) + name.count + commaCount + elements.count + 4
            _ = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { space in
                guard var place = space.baseAddress else { return 0 }
                if let prefix { append(prefix, at: &place) }
                append(JSONByte.openBracket, at: &place)
                append(JSONByte.quote, at: &place)
                append(name, at: &place)
                append(JSONByte.quote, at: &place)
                if commaCount > 0 { append(JSONByte.comma, at: &place) }
                append(elements, at: &place)
                append(JSONByte.closeBracket, at: &place)
                return count
            }
            return true
        }
        if isWritten == true { return }
        if let prefix { buffer.writeByte(prefix) }
        buffer.writeStaticString("[")
        writeJSONString(name, into: &buffer)
        buffer.writeStaticString("]")
        if !elements.isEmpty { appendElement(elements, isFirst: false, into: &buffer) }
    }

    /// Whether a character of the string must be escaped.
    @inline(__always)
    private static func hasSpecial(_ utf8: UnsafeRawBufferPointer) -> Bool {
        guard let source = JSONSource(utf8) else { return false }
        return source.nextSpecial(source.base) < source.end
    }

    @inline(__always)
    private static func append(_ byte: UInt8, at place: inout UnsafeMutableRawPointer) {
        place.storeBytes(of: byte, as: UInt8.self)
        place += 1
    }

    @inline(__always)
    private static func append(_ bytes: UnsafeRawBufferPointer, at place: inout UnsafeMutableRawPointer) {
        guard let source = bytes.baseAddress else { return }
        place.copyMemory(from: source, byteCount: bytes.count)
        place += bytes.count
    }

    /// Appends an element, or several with commas between them, to the array at the end of the buffer.
    /// - Parameter isFirst: whether the array is empty.
    package static func appendElement(_ json: UnsafeRawBufferPointer, isFirst: Bool, into buffer: inout ByteBuffer) {
        buffer.moveWriterIndex(to: buffer.writerIndex - 1)
        let start = isFirst ? 0 : 1
        _ = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: start + json.count + 1) { space in
            space[0] = JSONByte.comma
            UnsafeMutableRawBufferPointer(rebasing: space[start...]).copyMemory(from: json)
            space[start + json.count] = JSONByte.closeBracket
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
