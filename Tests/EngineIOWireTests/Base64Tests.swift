// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import MartletTestSupport
import NIOCore
import Testing

@testable import EngineIOWire

@Suite struct Base64Tests {
    @Test func agreesWithFoundationOnEveryLength() {
        var random = SeededGenerator(seed: 5)
        for length in 0..<200 {
            let bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
            var buffer = ByteBuffer()
            Base64.encode(ByteBuffer(bytes: bytes), into: &buffer)
            #expect(buffer.text == Data(bytes).base64EncodedString())
            #expect(Base64.decode(buffer.asSlice) == ByteBuffer(bytes: bytes))
        }
    }

    @Test func everyByteOutsideTheAlphabetIsRefusedInEveryPlace() {
        let alphabet = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        for place in 0..<8 {
            for byte in UInt8.min...UInt8.max where !alphabet.contains(byte) {
                // In the last place = is padding.
                if byte == UInt8(ascii: "="), place == 7 { continue }
                var text = Array("QUJDREVG".utf8)
                text[place] = byte
                #expect(Base64.decode(ByteBuffer(bytes: text)) == nil, "\(byte) at \(place)")
            }
        }
    }

    @Test func everyCutIsRefusedUnlessItFallsBetweenGroups() {
        let text = Array("QUJDREVGRw==".utf8)
        for end in 0...text.count {
            #expect((Base64.decode(ByteBuffer(bytes: text[..<end])) != nil) == (end % 4 == 0), "\(end)")
        }
    }
}
