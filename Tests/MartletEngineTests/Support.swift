// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import EngineIOWire
import MartletEngine
import MartletTestSupport
public import NIOCore
import NIOEmbedded

/// One session on an event loop whose clock the test sets.
struct SessionFixture {
    let eventLoop = EmbeddedEventLoop()
    let handler = RecordingHandler()
    let transport: RecordingTransport
    let engine: Engine
    let shard: EngineShard
    let session: Session

    /// Opens the session; what that wrote is in the transport's log.
    init(
        _ transport: RecordingTransport = RecordingTransport(),
        configure: (inout EngineIOConfiguration) -> Void = { _ in }
    ) {
        var configuration = EngineIOConfiguration()
        configure(&configuration)
        let handler = self.handler
        self.transport = transport
        self.engine = Engine(configuration: configuration) { _ in handler }
        self.shard = self.engine.shard(on: self.eventLoop)
        self.session = self.shard.open(on: transport, request: .test)
    }

    /// A fixture whose opening has been forgotten.
    static func opened(
        _ transport: RecordingTransport = RecordingTransport(),
        configure: (inout EngineIOConfiguration) -> Void = { _ in }
    ) -> SessionFixture {
        let fixture = SessionFixture(transport, configure: configure)
        _ = fixture.transport.takeLog()
        _ = fixture.handler.takeLog()
        return fixture
    }

    var isKnown: Bool { self.shard.session(self.session.id) != nil }

    func receive(_ packet: EnginePacket) {
        self.session.received(packet, from: self.transport)
    }

    /// Brings a body up.
    /// - Returns: what came of it; `nil` when it waits.
    func upload(_ body: String) -> UploadBox {
        let box = UploadBox()
        guard self.session.beginUpload() else {
            box.result = .abandoned
            return box
        }
        self.session.receivedUpload(ByteBuffer(string: body)) { box.result = $0 }
        return box
    }

    /// Connects a second transport and says `2probe` on it.
    func probe(answered: Bool = true) -> RecordingTransport {
        let probe = RecordingTransport(.websocket, upgrades: [])
        guard self.session.probeConnected(probe) else { return probe }
        if answered { self.session.received(.ping("probe"), from: probe) }
        return probe
    }
}

final class UploadBox {
    var result: UploadResult?
}

// Only this test target has it, so that packets can be written as literals.
// swift-format-ignore: AvoidRetroactiveConformances
extension ByteBuffer: @retroactive ExpressibleByStringLiteral {
    public init(stringLiteral value: String) { self.init(string: value) }
}
