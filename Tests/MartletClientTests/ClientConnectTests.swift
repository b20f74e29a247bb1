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

/// How a socket comes to be connected, and what is left when it does not.
struct ClientConnectTests {
    @Test func whatAuthThrowsIsThrownByConnect() async throws {
        struct NoToken: Error {}
        try await SocketServer.run { io in
            io.on("who") { (socket: Socket) in try socket.handshake.auth.decode(as: [String: String].self)["name"] }
        } _: { server in
            try await server.client { client in
                let names = Box<String>()
                let socket = client.socket {
                    guard let name = names.values.last else { throw NoToken() }
                    return ["name": name]
                }
                await #expect(throws: NoToken.self) { try await socket.connect() }
                try await eventually("no connection") { try await client.onLoop { $0.session == nil } }
                names.add("Ada")
                try await socket.connect()
                #expect(try await socket.emitWithAck("who", as: String.self) == "Ada")
            }
        }
    }

    /// An attempt that fails is no secret, though others follow; the log tells it once.
    @Test func attemptsThatFailAreReported() async throws {
        let log = RecordedLog()
        var configuration = SocketIOClientConfiguration()
        configuration.reconnectionDelay = .milliseconds(1)
        configuration.logger = log.logger()
        // Nobody listens on this port.
        let client = try SocketIOClient("http://127.0.0.1:1", configuration: configuration)
        let errors = Box<ConnectionFailed>()
        client.onError { if let error = $0 as? ConnectionFailed { errors.add(error) } }
        let connecting = Task { try await client.socket().connect() }
        try await eventually("three attempts") { errors.values.count >= 3 }
        connecting.cancel()
        await #expect(throws: CancellationError.self) { try await connecting.value }
        await client.close()
        for error in errors.values {
            #expect(error.reason == .transportError)
            #expect(error.description.contains("nobody listens there"))
        }
        #expect(log.all == ["notice: \(errors.values[0]); trying again"])
    }

    /// The server lets it in, and hears that it has left: nobody stays behind.
    @Test func aSocketThatLeavesWhileItAsksIsNotLeftBehind() async throws {
        let gate = Gate()
        let asked = Box<Bool>()
        try await SocketServer.run { io in
            io.of("/slow").use { _ in
                asked.add(true)
                await gate.pass()
            }
        } _: { server in
            try await server.client { client in
                try await client.socket().connect()
                let slow = client.socket("/slow")
                let connecting = Task { try await slow.connect() }
                try await eventually("the question") { !asked.values.isEmpty }
                connecting.cancel()
                await #expect(throws: CancellationError.self) { try await connecting.value }
                gate.open()
                try await eventually("the answer") { try await client.onLoop { _ in !slow.isAsking } }
                try await eventually("nobody in it") { await server.io.of("/slow").socketCount() == 0 }
                // A socket that comes back before the answer takes it.
                try await slow.connect()
                #expect(await server.io.of("/slow").socketCount() == 1)
            }
        }
    }

    /// A client that is not closed holds nothing once its sockets have left.
    @Test(arguments: [true, false])
    func whatIsForgottenIsGone(isConnected: Bool) async throws {
        try await SocketServer.run { _ in
        } _: { server in
            weak var forgotten: ClientSocket?
            do {
                let socket = try SocketIOClient("http://127.0.0.1:\(server.port)").socket()
                forgotten = socket
                if isConnected {
                    try await socket.connect()
                    socket.disconnect()
                }
            }
            try await eventually("nothing left") { forgotten == nil }
        }
    }

    @Test(arguments: [true, false])
    func anAttemptToConnectEndsWhenNobodyWantsIt(isCancelled: Bool) async throws {
        try await SocketServer.run { _ in
        } _: { server in
            try await CuttingProxy.run(to: server.port) { proxy in
                proxy.stall()
                try await server.client(by: proxy) { client in
                    let socket = client.socket()
                    let connecting = Task { try await socket.connect() }
                    try await eventually("the handshake") { proxy.count == 1 && !proxy.requests.isEmpty }
                    if isCancelled {
                        connecting.cancel()
                        await #expect(throws: CancellationError.self) { try await connecting.value }
                    } else {
                        socket.disconnect()
                        let failure = await #expect(throws: ConnectionFailed.self) { try await connecting.value }
                        #expect(failure?.reason == .ioClientDisconnect)
                    }
                    try await eventually("the connection's end") { proxy.openCount == 0 }
                    #expect(try await client.onLoop { $0.session == nil })
                    // Another attempt is not in the way of the first.
                    proxy.resume()
                    try await socket.connect()
                }
            }
        }
    }

    @Test func aQuestionThatIsCancelledIsNotSent() async throws {
        let heard = Box<Int>()
        try await SocketServer.run(SocketServer.counting(heard)) { _ in
        } _: { server in
            try await server.client { client in
                let socket = client.socket()
                let asking = Task { try await socket.emitWithAck(Chat.count, 1, as: Int.self) }
                try await eventually("the question") { try await client.onLoop { _ in socket.unsent.count == 1 } }
                asking.cancel()
                await #expect(throws: AcknowledgementError.cancelled) { try await asking.value }
                #expect(try await client.onLoop { _ in socket.unsent.count == 0 && socket.unsent.byteCount == 0 })
                try await socket.connect()
                #expect(try await socket.emitWithAck(Chat.count, 2, as: Int.self) == 2)
                #expect(heard.values == [2])
            }
        }
    }

    @Test func sequencesEndWithTheirTasksAndWithTheClient() async throws {
        try await SocketServer.run { _ in
        } _: { server in
            try await server.client { client in
                let socket = client.socket()
                let states = Task { for await _ in socket.states {} }
                let events = Task { for await _ in socket.events(Chat.count) {} }
                try await eventually("both") {
                    try await client.onLoop { _ in !socket.watchers.isEmpty && !socket.listeners.events.isEmpty }
                }
                states.cancel()
                events.cancel()
                await states.value
                await events.value
                try await eventually("nothing left") {
                    try await client.onLoop { _ in socket.watchers.isEmpty && socket.listeners.events.isEmpty }
                }
                let left = Task { for await _ in socket.states {} }
                await client.close()
                await left.value
                for await _ in socket.states {}
            }
        }
    }
}
