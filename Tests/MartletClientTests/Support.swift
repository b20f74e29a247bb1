// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Martlet
import MartletEngine
import MartletEvents
import MartletTestSupport
import NIOConcurrencyHelpers
import NIOCore

@testable import MartletClient

/// A Socket.IO server on a port of its own.
struct SocketServer: Sendable {
    let io: SocketIOServer
    let port: Int

    /// Runs `body` against a server that `setUp` has prepared.
    static func run(
        _ setUp: (SocketIOServer) -> Void,
        configure: (inout SocketIOConfiguration) -> Void = { _ in },
        _ body: (SocketServer) async throws -> Void
    ) async throws {
        var settings = SocketIOConfiguration()
        configure(&settings)
        let io = SocketIOServer(configuration: settings)
        setUp(io)
        var configuration = MartletServer.Configuration(port: 0, threads: 2)
        configuration.shutdownTimeout = .milliseconds(200)
        let (addresses, listening) = AsyncStream.makeStream(of: Int.self)
        let server = MartletServer([.socketIO(io)], configuration: configuration) { _ in
            nil
        } onListening: {
            listening.yield($0.port ?? 0)
        }
        let running = Task { try await server.run() }
        guard let port = await addresses.first(where: { _ in true }) else { throw NothingHappened(what: "no port") }
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(SocketServer(io: io, port: port)))
        } catch {
            result = .failure(error)
        }
        running.cancel()
        _ = await running.result
        try result.get()
    }

    /// Lends a client of this server.
    /// - Parameter proxy: stands between; nil: the client connects to the server itself.
    func client(
        by proxy: CuttingProxy? = nil,
        configure: (inout SocketIOClientConfiguration) -> Void = { _ in },
        _ body: (SocketIOClient) async throws -> Void
    ) async throws {
        var configuration = SocketIOClientConfiguration()
        configuration.reconnectionDelay = .milliseconds(20)
        configure(&configuration)
        let client = try SocketIOClient("http://127.0.0.1:\(proxy?.port ?? self.port)", configuration: configuration)
        do {
            try await body(client)
        } catch {
            await client.close()
            throw error
        }
        await client.close()
    }
}

extension SocketServer {
    /// Numbers that the client has sent and the server has heard.
    static func counting(_ heard: Box<Int>) -> (SocketIOServer) -> Void {
        { io in
            io.on(Chat.count) { (_: Socket, number: Int) -> Int in
                heard.add(number)
                return number
            }
        }
    }
}

extension SocketIOClient {
    /// Reads what is confined to the client's event loop.
    func onLoop<Value: Sendable>(_ body: @escaping @Sendable (ClientManager) -> Value) async throws -> Value {
        try await self.manager.eventLoop.submit { body(self.manager) }.get()
    }
}

/// Collects values from handlers.
final class Box<Value: Sendable>: Sendable {
    private let box = NIOLockedValueBox<[Value]>([])
    var values: [Value] { self.box.withLockedValue { $0 } }
    func add(_ value: Value) { self.box.withLockedValue { $0.append(value) } }
}
