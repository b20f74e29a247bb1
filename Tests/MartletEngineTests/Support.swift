// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import EngineIOWire
import HTTPTypes
import MartletEngine
import MartletPolling
public import NIOCore
import NIOEmbedded

/// A transport that writes down what it is asked to do, in order.
final class RecordingTransport: Transport {
    let name: TransportName
    let upgrades: [TransportName]
    let lingersWhenClosed: Bool
    var isWritable = true
    var sendsAtOnce = true
    var unsentBytes = 0
    var log: [String] = []
    weak var session: Session?

    init(_ name: TransportName = .polling, upgrades: [TransportName] = [.websocket], lingers: Bool = false) {
        self.name = name
        self.upgrades = upgrades
        self.lingersWhenClosed = lingers
    }

    func bind(to session: Session) { self.session = session }

    func write(_ packet: OutboundPacket) {
        var buffer = ByteBuffer()
        packet.writePolling(into: &buffer)
        self.log.append(String(buffer: buffer))
    }

    func flush() { self.log.append("flush") }
    func close(_ reason: TransportCloseReason) { self.log.append("close \(reason)") }
    func setReadingPaused(_ paused: Bool) { self.log.append(paused ? "pause" : "resume") }
    func releaseForUpgrade() { self.log.append("release") }
    func retire() { self.log.append("retire") }

    /// What was noted since the last time.
    func takeLog() -> [String] {
        defer { self.log = [] }
        return self.log
    }
}

/// What stands on top of a session, and writes down what it hears.
///
/// `@unchecked Sendable`: used on the thread of its test only.
final class RecordingHandler: SessionHandler, @unchecked Sendable {
    var log: [String] = []
    var onText: (String) -> Void = { _ in }
    var onClosed: () -> Void = {}

    func opened(_ session: Session) { self.log.append("opened") }

    func receivedText(_ text: ByteBuffer) {
        self.log.append("text \(String(buffer: text))")
        self.onText(String(buffer: text))
    }

    func receivedBinary(_ bytes: ByteBuffer) { self.log.append("binary \(Array(buffer: bytes))") }

    func transportChanged(_ session: Session) { self.log.append("transport \(session.transport.name)") }

    func closed(_ reason: DisconnectReason) {
        self.log.append("closed: \(reason)")
        self.onClosed()
    }

    func takeLog() -> [String] {
        defer { self.log = [] }
        return self.log
    }
}

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
        configure: (inout EngineConfiguration) -> Void = { _ in }
    ) {
        var configuration = EngineConfiguration()
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
        configure: (inout EngineConfiguration) -> Void = { _ in }
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

extension HandshakeRequest {
    static let test = HandshakeRequest(
        head: HTTPRequest(method: .get, scheme: "http", authority: "localhost", path: "/engine.io/?EIO=4"),
        remoteAddress: nil,
        isSecure: false
    )
}

// Only this test target has it, so that packets can be written as literals.
// swift-format-ignore: AvoidRetroactiveConformances
extension ByteBuffer: @retroactive ExpressibleByStringLiteral {
    public init(stringLiteral value: String) { self.init(string: value) }
}
