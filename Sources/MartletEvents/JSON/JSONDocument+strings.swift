// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

extension JSONDocument {
    /// The string at `index`, which must be one.
    func string(at index: Int) -> String {
        let entry = tape.entries[index]
        let bytes = UnsafeBufferPointer(start: base + Int(entry.start) + 1, count: Int(entry.detail >> 1))
        if entry.detail & 1 == 0 {
            return String(decoding: bytes, as: UTF8.self)
        }
        // No escape is shorter than what it stands for: \u and its digits are at most three bytes, a pair of them four.
        return String(unsafeUninitializedCapacity: bytes.count) { Self.unescape(bytes, into: $0) }
    }

    /// Whether the string at `index` has exactly these bytes.
    @inline(__always)
    func isString(at index: Int, equalTo utf8: UnsafeBufferPointer<UInt8>) -> Bool {
        let entry = tape.entries[index]
        if entry.detail & 1 == 0 {
            guard Int(entry.detail >> 1) == utf8.count else { return false }
            guard let bytes = utf8.baseAddress else { return true }
            return JSONBytes.areEqual(base + Int(entry.start) + 1, bytes, count: utf8.count)
        }
        return string(at: index).utf8.elementsEqual(utf8)
    }

    /// Copies a string that the scanner has checked, its escapes resolved, and returns the number of bytes.
    private static func unescape(_ bytes: UnsafeBufferPointer<UInt8>, into output: UnsafeMutableBufferPointer<UInt8>)
        -> Int
    {
        guard let source = bytes.baseAddress else { return 0 }
        var read = 0
        var written = 0
        func put(_ byte: UInt8) {
            output[written] = byte
            written += 1
        }
        while read < bytes.count {
            guard source[read] == UInt8(ascii: "\\") else {
                put(source[read])
                read += 1
                continue
            }
            let escape = source[read + 1]
            read += 2
            switch escape {
            case UInt8(ascii: "b"): put(0x08)
            case UInt8(ascii: "f"): put(0x0C)
            case UInt8(ascii: "n"): put(0x0A)
            case UInt8(ascii: "r"): put(0x0D)
            case UInt8(ascii: "t"): put(0x09)
            case UInt8(ascii: "u"):
                var value = JSONBytes.hexadecimal(source + read) ?? 0
                read += 4
                if value & 0xFC00 == 0xD800 {
                    let low = JSONBytes.hexadecimal(source + read + 2) ?? 0
                    value = 0x10000 + (value & 0x3FF) << 10 + (low & 0x3FF)
                    read += 6
                }
                UTF8.encode(Unicode.Scalar(value) ?? "\u{FFFD}")?.forEach(put)
            default: put(escape)
            }
        }
        return written
    }
}
