// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletTestSupport
import NIOEmbedded
import Testing

@testable import MartletEngine

struct SessionIdentityTests {
    @Test(
        arguments: [
            (nil, nil, true), ("ada", "ada", true), ("", "", true), ("ada", "eve", false), ("ada", "ad", false),
            ("ada", "adam", false), ("", nil, false), (nil, "ada", false),
            // The same text in other scalars: another name.
            ("\u{e9}", "e\u{301}", false),
        ] as [(String?, String?, Bool)]
    )
    func onlyTheSameTextIsTheSame(one: String?, other: String?, isSame: Bool) {
        #expect(SessionIdentity.isSame(one, other) == isSame)
        #expect(SessionIdentity.isSame(other, one) == isSame)
    }

    @Test func anIdentityTravelsWithItsSession() throws {
        let configuration = EngineIOConfiguration()
        let handler = RecordingHandler()
        let engines = (0..<2).map { _ in Engine(configuration: configuration) { _ in handler } }
        let shards = engines.map { $0.shard(on: EmbeddedEventLoop()) }
        var request = HandshakeRequest.test
        request.identity = "ada"
        let session = shards[0].open(on: RecordingTransport(.websocket), request: request, wantsResume: true)
        #expect(session.freeze())
        let adopted = try shards[1].adopt(try #require(session.snapshot())) { _ in handler }
        session.release(to: "other")
        #expect(adopted.belongs(to: "ada"))
        #expect(!adopted.belongs(to: "eve"))
        #expect(!adopted.belongs(to: nil))
        adopted.close(.forcedClose)
    }
}
