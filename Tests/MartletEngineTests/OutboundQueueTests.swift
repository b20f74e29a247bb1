// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import EngineIOWire
import MartletEngine
import NIOCore
import NIOEmbedded
import Testing

struct OutboundQueueTests {
    @Test func packetsLeaveInTheOrderInWhichTheyCame() {
        var queue = OutboundQueue()
        #expect(queue.isEmpty)
        for number in 0..<100 { queue.append(.text(ByteBuffer(string: "\(number)"))) }
        #expect(queue.count == 100)
        for number in 0..<100 {
            let packet = queue.popFirst()
            guard case .text(let text) = packet else {
                Issue.record("no text at \(number)")
                return
            }
            #expect(String(buffer: text) == "\(number)")
        }
        let last = queue.popFirst()
        #expect(last == nil)
        #expect(queue.isEmpty)
    }

    @Test func theSizesOfWhatWaitsAreSummed() {
        var queue = OutboundQueue()
        queue.append(.text("12345"))
        queue.append(.binary(ByteBuffer(repeating: 0, count: 100)))
        queue.append(
            .shared(SharedMessage(payload: "1234567", isBinary: false, on: LoopContext(eventLoop: EmbeddedEventLoop())))
        )
        queue.append(.control(.ping("")))
        #expect(queue.byteCount == 5 + 100 + 7 + 1)
        _ = queue.popFirst()
        #expect(queue.byteCount == 108)
        _ = queue.popFirst()
        #expect(queue.byteCount == 8)
        queue.removeAll()
        #expect(queue.byteCount == 0)
        #expect(queue.isEmpty)
    }
}
