// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import MartletShared
package import NIOCore

/// MessagePack as servers in other languages write it for each other.
extension ArgumentValue {
    /// Reads a value leniently: in strings, what is not UTF-8 is replaced; keys may be any scalars; and extensions may be
    /// those of notepack.io 2, which is the writer of Node's adapters up to version 7.
    ///
    /// A timestamp becomes a string, as JavaScript's `JSON.stringify` makes one of a `Date`; `undefined`, any other
    /// extension, and a number that is not finite become null, as there.
    /// - Throws: unless the bytes are exactly one value.
    package init(messagePack bytes: ByteBuffer) throws {
        self.init(try MessagePackTape(of: bytes, isLenient: true), at: 0)
    }

    /// Appends the value's MessagePack in the shortest forms, as notepack.io 3 writes it.
    package func writeMessagePack(into buffer: inout ByteBuffer) throws {
        try MessagePackEncoding.encode(self, into: &buffer)
    }

    /// An extension of type 0: `undefined` is `d4 00 00`, a date `d7 00` and its milliseconds since 1970, and the memory
    /// of a typed array `c7`, `c8` or `c9`, the length, `00` and the bytes.
    static func notepack2(_ tape: MessagePackTape, at index: Int) -> ArgumentValue? {
        let start = tape.start(of: index)
        guard let head = tape.bytes.head(at: start), tape.bytes.extType(head, at: start) == 0 else { return nil }
        let body = tape.body(at: index)
        switch tape.bytes.unsigned(at: start, width: 1) {
        case 0xD7:
            let milliseconds = Int64(bigEndian: body.loadUnaligned(as: Int64.self))
            return ISO8601.text(seconds: Double(milliseconds) / 1000, withMilliseconds: true).map { .string($0) }
        case 0xC7, 0xC8, 0xC9: return .binary(ByteBuffer(bytes: body))
        default: return .null
        }
    }
}
