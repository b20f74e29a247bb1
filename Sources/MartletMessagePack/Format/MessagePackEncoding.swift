// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// Encodes values to MessagePack through `Codable`, with nothing in between.
package enum MessagePackEncoding {
    /// Appends `value` to `buffer`; when this throws, `buffer` is unchanged.
    ///
    /// `ByteBuffer` and `[UInt8]` become binary data, every number gets its shortest form, and maps keep the order in
    /// which their keys were encoded.
    /// - Throws: an `EncodingError`, or what `T` throws itself.
    package static func encode<T: Encodable>(_ value: T, into buffer: inout ByteBuffer) throws {
        if self.writeScalar(value, into: &buffer) { return }
        let root = MessagePackFragment(MessagePackFragment.Context())
        try root.write(value: value, step: { nil })
        if let misuse = root.context.misuse { throw misuse }
        guard !root.state.isEmptyValue else {
            throw EncodingError.invalidValue(
                value, .init(codingPath: [], debugDescription: "\(T.self) did not encode any value."))
        }
        root.append(to: &buffer)
    }

    /// Writes values that need no encoder straight to the buffer.
    @inline(__always)
    private static func writeScalar<T>(_ value: T, into buffer: inout ByteBuffer) -> Bool {
        if T.self == String.self {
            buffer.writeMessagePack(string: unsafeBitCast(value, to: String.self))
            return true
        }
        if T.self == Int.self {
            let integer = unsafeBitCast(value, to: Int.self)
            buffer.writeMessagePack { MessagePackOutput.write(integer: integer, to: $0) }
            return true
        }
        if T.self == Double.self {
            let float = unsafeBitCast(value, to: Double.self)
            buffer.writeMessagePack { MessagePackOutput.write(float: float, to: $0) }
            return true
        }
        if T.self == Bool.self {
            let bool = unsafeBitCast(value, to: Bool.self)
            buffer.writeMessagePack { MessagePackOutput.write(bool: bool, to: $0) }
            return true
        }
        return false
    }
}
