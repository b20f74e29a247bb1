// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// Encodes one event argument to JSON text, for ``JSONArgumentCoder``.
package struct ArgumentEncoder {
    /// Appends the text of `value` to `buffer`, and its binary data to `attachments`. When this throws, both are
    /// unchanged.
    /// - Throws: `EncodingError` with the codes and paths of Foundation's `JSONEncoder`, or what `T` throws itself.
    package static func encode<T: Encodable>(
        _ value: T, into buffer: inout ByteBuffer, attachments: inout [ByteBuffer], _ options: JSONOptions? = nil
    ) throws {
        if writeScalar(value, into: &buffer) { return }
        // Moved into the context, so that appending does not copy the array.
        let context = JSONEncodingContext(attachments: attachments, options)
        let attachmentCount = attachments.count
        attachments = []
        defer { attachments = context.attachments }
        do {
            let root = JSONFragment(context: context)
            try root.write(value: value, step: { nil })
            if let misuse = context.misuse { throw misuse }
            guard !root.state.isEmptyValue else {
                throw EncodingError.invalidValue(
                    value, .init(codingPath: [], debugDescription: "\(T.self) did not encode any value.")
                )
            }
            root.append(to: &buffer)
        } catch {
            context.attachments.removeLast(context.attachments.count - attachmentCount)
            throw error
        }
    }

    /// Writes values that need no encoder straight to the buffer.
    @inline(__always)
    private static func writeScalar<T>(_ value: T, into buffer: inout ByteBuffer) -> Bool {
        if T.self == String.self {
            var string = unsafeBitCast(value, to: String.self)
            return string.withUTF8 { write(plain: $0, into: &buffer) }
        }
        if T.self == Int.self {
            buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: JSONText.integerSize) {
                guard let output = $0.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return 0 }
                return JSONText.write(integer: unsafeBitCast(value, to: Int.self), to: output)
            }
            return true
        }
        if T.self == Bool.self {
            buffer.writeStaticString(unsafeBitCast(value, to: Bool.self) ? "true" : "false")
            return true
        }
        if T.self == Double.self {
            let double = unsafeBitCast(value, to: Double.self)
            guard double.isFinite else { return false }
            buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: JSONText.floatSize) {
                guard let output = $0.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return 0 }
                return JSONText.write(float: double, to: output)
            }
            return true
        }
        return false
    }

    /// Writes a string if none of it needs an escape.
    private static func write(plain utf8: UnsafeBufferPointer<UInt8>, into buffer: inout ByteBuffer) -> Bool {
        guard let base = utf8.baseAddress else { return false }
        let written = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: utf8.count + 2) {
            guard let output = $0.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return 0 }
            return JSONText.write(plain: base, count: utf8.count, to: output) ?? 0
        }
        return written > 0
    }
}
