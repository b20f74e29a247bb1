// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// A check that bytes are UTF-8 (RFC 3629).
enum UTF8Bytes {
    static func areValid(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var index = 0
        // Most strings are ASCII only.
        while bytes.count - index >= 8, bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self) & Self.highBits == 0
        {
            index += 8
        }
        while index < bytes.count, bytes[index] < 0x80 { index += 1 }
        guard index < bytes.count else { return true }
        let rest = UnsafeRawBufferPointer(rebasing: bytes[index...])
        return String(validating: rest.assumingMemoryBound(to: UInt8.self), as: UTF8.self) != nil
    }

    private static let highBits: UInt64 = 0x8080_8080_8080_8080
}
