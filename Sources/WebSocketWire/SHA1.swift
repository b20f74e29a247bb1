// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// SHA-1 (RFC 3174), only for the answer to `Sec-WebSocket-Key`: there the digest shows that the server speaks
/// WebSocket, and protects nothing. SHA-1 is broken; do not use it for anything else.
enum SHA1 {
    /// The 20 bytes of the digest.
    static func digest(_ message: [UInt8]) -> [UInt8] {
        var state = State()
        message.withUnsafeBytes { message in
            let rest = message.count % blockSize
            let whole = message.count - rest
            for start in stride(from: 0, to: whole, by: blockSize) { state.take(message, at: start) }
            // The rest of the message, a 1 bit, and zeros; the last block ends with the length in bits (section 4).
            let padded = rest < blockSize - 8 ? blockSize : 2 * blockSize
            withUnsafeTemporaryAllocation(byteCount: padded, alignment: 8) { last in
                last.initializeMemory(as: UInt8.self, repeating: 0)
                last.copyMemory(from: UnsafeRawBufferPointer(rebasing: message[whole...]))
                last[rest] = 0x80
                last.storeBytes(of: UInt64(message.count * 8).bigEndian, toByteOffset: padded - 8, as: UInt64.self)
                for start in stride(from: 0, to: padded, by: blockSize) {
                    state.take(UnsafeRawBufferPointer(last), at: start)
                }
            }
        }
        return state.digest
    }

    private static let blockSize = 64

    private struct State {
        private var words = (
            UInt32(0x6745_2301), UInt32(0xEFCD_AB89), UInt32(0x98BA_DCFE), UInt32(0x1032_5476), UInt32(0xC3D2_E1F0)
        )

        var digest: [UInt8] {
            [UInt8](unsafeUninitializedCapacity: 20) { digest, count in
                withUnsafeBytes(of: self.words) { words in
                    for offset in stride(from: 0, to: 20, by: 4) {
                        let word = words.load(fromByteOffset: offset, as: UInt32.self).bigEndian
                        UnsafeMutableRawBufferPointer(digest).storeBytes(
                            of: word, toByteOffset: offset, as: UInt32.self)
                    }
                }
                count = 20
            }
        }

        /// Method 1 of section 6.1.
        mutating func take(_ message: UnsafeRawBufferPointer, at start: Int) {
            withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 80) { schedule in
                for index in 0..<16 {
                    let word = message.loadUnaligned(fromByteOffset: start + index * 4, as: UInt32.self)
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
