// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Martlet
import MartletEngine
import MartletTLS
import MartletTestSupport
import NIOConcurrencyHelpers
import NIOCore

/// A server whose sessions send back what they get, and what it has seen of them.
final class EchoServer: Sendable {
    struct Seen {
        var sessions: [EngineIOSession] = []
        var texts: [String] = []
        var moves: [TransportName] = []
        var ends: [DisconnectReason] = []
    }

    private let seen = NIOLockedValueBox(Seen())
    let port: Int

    private init(port: Int) { self.port = port }

    var now: Seen { self.seen.withLockedValue { $0 } }

    /// Runs `body` against a server of its own.
    static func run(
        tls: ServerTLS? = nil,
        configure: (inout EngineIOConfiguration) -> Void = { _ in },
        _ body: (EchoServer) async throws -> Void
    ) async throws {
        var engine = EngineIOConfiguration()
        configure(&engine)
        let seen = NIOLockedValueBox<EchoServer?>(nil)
        let mount = EngineIOServer(configuration: engine) { session in
            seen.withLockedValue { $0 }?.opened(session)
        }
        var configuration = MartletServer.Configuration(port: 0, threads: 2)
        configuration.shutdownTimeout = .milliseconds(500)
        if let tls { configuration.tls = tls }
        let (addresses, listening) = AsyncStream.makeStream(of: Int.self)
        let server = MartletServer([.engineIO(mount)], configuration: configuration) { _ in
            nil
        } onListening: {
            listening.yield($0.port ?? 0)
        }
        let running = Task { try await server.run() }
        guard let port = await addresses.first(where: { _ in true }) else { throw NothingHappened(what: "no port") }
        let echo = EchoServer(port: port)
        seen.withLockedValue { $0 = echo }
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(echo))
        } catch {
            result = .failure(error)
        }
        running.cancel()
        _ = await running.result
        seen.withLockedValue { $0 = nil }
        try result.get()
    }

    private func opened(_ session: EngineIOSession) {
        self.seen.withLockedValue { $0.sessions.append(session) }
        session.onText { text in
            self.seen.withLockedValue { $0.texts.append(String(buffer: text)) }
            session.send(text: ByteBuffer(bytes: text.readableBytesView))
        }
        session.onBinary { session.send(binary: ByteBuffer(bytes: $0.readableBytesView)) }
        session.onTransportChange { name in self.seen.withLockedValue { $0.moves.append(name) } }
        session.onClose { reason in self.seen.withLockedValue { $0.ends.append(reason) } }
    }

    func until(_ what: String, _ condition: (Seen) -> Bool) async throws {
        try await eventually(what) { condition(self.now) }
    }
}
