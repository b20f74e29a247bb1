// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// Foundation's `Data` is binary data without a dependency on Foundation: it is known by what it does.
package enum ByteCollection {
    /// Whether a value that encodes bytes from this sequence, as the first of an array, is binary data: `Data` encodes its
    /// memory, an array its elements one by one.
    @inline(__always)
    package static func isMemory<Bytes: Sequence>(_ type: Bytes.Type) -> Bool { type == UnsafeRawBufferPointer.self }

    /// Binary data as a value of a type that is a collection of bytes; `nil` for any other type.
    package static func make<Value>(_ type: Value.Type, of data: @autoclosure () throws -> ByteBuffer) rethrows
        -> Value?
    {
        func make<Bytes: RangeReplaceableCollection<UInt8>>(_ type: Bytes.Type, _ data: ByteBuffer) -> Bytes {
            Bytes(data.readableBytesView)
        }
        guard let type = type as? any RangeReplaceableCollection<UInt8>.Type else { return nil }
        return make(type, try data()) as? Value
    }
}
