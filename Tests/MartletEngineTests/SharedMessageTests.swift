// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEngine
import NIOCore
import Testing

struct SharedMessageTests {
    @Test func eachFormIsEncodedOnce() {
        let message = SharedMessage(payload: "hello", isBinary: false)
        var calls: [Int] = []
        func encoded(_ index: Int) -> String {
            String(
                buffer: message.encoded(as: .init(index: index)) { message in
                    calls.append(index)
                    return ByteBuffer(string: "\(index):\(String(buffer: message.payload))")
                }
            )
        }
        for _ in 0..<3 {
            for index in [7, 0, 31, 1] { #expect(encoded(index) == "\(index):hello") }
        }
        #expect(calls == [7, 0, 31, 1])
    }

    @Test func aFormMayAskForAnotherWhileItIsEncoded() {
        let message = SharedMessage(payload: "x", isBinary: true)
        let outer = message.encoded(as: .init(index: 5)) { message in
            var inner = message.encoded(as: .init(index: 9)) { _ in "inner" }
            inner.writeString(" outer")
            return inner
        }
        #expect(String(buffer: outer) == "inner outer")
        #expect(String(buffer: message.encoded(as: .init(index: 9)) { _ in "again" }) == "inner")
    }
}
