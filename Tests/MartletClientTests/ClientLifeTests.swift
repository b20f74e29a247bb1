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

/// What becomes of a client's connections and events when something goes wrong.
struct ClientLifeTests {
    // MARK: Networks

    @Test func aNewNetworkEndsTheDelayBeforeAnAttempt() async throws {
        try await SocketServer.run { _ in
        } _: { server in
            try await CuttingProxy.run(to: server.port) { proxy in
                proxy.refuse { _ in true }
                try await server.client(by: proxy) {
                    $0.transports = [.websocket]
                    $0.reconnectionDelay = .seconds(3600)
                    $0.maxReconnectionDelay = .seconds(3600)
                } _: { client in
                    let connecting = Task { try await client.socket().connect() }
                    try await eventually("the delay") { try await client.onLoop { $0.attempts == 1 } }
                    proxy.refuse { _ in false }
                    client.networkChanged()
                    try await connecting.value
                }
            }
        }
    }

    @Test(arguments: [TransportName.websocket, .sse, .polling])
    func aNewNetworkBringsAPlainConnectionBack(transport: TransportName) async throws {
        try await SocketServer.run { io in
            io.on("where") { (socket: Socket) in socket.id }
        } _: { server in
            try await CuttingProxy.run(to: server.port) { proxy in
                try await server.client(by: proxy) {
                    $0.transports = [transport]
                    $0.isLossless = false
                } _: { client in
                    let socket = client.socket()
                    try await socket.connect()
                    let first = try await socket.emitWithAck("where", as: String.self)
                    var states = socket.states.makeAsyncIterator()
                    guard case .connected = await states.next() else { throw NothingHappened(what: "no connection") }
                    // The old connection is dead, and nobody says so.
                    proxy.freeze()
                    client.networkChanged()
                    guard case .disconnected = await states.next() else { throw NothingHappened(what: "no end") }
                    let second = try await socket.emitWithAck("where", timeout: .seconds(60), as: String.self)
                    #expect(second != first)
                }
            }
        }
    }

    // MARK: Events that wait

    @Test func whatWasNeverSentGoesOutOnTheNextConnection() async throws {
        let heard = Box<Int>()
        try await SocketServer.run(SocketServer.counting(heard)) {
            // A window of few events, and a session that is soon forgotten.
            $0.engine.resume?.buffer = 100
            $0.engine.resume?.timeout = .milliseconds(100)
        } _: { server in
            try await CuttingProxy.run(to: server.port) { proxy in
                try await server.client(by: proxy) {
                    $0.transports = [.websocket]
                } _: { client in
                    let socket = client.socket()
                    try await socket.connect()
                    let ends = Box<String>()
                    let watching = Task {
                        for await state in socket.states {
                            if case .disconnected(let reason) = state { ends.add("\(reason?.rawValue ?? "none")") }
                        }
                    }
                    proxy.freeze()
                    for number in 1...20 { socket.emit(Chat.count, number) }
                    let asking = Task {
                        try await socket.emitWithAck(Chat.count, 21, timeout: .seconds(60), as: Int.self)
                    }
                    try await eventually("the question") {
                        try await client.onLoop { _ in !socket.acknowledgements.isEmpty }
                    }
                    proxy.refuse { _ in true }
                    proxy.cut()
                    try await eventually("the session's end at the server") { await server.io.socketCount() == 0 }
                    proxy.refuse { _ in false }
                    client.networkChanged()
                    #expect(try await asking.value == 21)
                    // What was handed over may be lost, and is not repeated; what was not comes, in order.
                    let first = try #require(heard.values.first)
                    #expect(first > 1 && first < 15)
                    #expect(heard.values == Array(first...21))
                    #expect(ends.values.count == 1)
                    watching.cancel()
                }
            }
        }
    }

    @Test func volatileEventsAreDroppedWhileTheConnectionLags() async throws {
        let heard = Box<Int>()
        let sizes = Box<Int>()
        try await SocketServer.run { io in
            SocketServer.counting(heard)(io)
            io.on("data") { (_: Socket, data: ByteBuffer) in sizes.add(data.readableBytes) }
        } _: { server in
            try await CuttingProxy.run(to: server.port) { proxy in
                try await server.client(by: proxy) {
                    $0.transports = [.websocket]
                } _: { client in
                    let socket = client.socket()
                    // Not connected: dropped.
                    socket.volatile.emit(Chat.count, 0)
                    try await socket.connect()
                    socket.volatile.emit(Chat.count, 1)
                    try await eventually("the first") { heard.values == [1] }
                    proxy.freeze()
                    for _ in 0..<2 { socket.emit("data", ByteBuffer(repeating: 0, count: 700_000)) }
                    socket.volatile.emit(Chat.count, 2)
                    try await eventually("what waits") {
                        try await client.onLoop { ($0.session?.unsentBytes ?? 0) > 1 << 20 }
                    }
                    proxy.cut()
                    try await eventually("the data") { sizes.values.count == 2 }
                    try await eventually("room") {
                        try await client.onLoop { ($0.session?.unsentBytes ?? 0) < 1 << 20 }
                    }
                    socket.volatile.emit(Chat.count, 3)
                    try await eventually("the third") { heard.values == [1, 3] }
                }
            }
        }
    }

    @Test func theSendBufferIsBounded() async throws {
        let heard = Box<Int>()
        try await SocketServer.run(SocketServer.counting(heard)) { _ in
        } _: { server in
            try await CuttingProxy.run(to: server.port) { proxy in
                try await server.client(by: proxy) {
                    $0.transports = [.websocket]
                    $0.maxUnsentBytes = 1000
                } _: { client in
                    let errors = Box<String>()
                    client.onError { errors.add("\($0)") }
                    let socket = client.socket()
                    try await socket.connect()
                    proxy.freeze()
                    for number in 0..<100 { socket.emit(Chat.count, number) }
                    let error = await #expect(throws: AcknowledgementError.self) {
                        try await socket.emitWithAck(Chat.count, 100, as: Int.self)
                    }
                    let full = "'count' was not sent: the send buffer is full"
                    #expect(error?.description == full)
                    #expect(Set(errors.values) == [full])
                    // The session is lossless: what was taken arrives.
                    proxy.cut()
                    try await eventually("what was taken") { heard.values.count == 100 - errors.values.count }
                    #expect(heard.values == Array(0..<heard.values.count))
                }
            }
        }
    }
}
