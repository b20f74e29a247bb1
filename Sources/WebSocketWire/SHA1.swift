// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// SHA-1 (RFC 3174), only to answer `Sec-WebSocket-Key`: there it proves that the server speaks WebSocket, and
/// protects nothing. SHA-1 is broken; do not use it for anything else.
enum SHA1 {
    /// The 20 bytes of the digest.
    static func digest(_ message: [UInt8]) -> [UInt8] {
        var padded = message
        padded.append(0x80)
        while padded.count % 64 != 56 { padded.append(0) }
        withUnsafeBytes(of: UInt64(message.count * 8).bigEndian) { padded.append(contentsOf: $0) }

        var state: [UInt32] = [0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476, 0xC3D2_E1F0]
        padded.withUnsafeBytes { bytes in
            for start in stride(from: 0, to: bytes.count, by: 64) {
                process(UnsafeRawBufferPointer(rebasing: bytes[start..<start + 64]), &state)
            }
        }
        return state.flatMap { word in withUnsafeBytes(of: word.bigEndian) { [UInt8]($0) } }
    }

    /// Method 2 of section 6.2: a ring of sixteen words.
    private static func process(_ block: UnsafeRawBufferPointer, _ state: inout [UInt32]) {
        var ring = SIMD16<UInt32>()
        for index in 0..<16 {
            ring[index] = UInt32(bigEndian: block.loadUnaligned(fromByteOffset: index * 4, as: UInt32.self))
        }
        var (a, b, c, d, e) = (state[0], state[1], state[2], state[3], state[4])
        for round in 0..<80 {
            let slot = round & 15
            if round >= 16 {
                let mixed = ring[(round + 13) & 15] ^ ring[(round + 8) & 15] ^ ring[(round + 2) & 15] ^ ring[slot]
                ring[slot] = mixed.rotatedLeft(by: 1)
            }
            let (function, constant): (UInt32, UInt32) =
                switch round {
                case ..<20: (b & c | ~b & d, 0x5A82_7999)
                case ..<40: (b ^ c ^ d, 0x6ED9_EBA1)
                case ..<60: (b & c | b & d | c & d, 0x8F1B_BCDC)
                default: (b ^ c ^ d, 0xCA62_C1D6)
                }
            let next = a.rotatedLeft(by: 5) &+ function &+ e &+ ring[slot] &+ constant
            (a, b, c, d, e) = (next, a, b.rotatedLeft(by: 30), c, d)
        }
        for (index, word) in [a, b, c, d, e].enumerated() { state[index] &+= word }
    }
}

extension UInt32 {
    fileprivate func rotatedLeft(by count: UInt32) -> UInt32 { self &<< count | self &>> (32 &- count) }
}
