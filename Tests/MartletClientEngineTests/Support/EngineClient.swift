// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Logging
import MartletClientEngine
import MartletEngine
import MartletTestSupport
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// A session of the client, and what its handler has heard.
///
/// `@unchecked Sendable`: the session is used on its event loop only, and what was heard is locked.
final class EngineClient: ClientSessionHandler, @unchecked Sendable {
    struct Heard {
        var texts: [String] = []
        var binaries: [[UInt8]] = []
        var transports: [TransportName?] = []
        var isOpen = false
        var ends: [SessionEndReason] = []
        var drains = 0
    }

    static let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)

    let eventLoop: any EventLoop
    private let heard = NIOLockedValueBox(Heard())
    private var session: ClientSession?

    init(_ address: ServerAddress, _ configuration: ClientSessionConfiguration) async throws {
        self.eventLoop = Self.group.next()
        try await self.eventLoop.submit {
            let session = ClientSession(
                address, configuration: configuration, eventLoop: self.eventLoop, handler: self,
                logger: Logger(label: "test"))
            self.session = session
            session.open()
        }.get()
    }

    /// Opens a session with the server on this port of the loopback.
    static func open(
        _ port: Int,
        path: String = "/engine.io/",
        scheme: String = "http",
        awaiting isAwaited: Bool = true,
        configure: (inout ClientSessionConfiguration) -> Void = { _ in }
    ) async throws -> EngineClient {
        var configuration = ClientSessionConfiguration()
        configure(&configuration)
        let address = try ServerAddress("\(scheme)://127.0.0.1:\(port)", path: path)
        let client = try await EngineClient(address, configuration)
        if isAwaited { try await client.until("the session to open") { $0.isOpen || !$0.ends.isEmpty } }
        return client
    }

    var now: Heard { self.heard.withLockedValue { $0 } }

    func until(_ what: String, _ condition: (Heard) async throws -> Bool) async throws {
        do {
            try await eventually(what) { try await condition(self.now) }
        } catch {
            throw NothingHappened(what: "\(what); heard \(self.now)")
        }
    }

    func on<Value: Sendable>(_ body: @escaping @Sendable (ClientSession) throws -> Value) async throws -> Value {
        try await self.eventLoop.submit {
            guard let session = self.session else { throw NothingHappened(what: "no session") }
            return try body(session)
        }.get()
    }

    func send(_ text: String) async throws {
        _ = try await self.on { $0.send(text: ByteBuffer(string: text)) }
    }

    func close() async throws {
        try await self.on { $0.close() }
        try await self.until("the end") { !$0.ends.isEmpty }
    }

    func switchTransport(to name: TransportName) async throws {
        try await self.eventLoop.flatSubmit {
            self.session?.switchTransport(to: name) ?? self.eventLoop.makeSucceededVoidFuture()
        }.get()
    }

    // MARK: ClientSessionHandler

    func sessionOpened(_ session: ClientSession) { self.heard.withLockedValue { $0.isOpen = true } }

    func session(_ session: ClientSession, receivedText text: ByteBuffer) {
        self.heard.withLockedValue { $0.texts.append(String(buffer: text)) }
    }

    func session(_ session: ClientSession, receivedBinary bytes: ByteBuffer) {
        self.heard.withLockedValue { $0.binaries.append(Array(bytes.readableBytesView)) }
    }

    func session(_ session: ClientSession, movedTo transport: TransportName?) {
        self.heard.withLockedValue { $0.transports.append(transport) }
    }

    func sessionDrained(_ session: ClientSession) { self.heard.withLockedValue { $0.drains += 1 } }

    func session(_ session: ClientSession, ended reason: SessionEndReason) {
        self.heard.withLockedValue { $0.ends.append(reason) }
    }
}
