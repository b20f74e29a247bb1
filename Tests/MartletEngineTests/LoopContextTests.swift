// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEngine
import NIOCore
import NIOEmbedded
import Testing

struct LoopContextTests {
    private final class Connection: Flushable {
        var flushes = 0
        var onFlush: () -> Void = {}

        func flush() {
            self.flushes += 1
            self.onFlush()
        }
    }

    private let eventLoop = EmbeddedEventLoop()
    private let loop: LoopContext
    private let connection = Connection()

    init() {
        self.loop = LoopContext(eventLoop: self.eventLoop)
    }

    @Test func whatWasWrittenIsFlushedAtTheEndOfTheTurn() {
        let other = Connection()
        self.loop.setNeedsFlush(self.connection)
        self.loop.setNeedsFlush(other)
        #expect(self.connection.flushes == 0)
        self.eventLoop.run()
        #expect(self.connection.flushes == 1)
        #expect(other.flushes == 1)
        self.eventLoop.run()
        #expect(self.connection.flushes == 1)
    }

    @Test func fewConnectionsThatWereReadFromWaitForTheEndOfTheTurn() {
        self.loop.setNeedsFlush(self.connection)
        self.loop.readComplete()
        #expect(self.connection.flushes == 0)
        self.eventLoop.run()
        #expect(self.connection.flushes == 1)
    }

    @Test func manyConnectionsThatWereReadFromDoNotWait() {
        let connections = (0..<100).map { _ in Connection() }
        for (index, connection) in connections.enumerated() {
            self.loop.setNeedsFlush(connection)
            self.loop.readComplete()
            let waiting = connections[...index].filter { $0.flushes == 0 }.count
            #expect(waiting < 16)
        }
        self.eventLoop.run()
        #expect(connections.allSatisfy { $0.flushes == 1 })
    }

    @Test func aConnectionThatWritesWhileItIsFlushedWaitsForTheNextTurn() {
        let loop = self.loop
        let connection = self.connection
        var order: [String] = []
        let other = Connection()
        connection.onFlush = {
            order.append("connection")
            if connection.flushes == 1 { loop.setNeedsFlush(connection) }
        }
        other.onFlush = { order.append("other") }
        loop.setNeedsFlush(connection)
        loop.setNeedsFlush(other)
        self.eventLoop.run()
        #expect(order == ["connection", "other", "connection"])
        self.eventLoop.run()
        #expect(order.count == 3)
    }

    @Test func aFlushedConnectionIsLetGo() {
        var dropped: Connection? = Connection()
        weak let weakly = dropped
        if let dropped { self.loop.setNeedsFlush(dropped) }
        dropped = nil
        #expect(weakly != nil)
        self.eventLoop.run()
        #expect(weakly == nil)
    }

    @Test func anOutputBufferIsUsedAgain() {
        var buffer = self.loop.takeBuffer()
        buffer.writeRepeatingByte(7, count: 5000)
        let capacity = buffer.capacity
        self.loop.recycle(buffer)
        buffer = self.loop.takeBuffer()
        #expect(buffer.readableBytes == 0)
        #expect(buffer.capacity == capacity)
        #expect(self.loop.takeBuffer().capacity < capacity)
    }

    @Test func aLargeOutputBufferIsNotKept() {
        self.loop.recycle(ByteBufferAllocator().buffer(capacity: 1 << 20))
        #expect(self.loop.takeBuffer().capacity < 1 << 20)
    }

    /// How many of a thousand buffers of this size are kept.
    private func kept(capacity: Int) -> Int {
        for _ in 0..<1000 { self.loop.recycle(ByteBufferAllocator().buffer(capacity: capacity)) }
        return (0..<1000).filter { _ in self.loop.takeBuffer().capacity >= capacity }.count
    }

    @Test(arguments: [4096, 8192, 1 << 17])
    func soManyBytesOfOutputBuffersAreKeptAndNoMore(capacity: Int) {
        for _ in 0..<3 { #expect(self.kept(capacity: capacity) == (1 << 20) / capacity) }
    }
}
