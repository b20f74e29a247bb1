// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore

extension SocketPacketWriter {
    /// Appends a JSON string as `JSON.stringify` writes it: `"`, `\` and control characters escaped, nothing else.
    package static func writeJSONString(_ text: String, into buffer: inout ByteBuffer) {
        var text = text
        text.withUTF8 { utf8 in
            let bytes = UnsafeRawBufferPointer(utf8)
            var index = JSONBytes.firstSpecial(in: bytes, from: 0)
            buffer.writeStaticString("\"")
            buffer.writeBytes(UnsafeRawBufferPointer(rebasing: bytes[..<index]))
            while index < bytes.count {
                writeEscape(bytes[index], into: &buffer)
                let next = JSONBytes.firstSpecial(in: bytes, from: index + 1)
                buffer.writeBytes(UnsafeRawBufferPointer(rebasing: bytes[(index + 1)..<next]))
                index = next
            }
            buffer.writeStaticString("\"")
        }
    }

    private static func writeEscape(_ byte: UInt8, into buffer: inout ByteBuffer) {
        switch byte {
        case UInt8(ascii: "\""): buffer.writeStaticString("\\\"")
        case UInt8(ascii: "\\"): buffer.writeStaticString("\\\\")
        case 0x08: buffer.writeStaticString("\\b")
        case 0x09: buffer.writeStaticString("\\t")
        case 0x0a: buffer.writeStaticString("\\n")
        case 0x0c: buffer.writeStaticString("\\f")
        case 0x0d: buffer.writeStaticString("\\r")
        default:
            let digits: StaticString = "0123456789abcdef"
            buffer.writeStaticString("\\u00")
            buffer.writeInteger(digits.utf8Start[Int(byte >> 4)])
            buffer.writeInteger(digits.utf8Start[Int(byte & 0x0f)])
        }
    }

    /// Appends `{"_placeholder":true,"num":<index>}`.
    package static func writePlaceholder(_ index: Int, into buffer: inout ByteBuffer) {
        buffer.writeStaticString("{\"_placeholder\":true,\"num\":")
        buffer.writeDecimal(index)
        buffer.writeStaticString("}")
    }

    /// Appends an argument that is relayed undecoded into another packet, its placeholders renumbered.
    ///
    /// An object that only looks like a placeholder, because the packet it came in had no such attachment, becomes
    /// `null`: in a packet with attachments it would make every receiver close with a parse error.
    /// - Parameters:
    ///   - argument: the JSON of one value, or of several with commas between them.
    ///   - attachmentCount: how many attachments came with it.
    ///   - offset: the index that its first attachment has in the new packet.
    package static func rewritePlaceholders(
        _ argument: ByteBuffer,
        attachmentCount: Int,
        offset: Int,
        into buffer: inout ByteBuffer
    ) {
        var written = argument.readerIndex
        for placeholder in Placeholder.find(in: argument) {
            let start = argument.readerIndex + placeholder.range.lowerBound
            if let before = argument.getSlice(at: written, length: start - written) {
                buffer.writeImmutableBuffer(before)
            }
            if let index = placeholder.index, index < attachmentCount {
                writePlaceholder(index + offset, into: &buffer)
            } else {
                buffer.writeStaticString("null")
            }
            written = argument.readerIndex + placeholder.range.upperBound
        }
        if let rest = argument.getSlice(at: written, length: argument.writerIndex - written) {
            buffer.writeImmutableBuffer(rest)
        }
    }
}

extension ByteBuffer {
    /// Appends one byte, at a third of what `writeInteger` takes, which goes through a closure that is not inlined.
    @inline(__always)
    package mutating func writeByte(_ byte: UInt8) {
        _ = self.writeWithUnsafeMutableBytes(minimumWritableBytes: 1) { space in
            space[0] = byte
            return 1
        }
    }

    /// Appends a number in decimal, without a String in between.
    mutating func writeDecimal(_ value: Int) {
        if value < 0 { writeInteger(UInt8(ascii: "-")) }
        var magnitude = value.magnitude
        var divisor: UInt = 1
        while magnitude / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            writeInteger(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: magnitude / divisor))
            magnitude %= divisor
            divisor /= 10
        }
    }
}
