// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// A time, as the timestamp extension has it (MessagePack specification, "Timestamp extension type").
struct MessagePackTimestamp: Equatable {
    /// The type of the extension.
    static let type: Int8 = -1

    /// Seconds since 1970-01-01 00:00:00 UTC.
    let seconds: Int64
    /// 0 to 999 999 999.
    let nanoseconds: UInt32

    /// - Parameter body: what follows the type.
    /// - Returns: nil when the body is in none of the three forms: 32 bits of seconds; 30 bits of nanoseconds and 34 of
    ///   seconds; 32 bits of nanoseconds and 64 of seconds.
    init?(_ body: UnsafeRawBufferPointer) {
        func bigEndian<I: FixedWidthInteger & BitwiseCopyable>(_ type: I.Type, at offset: Int = 0) -> I {
            I(bigEndian: body.loadUnaligned(fromByteOffset: offset, as: I.self))
        }
        switch body.count {
        case 4:
            self.seconds = Int64(bigEndian(UInt32.self))
            self.nanoseconds = 0
        case 8:
            let both = bigEndian(UInt64.self)
            self.seconds = Int64(both & (1 << 34 - 1))
            self.nanoseconds = UInt32(both >> 34)
        case 12:
            self.seconds = bigEndian(Int64.self, at: 4)
            self.nanoseconds = bigEndian(UInt32.self)
        default: return nil
        }
        guard self.nanoseconds < 1_000_000_000 else { return nil }
    }
}

extension MessagePackBytes {
    /// The type of the extension at `offset`.
    func extType(_ head: MessagePackHead, at offset: Int) -> Int8 {
        Int8(bitPattern: self.base[offset + head.size - 1])
    }
}
