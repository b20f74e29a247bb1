// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Martlet
import MartletEvents
import MartletTesting
import NIOCore
import Testing

/// The samples of Handover.md.
struct HandoverSamples {
    struct User: Codable, Sendable {
        var id: String
        var name: String
    }

    private let io = SocketIOServer()

    @Test func aNewClientIsGreeted() async throws {
        io.onConnection { socket in
            if !socket.isRestored {
                socket.join("lobby")
                socket.data["user"] = User(id: "17", name: "bob")
                socket.emit("welcome")
            }
            socket.on("whoami") { socket.data["user", as: User.self]?.name ?? "nobody" }
        }
        let client = try await io.testClient()
        _ = try await client.next("welcome")
        #expect(try await client.emitWithAck("whoami").description == #""bob""#)
    }

    @Test func aSocketStays() async throws {
        io.onConnection { socket in
            socket.stayHere()
            socket.emit("stays")
        }
        _ = try await io.testClient().next("stays")
    }

    @Test func timesCanBeSet() async {
        let bus = InProcessBus()
        var configuration = ClusterConfiguration()
        configuration.handover?.timeout = .seconds(60)
        configuration.handover?.handlerTimeout = .seconds(10)
        io.cluster(bus, configuration: configuration)
        await io.shutDown()
        #expect(bus.subscriptionCount == 0)
    }
}
