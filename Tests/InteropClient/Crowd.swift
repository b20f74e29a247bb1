// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import MartletClient
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// Many clients in one process, each of which sends an event, and the next one when its echo has come.
struct Crowd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Has many clients in one process echo, and prints what a message costs both processes.")

    @OptionGroup var server: ServerOptions
    @Option(help: "How many clients.") var connections = 10_000
    @Option(help: "For how many seconds they echo.") var duration = 10
    @Option(help: "How many characters an event has.") var size = 64
    @Option(help: "How many event loops the clients share.") var threads = 1
    @Option(help: "The id of the server's process.") var serverProcess: Int

    private static let echo = Event<SocketArgument>("echo")

    func run() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: self.threads)
        let count = NIOLockedValueBox(0)
        let clients = try await self.connect(on: group, count)
        let argument = try SocketArgument(encoding: String(repeating: "x", count: self.size))
        for client in clients { client.socket().emit(Self.echo, argument) }
        // The first messages make what is made once.
        try await Task.sleep(for: .seconds(2))
        let before = try self.figures(count)
        try await Task.sleep(for: .seconds(self.duration))
        let after = try self.figures(count)
        let messages = Double(after.messages - before.messages)
        let (own, servers) = (
            (after.own - before.own) / messages * 1e6, (after.server - before.server) / messages * 1e6
        )
        print(
            String(
                format: "%d clients, %.0f messages a second: client %.2f µs, server %.2f µs, ratio %.2f",
                clients.count, messages / Double(self.duration), own, servers, own / servers))
        for client in clients { client.socket().disconnect() }
        for client in clients { await client.close() }
        try await group.shutdownGracefully()
    }

    private func figures(_ count: NIOLockedValueBox<Int>) throws -> (messages: Int, own: Double, server: Double) {
        (
            count.withLockedValue { $0 }, try ProcessFigures.cpuSeconds(of: "self"),
            try ProcessFigures.cpuSeconds(of: "\(self.serverProcess)")
        )
    }

    private func connect(
        on group: MultiThreadedEventLoopGroup, _ count: NIOLockedValueBox<Int>
    ) async throws -> [SocketIOClient] {
        try await withThrowingTaskGroup(of: SocketIOClient.self) { tasks in
            var clients: [SocketIOClient] = []
            for number in 0..<self.connections {
                if number >= 200, let client = try await tasks.next() { clients.append(client) }
                tasks.addTask {
                    let client = try self.server.makeClient(on: group)
                    let socket = client.socket()
                    socket.on(Self.echo) { argument in
                        count.withLockedValue { $0 += 1 }
                        socket.emit(Self.echo, argument)
                    }
                    try await socket.connect()
                    return client
                }
            }
            for try await client in tasks { clients.append(client) }
            return clients
        }
    }
}
