// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// Base64 as polling writes it: the standard alphabet, padded, no white space (RFC 4648, section 4).
package enum Base64 {
    static func encodedCount(of count: Int) -> Int {
        (count + 2) / 3 * 4
    }

    package static func encode(_ bytes: ByteBuffer, into buffer: inout ByteBuffer) {
        let capacity = encodedCount(of: bytes.readableBytes)
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: capacity) { target in
            bytes.withUnsafeReadableBytes { source in encode(source, to: target) }
            return capacity
        }
    }

    private static func encode(_ source: UnsafeRawBufferPointer, to target: UnsafeMutableRawBufferPointer) {
        var read = 0
        var written = 0
        // The table gives two letters for each twelve bits, which halves the number of look-ups.
        letterPairs.withUnsafeBufferPointer { pairs in
            while source.count - read >= 3 {
                let bits = Int(source[read]) << 16 | Int(source[read + 1]) << 8 | Int(source[read + 2])
                target.storeBytes(of: pairs[bits >> 12], toByteOffset: written, as: UInt16.self)
                target.storeBytes(of: pairs[bits & 0xfff], toByteOffset: written + 2, as: UInt16.self)
                read += 3
                written += 4
            }
            let left = source.count - read
            guard left > 0 else { return }
            let bits = Int(source[read]) << 16 | (left == 2 ? Int(source[read + 1]) << 8 : 0)
            target.storeBytes(of: pairs[bits >> 12], toByteOffset: written, as: UInt16.self)
            target.storeBytes(of: pairs[bits & 0xfff], toByteOffset: written + 2, as: UInt16.self)
            if left == 1 { target[written + 2] = padding }
            target[written + 3] = padding
        }
    }

    /// The bytes, or nil when the length is no multiple of four, the padding is misplaced or a letter is unknown.
    package static func decode(_ text: ByteBuffer) -> ByteBuffer? {
        let length = text.readableBytes
        guard length % 4 == 0 else { return nil }
        guard length > 0 else { return ByteBuffer() }
        var result = ByteBufferAllocator().buffer(capacity: length / 4 * 3)
        var isValid = false
        result.writeWithUnsafeMutableBytes(minimumWritableBytes: length / 4 * 3) { target in
            let count = text.withUnsafeReadableBytes { source in decode(source, to: target) }
            isValid = count != nil
            return count ?? 0
        }
        return isValid ? result : nil
    }

    /// Decodes `source`, which holds at least one group of four letters.
    /// - Returns: the number of bytes written, or nil when a letter is unknown.
    private static func decode(_ source: UnsafeRawBufferPointer, to target: UnsafeMutableRawBufferPointer) -> Int? {
        values.withUnsafeBufferPointer { values in
            let pads = source[source.count - 1] != padding ? 0 : source[source.count - 2] != padding ? 1 : 2
            let whole = source.count - (pads > 0 ? 4 : 0)
            var read = 0
            var written = 0
            // An unknown letter has the value 0xff. `seen` collects the high bits of all values, so one check at the
            // end suffices.
            var seen: UInt8 = 0
            while read < whole {
                let (a, b) = (values[Int(source[read])], values[Int(source[read + 1])])
                let (c, d) = (values[Int(source[read + 2])], values[Int(source[read + 3])])
                seen |= a | b | c | d
                target[written] = a << 2 | b >> 4
                target[written + 1] = b << 4 | c >> 2
                target[written + 2] = c << 6 | d
                read += 4
                written += 3
            }
            if pads > 0 {
                let (a, b) = (values[Int(source[read])], values[Int(source[read + 1])])
                seen |= a | b
                target[written] = a << 2 | b >> 4
                written += 1
                if pads == 1 {
                    let c = values[Int(source[read + 2])]
                    seen |= c
                    target[written] = b << 4 | c >> 2
                    written += 1
                }
            }
            return seen & 0xc0 == 0 ? written : nil
        }
    }

    private static let padding = UInt8(ascii: "=")
    private static let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// The two letters of each twelve-bit value, the first letter first in memory.
    private static let letterPairs: [UInt16] = (0..<4096).map { bits in
        UInt16(littleEndian: UInt16(letters[bits >> 6]) | UInt16(letters[bits & 0x3f]) << 8)
    }

    /// The six bits of each letter; 0xff for a byte outside the alphabet.
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 0xff, count: 256)
        for (value, letter) in letters.enumerated() { values[Int(letter)] = UInt8(value) }
        return values
    }()
}
