// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

extension JSONTape {
    /// The string at `index`, which must be one.
    func string(at index: Int) -> String {
        let entry = entries[index]
        let bytes = UnsafeBufferPointer(start: text + Int(entry.start) + 1, count: Int(entry.detail >> 1))
        if entry.detail & 1 == 0 {
            // For short strings three quarters of what `String(decoding:as:)` costs.
            return String(unsafeUninitializedCapacity: bytes.count) { $0.update(fromContentsOf: bytes) }
        }
        // No escape is shorter than what it stands for: \u and its digits are at most three bytes, a pair of them four.
        return String(unsafeUninitializedCapacity: bytes.count) { Self.unescape(bytes, into: $0) }
    }

    /// Whether the string at `index` is written exactly so, without escapes.
    @inline(__always)
    func isString(at index: Int, writtenAs utf8: UnsafeBufferPointer<UInt8>) -> Bool {
        let entry = entries[index]
        guard entry.detail == UInt32(truncatingIfNeeded: utf8.count) << 1 else { return false }
        guard let bytes = utf8.baseAddress else { return true }
        return JSONBytes.areEqual(text + Int(entry.start) + 1, bytes, count: utf8.count)
    }

    /// Whether the string at `index` has exactly these bytes.
    @inline(__always)
    func isString(at index: Int, equalTo utf8: UnsafeBufferPointer<UInt8>) -> Bool {
        if entries[index].detail & 1 == 0 { return isString(at: index, writtenAs: utf8) }
        return string(at: index).utf8.elementsEqual(utf8)
    }

    /// Copies a string that the scanner has checked, its escapes resolved, and returns the number of bytes.
    private static func unescape(_ bytes: UnsafeBufferPointer<UInt8>, into output: UnsafeMutableBufferPointer<UInt8>)
        -> Int
    {
        guard var source = bytes.baseAddress, let start = output.baseAddress else { return 0 }
        let end = source + bytes.count
        var target = start
        while true {
            // No more was written than was read, so there is room for a word where there is one to read.
            while end - source >= 8 {
                let plain = JSONBytes.copyWord(from: source, to: target)
                source += plain
                target += plain
                if plain < 8 { break }
            }
            guard source < end else { return target - start }
            if source.pointee == UInt8(ascii: "\\") {
                writeEscape(&source, to: &target)
            } else {
                target.pointee = source.pointee
                source += 1
                target += 1
            }
        }
    }

    /// Writes what an escape stands for.
    private static func writeEscape(_ source: inout UnsafePointer<UInt8>, to target: inout UnsafeMutablePointer<UInt8>)
    {
        let escape = source[1]
        source += 2
        switch escape {
        case UInt8(ascii: "b"): target.pointee = 0x08
        case UInt8(ascii: "f"): target.pointee = 0x0C
        case UInt8(ascii: "n"): target.pointee = 0x0A
        case UInt8(ascii: "r"): target.pointee = 0x0D
        case UInt8(ascii: "t"): target.pointee = 0x09
        case UInt8(ascii: "u"): return writeScalar(&source, to: &target)
        default: target.pointee = escape
        }
        target += 1
    }

    /// Writes the scalar of a `\u` escape, or of two of them, that follows in hexadecimal.
    private static func writeScalar(_ source: inout UnsafePointer<UInt8>, to target: inout UnsafeMutablePointer<UInt8>)
    {
        var value = JSONBytes.hexadecimal(source) ?? 0
        source += 4
        if value & 0xFC00 == 0xD800 {
            let low = JSONBytes.hexadecimal(source + 2) ?? 0
            value = 0x10000 + (value & 0x3FF) << 10 + (low & 0x3FF)
            source += 6
        }
        for byte in UTF8.encode(Unicode.Scalar(value) ?? "\u{FFFD}") ?? UTF8.encodedReplacementCharacter {
            target.pointee = byte
            target += 1
        }
    }
}
