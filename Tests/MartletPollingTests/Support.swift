// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import EngineIOWire
import HTTPTypes
import MartletEngine
import MartletPolling
import MartletTestSupport
import NIOCore
import NIOEmbedded

/// One request that waits for its answer, and keeps it.
final class RecordingExchange: HTTPExchange {
    var onLost: (() -> Void)?
    var onWritable: (() -> Void)?
    var unsentBytes: Int { 0 }
    var hasSentOutput: Bool { false }
    var answers: [HTTPAnswer] = []

    func respond(_ answer: HTTPAnswer) { self.answers.append(answer) }
    func beginStream(_ head: HTTPAnswer) {}
    func writeStream(_ bytes: ByteBuffer) {}
    func endStream() {}

    /// The packets of the answer; `nil` while there is none.
    var packets: [String]? {
        guard self.answers.count == 1, self.answers[0].status == .ok else { return nil }
        return String(buffer: self.answers[0].body).split(separator: "\u{1e}", omittingEmptySubsequences: false)
            .map(String.init)
    }

    /// Status and body of a refusal.
    var refusal: String? {
        guard self.answers.count == 1, self.answers[0].status != .ok else { return nil }
        return "\(self.answers[0].status.code) \(String(buffer: self.answers[0].body))"
    }
}

/// A polling session whose handshake has been answered.
struct PollingFixture {
    let eventLoop = EmbeddedEventLoop()
    let handler = RecordingHandler()
    let transport: PollingTransport
    let handshake = RecordingExchange()
    let shard: EngineShard
    let session: Session

    init(wantsResume: Bool = false) {
        let handler = self.handler
        let engine = Engine(configuration: EngineIOConfiguration()) { _ in handler }
        self.shard = engine.shard(on: self.eventLoop)
        let transport = PollingTransport(first: self.handshake, loop: self.shard.loop)
        self.transport = transport
        self.session = self.shard.open(
            on: transport,
            request: .test,
            wantsResume: wantsResume
        )
        self.eventLoop.run()
        self.handler.log = []
    }

    var isKnown: Bool { self.shard.session(self.session.id) != nil }

    /// A GET comes.
    func get() -> RecordingExchange {
        let request = RecordingExchange()
        self.transport.receive(request)
        self.eventLoop.run()
        return request
    }

    func send(_ texts: String...) {
        for text in texts { self.session.send(.text(ByteBuffer(string: text))) }
    }

    /// A WebSocket connects to the session, and its `2probe` is answered.
    func probe() -> RecordingTransport {
        let probe = RecordingTransport(.websocket, upgrades: [])
        if self.session.probeConnected(probe) {
            self.session.received(.ping(ByteBuffer(string: "probe")), from: probe)
        }
        return probe
    }
}
