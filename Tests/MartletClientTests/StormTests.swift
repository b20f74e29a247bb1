// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Martlet
import MartletEngine
import MartletEvents
import MartletTestSupport
import NIOCore
import Testing

@testable import MartletClient

/// A lossless session under load on a network that has a fault every 100 ms: every event arrives exactly once and in
/// order, both ways, and nobody hears of a disconnect.
struct StormTests {
    private static let perTurn = 100
    private static let turns = 100

    /// What the network does, or the device.
    private enum Fault: CaseIterable {
        /// All connections are closed.
        case cut
        /// Nothing gets through on the connections of now, and nobody is told.
        case freeze
        /// Some transports get no connection for a while.
        case block
        case unblock
        case switchTransport
        case networkChange
    }

    @Test(arguments: [UInt64(1), 2])
    func everyEventArrivesOnceAndInOrder(seed: UInt64) async throws {
        let (up, down) = (Box<Int>(), Box<Int>())
        let (ends, sockets) = (Box<String>(), Box<Socket>())
        try await SocketServer.run { io in
            io.onConnection { socket in
                sockets.add(socket)
                socket.on(Chat.count) { up.add($0) }
                socket.onDisconnect { ends.add("server: \($0)") }
            }
        } configure: {
            // A connection that is silent is given up soon.
            $0.pingInterval = .milliseconds(100)
            $0.pingTimeout = .milliseconds(200)
        } _: { server in
            try await CuttingProxy.run(to: server.port) { proxy in
                try await server.client(by: proxy) { client in
                    let socket = client.socket()
                    socket.on(Chat.count) { down.add($0) }
                    try await socket.connect()
                    let watching = Task {
                        for await state in socket.states {
                            if case .disconnected(let reason) = state { ends.add("client: \(reason as Any)") }
                        }
                    }
                    let peer = try #require(sockets.values.first)
                    var random = SeededGenerator(seed: seed)
                    for turn in 0..<Self.turns {
                        for number in turn * Self.perTurn..<(turn + 1) * Self.perTurn {
                            socket.emit(Chat.count, number)
                            peer.emit(Chat.count, number)
                        }
                        Self.disturb(client, proxy, &random)
                        try await client.manager.eventLoop.scheduleTask(in: .milliseconds(100)) {}.futureResult.get()
                    }
                    proxy.refuse { _ in false }
                    let all = Array(0..<Self.turns * Self.perTurn)
                    try await eventually("all events, \(up.values.count) up, \(down.values.count) down, \(ends.values)")
                    {
                        up.values.count >= all.count && down.values.count >= all.count || !ends.values.isEmpty
                    }
                    #expect(up.values == all)
                    #expect(down.values == all)
                    #expect(ends.values.isEmpty)
                    #expect(sockets.values.count == 1)
                    watching.cancel()
                }
            }
        }
    }

    private static func disturb(_ client: SocketIOClient, _ proxy: CuttingProxy, _ random: inout SeededGenerator) {
        let transports: [TransportName] = [.websocket, .sse, .polling]
        switch Fault.allCases.randomElement(using: &random) ?? .cut {
        case .cut: proxy.cut()
        case .freeze: proxy.freeze()
        case .block:
            // One of them works.
            let blocked = transports.shuffled(using: &random).dropLast().map { "transport=\($0)" }
            proxy.refuse { line in blocked.contains { line.contains($0) } }
            proxy.cut()
        case .unblock: proxy.refuse { _ in false }
        case .switchTransport:
            let name = transports.randomElement(using: &random) ?? .polling
            // It may fail: another fault comes in its way.
            Task { try? await client.switchTransport(to: name) }
        case .networkChange: client.networkChanged()
        }
    }
}
