// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletTestSupport
import Testing
import WebSocketWire

@Suite struct WebSocketMaskTests {
    private static func naive(_ bytes: ArraySlice<UInt8>, key: UInt32, offset: Int = 0) -> [UInt8] {
        bytes.enumerated().map { $1 ^ UInt8(truncatingIfNeeded: key >> (8 * UInt32(($0 + offset) % 4))) }
    }

    @Test func everyAlignmentAndLength() {
        var generator = SeededGenerator(seed: 1)
        let source = generator.bytes(256)
        let key: UInt32 = 0xA1B2_C3D4
        var destination = [UInt8](repeating: 0, count: 256)
        for from in 0..<17 {
            for to in 0..<17 {
                for length in Array(0..<70) + [128, 200] {
                    var mask = WebSocketMask(key: key)
                    source.withUnsafeBytes { source in
                        destination.withUnsafeMutableBytes { destination in
                            guard let base = destination.baseAddress else { return }
                            mask.copy(UnsafeRawBufferPointer(rebasing: source[from..<from + length]), to: base + to)
                        }
                    }
                    let expected = Self.naive(source[from..<from + length], key: key)
                    #expect(Array(destination[to..<to + length]) == expected)
                }
            }
        }
    }

    @Test func piecesOfAnySizeKeepTheTurn() {
        var generator = SeededGenerator(seed: 2)
        for _ in 0..<200 {
            var bytes = generator.bytes(Int.random(in: 0...300, using: &generator))
            let key = UInt32.random(in: 0...UInt32.max, using: &generator)
            let expected = Self.naive(bytes[...], key: key)
            var mask = WebSocketMask(key: key)
            bytes.withUnsafeMutableBytes { bytes in
                var start = 0
                while start < bytes.count {
                    let end = min(bytes.count, start + Int.random(in: 0...20, using: &generator))
                    let piece = UnsafeMutableRawBufferPointer(rebasing: bytes[start..<end])
                    if let base = piece.baseAddress { mask.copy(UnsafeRawBufferPointer(piece), to: base) }
                    start = end
                }
            }
            #expect(bytes == expected)
        }
    }

    @Test func oneByteBeyondASCIIIsSeenWhereverItStands() {
        let key: UInt32 = 0xA1B2_C3D4
        for length in 0..<70 {
            for place in -1..<length {
                var text = [UInt8](repeating: UInt8(ascii: "a"), count: length)
                if place >= 0 { text[place] = 0x80 }
                let masked = Self.naive(text[...], key: key)
                var mask = WebSocketMask(key: key)
                let isASCII = masked.withUnsafeBytes { masked in
                    withUnsafeTemporaryAllocation(byteCount: 80, alignment: 1) { space in
                        space.baseAddress.map { mask.copy(masked, to: $0) }
                    }
                }
                #expect(isASCII == (place < 0))
            }
        }
    }

    @Test func advancingIsCopyingWithoutBytes() {
        for count in 0..<9 {
            var advanced = WebSocketMask(key: 0x0403_0201)
            advanced.advance(by: count)
            #expect(UInt8(truncatingIfNeeded: advanced.key) == UInt8(count % 4 + 1))
        }
    }
}
