// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// One input of a fuzzer.
package struct FuzzInput {
    package var bytes: [UInt8]

    /// - Parameters: as libFuzzer calls `LLVMFuzzerTestOneInput`.
    package init(_ start: UnsafePointer<UInt8>?, _ count: Int) {
        bytes = Array(UnsafeBufferPointer(start: start, count: count))
    }

    package init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Takes the first byte off: it chooses options, so that the rest stays as it would be on the wire.
    package mutating func takeOptions() -> UInt8 {
        bytes.isEmpty ? 0 : bytes.removeFirst()
    }

    /// The input in the middle of a larger buffer: what transports hand over.
    package var slice: ByteBuffer {
        var buffer = ByteBuffer(string: "before")
        buffer.writeBytes(bytes)
        buffer.writeString("after")
        return buffer.getSlice(at: 6, length: bytes.count) ?? ByteBuffer()
    }

    /// The input cut in several ways: byte by byte, and at places that a hash of the input chooses, so that
    /// a reproducer needs nothing but the input.
    package var splits: [[[UInt8]]] {
        var generator = HashGenerator(bytes)
        return [bytes.map { [$0] }, pieces(meanLength: 3, &generator), pieces(meanLength: 40, &generator)]
    }

    private func pieces(meanLength: Int, _ generator: inout HashGenerator) -> [[UInt8]] {
        var pieces: [[UInt8]] = []
        var start = 0
        while start < bytes.count {
            let end = min(bytes.count, start + Int.random(in: 1..<2 * meanLength, using: &generator))
            pieces.append(Array(bytes[start..<end]))
            start = end
        }
        return pieces
    }
}

/// SplitMix64 from a hash (FNV-1a) of the input.
package struct HashGenerator: RandomNumberGenerator {
    private var state: UInt64

    package init(_ bytes: [UInt8]) {
        state = bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
