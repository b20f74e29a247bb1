// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

extension JSONFragment {
    func write(string: String) {
        var string = string
        string.withUTF8 { write(utf8: $0) }
    }

    /// RFC 8259, 7: quotes, backslashes and control characters are escaped, as `JSON.stringify` does; `/` is not.
    @inline(__always)
    private func write(utf8: UnsafeBufferPointer<UInt8>) {
        guard let base = utf8.baseAddress else { return write(literal: "\"\"") }
        if JSONBytes.needsNoEscape(base, count: utf8.count) {
            write(atMost: utf8.count + 2) { JSONText.write(quoted: base, count: utf8.count, to: $0) }
        } else {
            writeEscaped(base, count: utf8.count)
        }
    }

    @inline(never)
    private func writeEscaped(_ base: UnsafePointer<UInt8>, count: Int) {
        write(UInt8(ascii: "\""))
        var start = 0
        var end = JSONBytes.unescapedRun(base, from: 0, to: count)
        while true {
            write(atMost: end - start) {
                $0.update(from: base + start, count: end - start)
                return end - start
            }
            guard end < count else { break }
            write(atMost: 6) { JSONText.write(escaped: base[end], to: $0) }
            start = end + 1
            end = JSONBytes.unescapedRun(base, from: start, to: count)
        }
        write(UInt8(ascii: "\""))
    }

    @inline(__always)
    func write<I: FixedWidthInteger>(integer: I) {
        write(atMost: JSONText.integerSize) { JSONText.write(integer: integer, to: $0) }
    }

    /// - Throws: `EncodingError.invalidValue`, for JSON has no infinities and no NaN.
    @inline(__always)
    func write<F: JSONFloat>(float: F, key: () -> (any CodingKey)?) throws {
        guard float.isFinite else {
            throw EncodingError.invalidValue(
                float,
                .init(
                    codingPath: path + (key().map { [$0] } ?? []),
                    debugDescription: "\(F.self).\(float) cannot be represented in JSON."
                )
            )
        }
        write(atMost: JSONText.floatSize) { JSONText.write(float: float, to: $0) }
    }

    @inline(__always)
    func write(literal: StaticString) {
        write(atMost: literal.utf8CodeUnitCount) {
            $0.update(from: literal.utf8Start, count: literal.utf8CodeUnitCount)
            return literal.utf8CodeUnitCount
        }
    }

    @inline(__always)
    func write(bool: Bool) {
        if bool { write(literal: "true") } else { write(literal: "false") }
    }
}
