// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEngine
import MartletTestSupport
import NIOCore
import NIOEmbedded
import Testing

struct EngineTests {
    private let engine = Engine(configuration: EngineIOConfiguration()) { _ in RecordingHandler() }

    @Test func aLoopHasOneShard() {
        let loops = (0..<3).map { _ in EmbeddedEventLoop() }
        let shards = loops.map { self.engine.shard(on: $0) }
        for (index, loop) in loops.enumerated() {
            #expect(self.engine.shard(on: loop) === shards[index])
            #expect(shards[index].index == index)
            #expect(shards[index].eventLoop === loop)
        }
        #expect(self.engine.allShards.map(\.index) == [0, 1, 2])
    }

    @Test func aSessionIDLeadsToItsShard() {
        let loops = (0..<3).map { _ in EmbeddedEventLoop() }
        for loop in loops {
            let shard = self.engine.shard(on: loop)
            let session = shard.open(on: RecordingTransport(), request: .test)
            #expect(self.engine.shard(of: session.id) === shard)
            #expect(self.engine.shard(of: session.id)?.session(session.id) === session)
        }
        #expect(self.engine.shard(of: SessionID(shard: 3)) == nil)
        #expect(self.engine.shard(of: SessionID(shard: 4095)) == nil)
        #expect(self.engine.shard(of: SessionID(shard: 1))?.session(SessionID(shard: 1)) == nil)
    }

    @Test func closeAllClosesEverySessionOfTheShard() {
        let shard = self.engine.shard(on: EmbeddedEventLoop())
        let transports = (0..<5).map { _ in RecordingTransport() }
        for transport in transports { shard.open(on: transport, request: .test) }
        #expect(shard.allSessions.count == 5)
        shard.closeAll(.serverShuttingDown)
        #expect(shard.allSessions.isEmpty)
        #expect(transports.allSatisfy { $0.log.last == "close goingAway" })
    }
}
