// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore

extension ByteBuffer {
    /// Writes several short texts in one step. Each write to a `ByteBuffer` first checks that the memory is not shared,
    /// which costs more than copying a short text, so all texts go to the memory in one write. If the memory turns out
    /// to be too small, this function makes room for all of them and calls `write` again.
    ///
    /// - Parameters:
    ///   - size: the expected number of bytes.
    ///   - write: puts the texts; puts the same ones each time that it is called.
    package mutating func writeParts(expecting size: Int, _ write: (inout TextParts) -> Void) {
        var size = size
        var isComplete = false
        while !isComplete {
            self.writeWithUnsafeMutableBytes(minimumWritableBytes: size) { memory in
                var parts = TextParts(memory: memory)
                write(&parts)
                size = parts.count
                isComplete = size <= memory.count
                return isComplete ? size : 0
            }
        }
    }
}

/// Puts texts one after another into memory. A text for which the memory has no room is only counted.
package struct TextParts {
    private let memory: UnsafeMutableRawBufferPointer
    fileprivate private(set) var count = 0

    fileprivate init(memory: UnsafeMutableRawBufferPointer) {
        self.memory = memory
    }

    package mutating func put(_ bytes: UnsafeRawBufferPointer) {
        if let source = bytes.baseAddress, let start = self.memory.baseAddress,
            bytes.count <= self.memory.count - self.count
        {
            (start + self.count).copyMemory(from: source, byteCount: bytes.count)
        }
        self.count += bytes.count
    }

    package mutating func put(_ text: StaticString) {
        self.put(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    package mutating func put(_ text: String) {
        var text = text
        text.withUTF8 { self.put(UnsafeRawBufferPointer($0)) }
    }

    package mutating func put(_ bytes: ByteBuffer) {
        bytes.withUnsafeReadableBytes { self.put($0) }
    }

    /// - Parameter radix: 16 at most.
    package mutating func put(_ number: Int, radix: UInt = 10) {
        let digits: StaticString = "0123456789abcdef"
        if number < 0 { self.put("-") }
        let magnitude = number.magnitude
        var divisor: UInt = 1
        while magnitude / divisor >= radix { divisor *= radix }
        while divisor > 0 {
            let digit = digits.utf8Start + Int(magnitude / divisor % radix)
            self.put(UnsafeRawBufferPointer(start: digit, count: 1))
            divisor /= radix
        }
    }

    /// A JSON string: quotes, backslashes and control characters escaped, all else as it is.
    package mutating func putJSON(_ text: String) {
        var text = text
        text.withUTF8 { bytes in
            self.put("\"")
            if bytes.contains(where: { $0 < 0x20 || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") }) {
                for byte in bytes { self.putEscaped(byte) }
            } else {
                self.put(UnsafeRawBufferPointer(bytes))
            }
            self.put("\"")
        }
    }

    private mutating func putEscaped(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): self.put("\\\"")
        case UInt8(ascii: "\\"): self.put("\\\\")
        case 0..<0x20:
            self.put(byte < 0x10 ? "\\u000" : "\\u00")
            self.put(Int(byte), radix: 16)
        default: withUnsafeBytes(of: byte) { self.put($0) }
        }
    }
}
