// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOConcurrencyHelpers

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Android)
internal import Android
#else
internal import Darwin
#endif

/// Random numbers, fetched from the system's generator many at a time. The standard library calls the kernel for each
/// number: four calls for a connection's two ids.
package enum RandomPool {
    private struct Pool {
        // The most bytes that one call returns (POSIX.1-2024, getentropy).
        var numbers = [UInt64](repeating: 0, count: 256 / MemoryLayout<UInt64>.size)
        var unused = 0

        mutating func next() -> UInt64 {
            if self.unused == 0 {
                let isFilled = self.numbers.withUnsafeMutableBytes { bytes in
                    bytes.baseAddress.map { getentropy($0, bytes.count) == 0 } ?? false
                }
                guard isFilled else { return .random(in: 0 ... .max) }
                self.unused = self.numbers.count
            }
            self.unused -= 1
            // The number becomes part of a secret, so the pool does not keep it.
            defer { self.numbers[self.unused] = 0 }
            return self.numbers[self.unused]
        }
    }

    private static let pool = NIOLockedValueBox(Pool())

    package static func next() -> (UInt64, UInt64) {
        self.pool.withLockedValue { ($0.next(), $0.next()) }
    }
}
