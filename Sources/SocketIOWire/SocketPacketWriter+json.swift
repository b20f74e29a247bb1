// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import JSONGrammar
package import NIOCore

extension SocketPacketWriter {
    /// Appends a JSON string as `JSON.stringify` writes it: `"`, `\` and control characters escaped, nothing else.
    package static func writeJSONString(_ text: String, into buffer: inout ByteBuffer) {
        var text = text
        text.withUTF8 { utf8 in
            buffer.writeByte(JSONByte.quote)
            if let source = JSONSource(UnsafeRawBufferPointer(utf8)) {
                var start = source.base
                while true {
                    let special = source.nextSpecial(start)
                    buffer.writeBytes(UnsafeRawBufferPointer(start: start, count: special - start))
                    guard special < source.end else { break }
                    writeEscape(special.pointee, into: &buffer)
                    start = special + 1
                }
            }
            buffer.writeByte(JSONByte.quote)
        }
    }

    private static func writeEscape(_ byte: UInt8, into buffer: inout ByteBuffer) {
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: JSONEscape.maxSize) { space in
            guard let output = space.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return 0 }
            return JSONEscape.write(byte, to: output)
        }
    }

    /// Appends `{"_placeholder":true,"num":<index>}`.
    package static func writePlaceholder(_ index: Int, into buffer: inout ByteBuffer) {
        buffer.writeStaticString("{\"_placeholder\":true,\"num\":")
        buffer.writeDecimal(index)
        buffer.writeStaticString("}")
    }

    /// Appends an argument that is passed on from one packet to another without decoding, and renumbers its
    /// placeholders.
    ///
    /// An object that only looks like a placeholder, because its packet had no attachment of this index, becomes
    /// `null`: in a packet with attachments it would make every receiver close with a parse error.
    /// - Parameters:
    ///   - argument: the JSON of one value, or of several with commas between them.
    ///   - attachmentCount: how many attachments came with the argument's packet.
    ///   - offset: the index that the first of these attachments gets in the new packet.
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
    /// Appends one byte. `writeInteger` goes through a closure that is not inlined, and takes three times as long
    /// (x86-64, November 2026).
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
