// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import EngineIOWire
import MartletTestSupport
import NIOCore
import Testing

@Suite struct EngineCountTests {
    @Test func everyVectorIsRead() {
        for vector in EngineVectors.all.counts {
            #expect(EngineCount.parse(ByteBuffer(vector.text)) == vector.count, "\(vector.text)")
        }
    }

    @Test(arguments: [0, 1, 9, 10, 99, 100, 12345, EngineCount.max])
    func aCountIsReadAsItWasWritten(count: Int) {
        #expect(EngineCount.buffer(count).text == String(count))
        #expect(EngineCount.parse(EngineCount.buffer(count)) == count)
    }

    @Test(arguments: [Int.min, -1, Int.max])
    func decimalsAreWrittenWhole(value: Int) {
        var buffer = ByteBuffer()
        buffer.writeDecimal(value)
        #expect(buffer.text == String(value))
    }
}
