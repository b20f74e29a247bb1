// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletTestSupport
import NIOCore
import Testing

@testable import EngineIOWire

@Suite struct UTF8CheckTests {
    /// What the standard library says: it takes text that it need not repair.
    private func isValidForSwift(_ bytes: [UInt8]) -> Bool {
        Array(String(decoding: bytes, as: UTF8.self).utf8) == bytes
    }

    @Test func agreesWithTheStandardLibraryOnTwoBytes() {
        for first in UInt8.min...UInt8.max {
            for second in UInt8.min...UInt8.max {
                let bytes = [first, second]
                if UTF8Check.isValid(ByteBuffer(bytes: bytes)) != isValidForSwift(bytes) { Issue.record("\(bytes)") }
            }
        }
    }

    @Test func agreesWithTheStandardLibraryOnRandomBytesAtEveryOffset() {
        var random = SeededGenerator(seed: 4)
        let telling: [UInt8] = [
            0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc2, 0xdf, 0xe0, 0xe1, 0xed, 0xef, 0xf0, 0xf1,
            0xf4, 0xf5, 0xff,
        ]
        for _ in 0..<20_000 {
            let bytes =
                Array(repeating: UInt8(0x61), count: Int.random(in: 0..<18, using: &random))
                + (0..<Int.random(in: 1..<6, using: &random)).compactMap { _ in telling.randomElement(using: &random) }
            if UTF8Check.isValid(ByteBuffer(bytes: bytes)) != isValidForSwift(bytes) { Issue.record("\(bytes)") }
        }
    }

    @Test func textCutWithinACharacterIsInvalid() {
        let text = Array("aé€🐦".utf8)
        let ends: Set<Int> = [0, 1, 3, 6, 10]
        for end in 0...text.count {
            #expect(UTF8Check.isValid(ByteBuffer(bytes: text[..<end])) == ends.contains(end))
        }
    }
}
