// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// Decodes values from MessagePack through `Codable`, with nothing in between.
package enum MessagePackDecoding {
    /// Decodes the one value that `bytes` are. This never traps, whatever the bytes are.
    ///
    /// `ByteBuffer` is binary data; `[UInt8]` is binary data or an array of numbers.
    /// - Throws: a `DecodingError`, or what `T` throws itself.
    package static func decode<T: Decodable>(_ type: T.Type, from bytes: ByteBuffer) throws -> T {
        if let value = self.scalar(type, bytes) { return value }
        let tape: MessagePackTape
        do {
            tape = try MessagePackTape(of: bytes)
        } catch {
            throw DecodingError.dataCorrupted(.init(codingPath: [], debugDescription: "\(error)"))
        }
        return try tape.value(type, at: 0) { MessagePackValueDecoder(tape) }
    }

    /// Scalars that need no tape. Nil for all else, also for what is not one valid value.
    @inline(__always)
    private static func scalar<T>(_ type: T.Type, _ buffer: ByteBuffer) -> T? {
        func read<Scalar: MessagePackScalar>(_ scalar: Scalar.Type) -> T? {
            buffer.withUnsafeReadableBytes { bytes in
                guard let bytes = MessagePackBytes(bytes), let head = bytes.head(at: 0),
                    head.size + head.length == bytes.count,
                    head.kind != .string || UTF8Bytes.areValid(bytes.body(head, at: 0)),
                    let value = Scalar.read(from: bytes, at: 0)
                else { return nil }
                // The types are the same, so the bits are too.
                return unsafeBitCast(value, to: T.self)
            }
        }
        if T.self == String.self { return read(String.self) }
        if T.self == Int.self { return read(Int.self) }
        if T.self == Double.self { return read(Double.self) }
        if T.self == Bool.self { return read(Bool.self) }
        return nil
    }
}
