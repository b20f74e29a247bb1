// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import JSONGrammar
internal import NIOCore

extension JSONFragment {
    func write(string: String) {
        withUTF8(of: string) { utf8 in
            guard let base = utf8.baseAddress else { return write(literal: "\"\"") }
            makeRoom(for: utf8.count + 2)
            if let size = JSONText.write(plain: base, count: utf8.count, to: end) {
                advance(by: size)
            } else {
                writeEscaped(base, count: utf8.count)
            }
        }
    }

    /// Writes a key of the open object, with a comma before it if needed, and a colon after it.
    func write(key: String) {
        withUTF8(of: key) { utf8 in
            makeRoom(for: utf8.count + 4)
            var output = end
            if state.level.count > 0 {
                output.pointee = JSONByte.comma
                output += 1
            }
            state.level.count += 1
            if let base = utf8.baseAddress, let size = JSONText.write(plain: base, count: utf8.count, to: output) {
                output[size] = JSONByte.colon
                advance(by: output + size + 1 - end)
            } else {
                advance(by: output - end)
                write(string: key)
                write(JSONByte.colon)
            }
        }
    }

    @inline(never)
    func write(convertedKey key: String) {
        write(key: SnakeCase.converted(key))
    }

    /// Avoids `String.withUTF8` where possible: it needs a variable, and copying the string to a variable would retain
    /// it.
    @inline(__always)
    private func withUTF8(of string: String, _ body: (UnsafeBufferPointer<UInt8>) -> Void) {
        guard string.utf8.withContiguousStorageIfAvailable(body) == nil else { return }
        var copy = string
        copy.withUTF8(body)
    }

    /// RFC 8259, 7: quotes, backslashes and control characters are escaped, as `JSON.stringify` does; `/` is not.
    @inline(never)
    private func writeEscaped(_ base: UnsafePointer<UInt8>, count: Int) {
        write(JSONByte.quote)
        let source = JSONSource(base, count: count)
        var start = base
        while true {
            let special = source.nextSpecial(start)
            write(atMost: special - start) {
                $0.update(from: start, count: special - start)
                return special - start
            }
            guard special < source.end else { break }
            write(atMost: JSONEscape.maxSize) { JSONEscape.write(special.pointee, to: $0) }
            start = special + 1
        }
        write(JSONByte.quote)
    }

    @inline(__always)
    func write<I: FixedWidthInteger>(integer: I) {
        write(atMost: JSONText.integerSize) { JSONText.write(integer: integer, to: $0) }
    }

    /// - Throws: `EncodingError.invalidValue` for infinities and NaN, which JSON does not have, unless strings stand for
    ///   them.
    @inline(__always)
    func write<F: JSONFloat>(float: F, step: () -> Step?) throws {
        guard float.isFinite else { return try write(nonFinite: float, step: step) }
        write(finite: float)
    }

    @inline(never)
    private func write<F: JSONFloat>(nonFinite float: F, step: () -> Step?) throws {
        guard let string = context.options?.string(for: float) else {
            throw invalid(float, step, "\(F.self).\(float) cannot be represented in JSON.")
        }
        write(string: string)
    }

    /// Writes a number in decimal digits.
    /// - Returns: false if the digits are not a number in JSON; then nothing is written.
    func write(number digits: String) -> Bool {
        let text = ByteBuffer(string: digits)
        let isNumber = text.withUnsafeReadableBytes { bytes in
            guard let first = bytes.first, let source = JSONSource(bytes) else { return false }
            return source.endOfNumber(source.base, first: first) == source.end
        }
        if isNumber { write(text) }
        return isNumber
    }

    /// Copies text.
    func write(_ text: ByteBuffer) {
        write(atMost: text.readableBytes) { output in
            text.withUnsafeReadableBytes {
                UnsafeMutableRawBufferPointer(start: output, count: $0.count).copyMemory(from: $0)
            }
            return text.readableBytes
        }
    }

    func invalid(_ value: Any, _ step: () -> Step?, _ description: String) -> EncodingError {
        .invalidValue(
            value, .init(codingPath: path + (step().map { [$0.key] } ?? []), debugDescription: description))
    }

    @inline(__always)
    func write<F: JSONFloat>(finite float: F) {
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
