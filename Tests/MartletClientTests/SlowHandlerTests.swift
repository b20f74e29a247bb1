// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Martlet
import MartletClientEngine
import MartletEngine
import MartletEvents
import MartletTestSupport
import NIOCore
import Testing

@testable import MartletClient

/// A handler that is slow holds back its own connection, and nothing is lost.
struct SlowHandlerTests {
    @Test(arguments: [TransportName.websocket, .sse, .polling], [true, false])
    func eventsWaitInTheNetwork(transport: TransportName, isLossless: Bool) async throws {
        let count = 1000
        let gate = Gate()
        defer { gate.open() }
        let heard = Box<Int>()
        try await SocketServer.run { io in
            io.on("begin") { (socket: Socket) in
                for number in 0..<count { socket.emit(Chat.count, number) }
            }
        } _: { server in
            try await server.client {
                $0.transports = [transport]
                $0.isLossless = isLossless
                $0.maxWaitingEvents = 10
            } _: { client in
                let socket = client.socket()
                socket.on(Chat.count) { number async in
                    await gate.pass()
                    heard.add(number)
                }
                try await socket.connect()
                socket.emit("begin")
                try await eventually("a pause") {
                    try await client.onLoop { $0.session?.isReadingPaused == true }
                }
                #expect(heard.values.isEmpty)
                gate.open()
                try await eventually("all events") { heard.values.count == count }
                #expect(heard.values == Array(0..<count))
                try await eventually("reading") {
                    try await client.onLoop { $0.session?.isReadingPaused == false }
                }
            }
        }
    }

    @Test func bytesAreCountedAsEventsAre() async throws {
        let gate = Gate()
        defer { gate.open() }
        let heard = Box<Int>()
        try await SocketServer.run { io in
            io.onConnection { socket in
                for _ in 0..<8 { socket.emit("data", ByteBuffer(repeating: 1, count: 100_000)) }
            }
        } _: { server in
            try await server.client {
                $0.maxWaitingEventBytes = 300_000
            } _: { client in
                let socket = client.socket()
                socket.on("data") { (data: ByteBuffer) async in
                    await gate.pass()
                    heard.add(data.readableBytes)
                }
                try await socket.connect()
                try await eventually("a pause") {
                    try await client.onLoop { $0.session?.isReadingPaused == true }
                }
                // One is with its handler; with its name, the third that waits is past the limit.
                #expect(try await client.onLoop { _ in socket.waiting.count } == 3)
                gate.open()
                try await eventually("all events") { heard.values.count == 8 }
            }
        }
    }

    /// Events of a socket that has left wait no longer, and hold nobody back.
    @Test func aSocketThatLeavesLetsOthersGoOn() async throws {
        let gate = Gate()
        defer { gate.open() }
        try await SocketServer.run { io in
            for name in ["/", "/slow"] {
                io.of(name).onConnection { socket in for number in 0..<30 { socket.emit(Chat.count, number) } }
            }
            io.on("where") { (_: Socket) in "here" }
        } _: { server in
            try await server.client {
                $0.maxWaitingEvents = 10
            } _: { client in
                let slow = client.socket("/slow")
                slow.on(Chat.count) { _ async in await gate.pass() }
                try await slow.connect()
                try await eventually("a pause") {
                    try await client.onLoop { $0.session?.isReadingPaused == true }
                }
                slow.disconnect()
                let socket = client.socket()
                try await socket.connect()
                #expect(try await socket.emitWithAck("where", as: String.self) == "here")
            }
        }
    }
}
