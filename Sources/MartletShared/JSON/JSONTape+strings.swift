// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import JSONGrammar

extension JSONTape {
    /// The string at `index`. The value there must be a string.
    func string(at index: Int) -> String {
        let entry = entries[index]
        let bytes = UnsafeBufferPointer(start: text + Int(entry.start) + 1, count: Int(entry.detail >> 1))
        if entry.detail & 1 == 0 {
            // For short strings this is faster than `String(decoding:as:)`.
            return String(unsafeUninitializedCapacity: bytes.count) { $0.update(fromContentsOf: bytes) }
        }
        return JSONEscape.unescape(bytes)
    }

    /// Whether the text of the string at `index` is exactly these bytes, without escapes.
    @inline(__always)
    func isString(at index: Int, writtenAs utf8: UnsafeBufferPointer<UInt8>) -> Bool {
        let entry = entries[index]
        guard entry.detail == UInt32(truncatingIfNeeded: utf8.count) << 1 else { return false }
        guard let bytes = utf8.baseAddress else { return true }
        return JSONStringBytes.areEqual(text + Int(entry.start) + 1, bytes, count: utf8.count)
    }

    /// Whether the string at `index`, its escapes decoded, has exactly these bytes.
    @inline(__always)
    func isString(at index: Int, equalTo utf8: UnsafeBufferPointer<UInt8>) -> Bool {
        if entries[index].detail & 1 == 0 { return isString(at: index, writtenAs: utf8) }
        return string(at: index).utf8.elementsEqual(utf8)
    }
}
