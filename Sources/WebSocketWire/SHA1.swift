// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// SHA-1 (RFC 3174), only to answer `Sec-WebSocket-Key`: there it proves that the server speaks WebSocket, and
/// protects nothing. SHA-1 is broken; do not use it for anything else.
enum SHA1 {
    /// The 20 bytes of the digest.
    static func digest(_ message: [UInt8]) -> [UInt8] {
        var padded: [UInt8] = []
        padded.reserveCapacity((message.count + 9 + 63) / 64 * 64)
        padded += message
        padded.append(0x80)
        padded += repeatElement(0, count: (120 - padded.count % 64) % 64)
        withUnsafeBytes(of: UInt64(message.count * 8).bigEndian) { padded.append(contentsOf: $0) }

        var state = State()
        padded.withUnsafeBytes { bytes in
            for start in stride(from: 0, to: bytes.count, by: 64) {
                state.take(UnsafeRawBufferPointer(rebasing: bytes[start..<start + 64]))
            }
        }
        return state.digest
    }

    private struct State {
        private var words = (
            UInt32(0x6745_2301), UInt32(0xEFCD_AB89), UInt32(0x98BA_DCFE), UInt32(0x1032_5476), UInt32(0xC3D2_E1F0)
        )

        var digest: [UInt8] {
            let (a, b, c, d, e) = self.words
            var digest: [UInt8] = []
            digest.reserveCapacity(20)
            for word in [a, b, c, d, e] {
                withUnsafeBytes(of: word.bigEndian) { digest.append(contentsOf: $0) }
            }
            return digest
        }

        /// Method 1 of section 6.1.
        mutating func take(_ block: UnsafeRawBufferPointer) {
            withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 80) { schedule in
                for index in 0..<16 {
                    let word = block.loadUnaligned(fromByteOffset: index * 4, as: UInt32.self)
                    schedule.initializeElement(at: index, to: UInt32(bigEndian: word))
                }
                for index in 16..<80 {
                    let mixed =
                        schedule[index - 3] ^ schedule[index - 8] ^ schedule[index - 14] ^ schedule[index - 16]
                    schedule.initializeElement(at: index, to: mixed.rotatedLeft(by: 1))
                }
                var (a, b, c, d, e) = self.words
                func round(_ function: UInt32, _ constant: UInt32, _ word: UInt32) {
                    let next = a.rotatedLeft(by: 5) &+ function &+ e &+ word &+ constant
                    (a, b, c, d, e) = (next, a, b.rotatedLeft(by: 30), c, d)
                }
                for index in 0..<20 { round(b & c | ~b & d, 0x5A82_7999, schedule[index]) }
                for index in 20..<40 { round(b ^ c ^ d, 0x6ED9_EBA1, schedule[index]) }
                for index in 40..<60 { round(b & c | b & d | c & d, 0x8F1B_BCDC, schedule[index]) }
                for index in 60..<80 { round(b ^ c ^ d, 0xCA62_C1D6, schedule[index]) }
                self.words.0 &+= a
                self.words.1 &+= b
                self.words.2 &+= c
                self.words.3 &+= d
                self.words.4 &+= e
            }
        }
    }
}

extension UInt32 {
    fileprivate func rotatedLeft(by count: UInt32) -> UInt32 { self &<< count | self &>> (32 &- count) }
}
