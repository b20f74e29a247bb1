// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEngine
import MartletTestSupport
import NIOCore
import NIOEmbedded
import Testing

struct LoopQueueTests {
    @Test func sendsAreRefusedWhileTooMuchWaits() {
        let eventLoop = EmbeddedEventLoop()
        let queue = LoopQueue(eventLoop: eventLoop, limit: 2)
        let notes = Notes()
        #expect(queue.offer { notes.add("1") })
        queue.post { notes.add("2") }
        #expect(!queue.offer { notes.add("refused") })
        // What is more than a send is never refused.
        queue.post { notes.add("3") }
        #expect(queue.count == 3)
        eventLoop.run()
        #expect(notes.all == ["1", "2", "3"])
        #expect(queue.offer { notes.add("4") })
        eventLoop.run()
        #expect(notes.all == ["1", "2", "3", "4"])
    }

    @Test func whatFollowsARefusalIsDoneOnce() {
        let eventLoop = EmbeddedEventLoop()
        let queue = LoopQueue(eventLoop: eventLoop)
        let notes = Notes()
        let (one, other) = (Notes(), Notes())
        for owner in [one, one, other, one] { queue.post(once: owner) { notes.add(owner === one ? "one" : "other") } }
        eventLoop.run()
        #expect(notes.all == ["one", "other"])
        queue.post(once: one) { notes.add("again") }
        eventLoop.run()
        #expect(notes.all == ["one", "other", "again"])
    }
}
