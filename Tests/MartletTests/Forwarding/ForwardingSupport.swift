// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import EngineIOWire
import MartletEngine
import MartletEvents
import MartletForwarding
import MartletTLS
import MartletTestSupport
import MartletTesting
import NIOConcurrencyHelpers
import NIOCore

@testable import Martlet

/// One server of a cluster whose servers forward requests.
final class ForwardingNode: Sendable {
    static let secret = "the secret of these tests"

    let io: SocketIOServer
    let forwarder: Forwarder
    let port: Int
    private let running: Task<Void, any Error>
    private let isOver: AsyncStream<Never>.Continuation
    private let hasEnded = NIOLockedValueBox(false)

    /// - Parameter address: where the other servers reach this one; `nil`: where it listens.
    init(
        _ host: TestHost,
        _ bus: InProcessBus,
        _ io: SocketIOServer,
        address: String? = nil,
        secret: String = ForwardingNode.secret,
        configuration: ForwardingConfiguration = ForwardingConfiguration(),
        directory: SessionDirectory.Configuration = SessionDirectory.Configuration(),
        speaksHTTP2: Bool = false
    ) async throws {
        self.io = io
        io.cluster(bus.connection())
        let (ports, listening) = AsyncStream.makeStream(of: Int.self)
        let (over, isOver) = AsyncStream.makeStream(of: Never.self)
        self.isOver = isOver
        self.running = Task {
            try await withServer(host, [.socketIO(io)]) {
                $0.http2.allowsPlaintext = speaksHTTP2
            } _: { port in
                listening.yield(port)
                for await _ in over {}
            }
        }
        guard let port = await ports.first(where: { _ in true }) else { throw TestFailure.ended }
        self.port = port
        self.forwarder = try io.forwarder(
            address: address ?? "127.0.0.1:\(port)",
            secret: secret,
            configuration: configuration,
            directory: directory
        )
    }

    /// Ends the server, at the first call.
    func end() async throws {
        let hasEnded = self.hasEnded.withLockedValue { hasEnded in
            defer { hasEnded = true }
            return hasEnded
        }
        if hasEnded { return }
        // Before its event loops are gone.
        await self.io.shutDown()
        self.isOver.finish()
        try await self.running.value
    }
}

/// Runs `body` with servers that forward requests to each other.
func withForwarding(
    _ count: Int,
    _ host: TestHost = .standalone,
    directory: SessionDirectory.Configuration = SessionDirectory.Configuration(),
    configuration: ForwardingConfiguration = ForwardingConfiguration(),
    speakHTTP2: Bool = false,
    make: () -> SocketIOServer = { .testing() },
    _ body: ([ForwardingNode]) async throws -> Void
) async throws {
    let bus = InProcessBus()
    var nodes: [ForwardingNode] = []
    for _ in 0..<count {
        nodes.append(
            try await ForwardingNode(
                host,
                bus,
                make(),
                configuration: configuration,
                directory: directory,
                speaksHTTP2: speakHTTP2
            )
        )
    }
    for node in nodes {
        try await eventually("the other servers") { node.forwarder.directory.nodeCount == count - 1 }
    }
    do {
        try await body(nodes)
    } catch {
        for node in nodes { try? await node.end() }
        throw error
    }
    for node in nodes { try await node.end() }
    for node in nodes {
        try await eventually("the end of all forwarded connections") { node.forwarder.connectionCount == 0 }
    }
}

/// A client of a lossless session that sends each request where it is told to.
struct LosslessClient {
    let sid: String

    /// Opens a session on polling.
    init(on port: Int, fields: [String] = []) async throws {
        let answer = try await TestConnection.handshake(.polling, on: port, query: "&resume=1", fields: fields)
        guard let sid = answer.body.split(separator: "\"").dropFirst(3).first, answer.body.hasPrefix("0{") else {
            throw TestFailure.unexpected("\(answer)")
        }
        self.sid = String(sid)
    }

    init(sid: String) {
        self.sid = sid
    }

    func target(_ transport: TransportName, _ query: String = "") -> String {
        "/socket.io/?EIO=4&transport=\(transport)&sid=\(self.sid)\(query)"
    }

    func get(_ query: String, on port: Int, fields: [String] = []) async throws -> TestResponse {
        let connection = try await TestConnection.connect(to: port)
        let answer = try await connection.send("GET", self.target(.polling, query), fields: fields)
        await connection.close()
        return answer
    }

    func post(_ body: String, _ query: String, on port: Int, fields: [String] = []) async throws -> TestResponse {
        let connection = try await TestConnection.connect(to: port)
        let answer = try await connection.send("POST", self.target(.polling, query), fields: fields, body: body)
        await connection.close()
        return answer
    }
}
