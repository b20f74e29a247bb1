// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEngine
import NIOCore
import NIOEmbedded
import Testing

struct PerLoopTests {
    @Test func eachLoopHasItsOwnValueAndKeepsIt() {
        let values = PerLoop { _, index in "value \(index)" }
        let first = EmbeddedEventLoop()
        let second = EmbeddedEventLoop()
        #expect(values.all == [])
        #expect(values[second] == "value 0")
        #expect(values[first] == "value 1")
        #expect(values[second] == "value 0")
        #expect(values[0] == "value 0")
        #expect(values[1] == "value 1")
        #expect(values[2] == nil)
        #expect(values[-1] == nil)
        #expect(values.all == ["value 0", "value 1"])
        values.loopsEnd()
        #expect(values.all == [])
        #expect(values[first] == "value 0")
    }

    @Test func aValueIsReleasedOnItsLoop() {
        final class Value: Sendable {}
        let values = PerLoop { _, _ in Value() }
        let loop = EmbeddedEventLoop()
        weak let value = values[loop]
        values.loopsEnd()
        #expect(value != nil)
        loop.run()
        #expect(value == nil)
    }
}
