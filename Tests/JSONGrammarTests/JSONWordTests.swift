// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import JSONGrammar

struct JSONWordTests {
    /// A byte among others that may lend it a borrow, at each of the eight places.
    private func forEachWord(_ body: (_ bytes: [UInt8]) -> Void) {
        for filler in [UInt8(0x61), 0x23, 0x5d, 0x20, 0x7f] {
            for place in 0..<8 {
                for byte in UInt8.min...UInt8.max {
                    var bytes = [UInt8](repeating: filler, count: 8)
                    bytes[place] = byte
                    body(bytes)
                }
            }
        }
    }

    @Test func theLowestMarkIsTheFirstByteOfTheKind() {
        forEachWord { bytes in
            let word = JSONWord(at: bytes)
            let special = bytes.firstIndex(where: JSONByte.isSpecial)
            let specialOrNonASCII = bytes.firstIndex { JSONByte.isSpecial($0) || $0 >= 0x80 }
            let same =
                JSONWord.count(before: word.specials) == special ?? 8
                && JSONWord.count(before: word.specialsAndNonASCII) == specialOrNonASCII ?? 8
                && word.hasSpecials == (special != nil)
                && JSONWord.count(before: word.marks(of: 0x5c)) == bytes.firstIndex(of: 0x5c) ?? 8
            if !same { Issue.record("\(bytes)") }
        }
    }

    @Test func aWordIsStoredAsItWasLoaded() {
        let bytes = [UInt8](1...8)
        var copy = [UInt8](repeating: 0, count: 8)
        copy.withUnsafeMutableBufferPointer { copy in
            if let place = copy.baseAddress { JSONWord(at: bytes).store(at: place) }
        }
        #expect(copy == bytes)
        #expect(JSONWord(at: bytes).bits == 0x0807_0605_0403_0201)
    }
}
