// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Martlet
import MartletClient
import MartletEngine
import MartletEvents
import MartletTestSupport
import Testing

/// The handlers of a client's socket: for one event only, for all events, and one that answers.
struct ClientHandlerTests {
    @Test func aHandlerForOneEventIsCalledOnce() async throws {
        try await SocketServer.run { io in
            io.on("ask") { (socket: Socket) async throws -> [Int?] in
                var answers: [Int?] = []
                for name in ["plain", "sync", "slow", "async"] {
                    answers.append(try await socket.emitWithAck(Event<Int>(name), 1, as: Int?.self))
                    socket.emit(Event<Int>(name), 2)
                }
                return answers
            }
        } _: { server in
            try await server.client { client in
                let socket = client.socket()
                let heard = Box<String>()
                socket.once(Event<Int>("plain")) { number in heard.add("plain \(number)") }
                socket.once(Event<Int>("sync")) { (number: Int) -> Int in
                    heard.add("sync \(number)")
                    return number * 10
                }
                socket.once(Event<Int>("slow")) { (number: Int) async in heard.add("slow \(number)") }
                socket.once(Event<Int>("async")) { (number: Int) async -> Int in
                    heard.add("async \(number)")
                    return number * 100
                }
                try await socket.connect()
                #expect(try await socket.emitWithAck("ask", as: [Int?].self) == [nil, 10, nil, 100])
                #expect(heard.values == ["plain 1", "sync 1", "slow 1", "async 1"])
            }
        }
    }

    @Test func handlersOfAllEvents() async throws {
        try await SocketServer.run { io in
            io.on("echo") { (socket: Socket, number: Int) in socket.emit(Chat.count, number) }
        } _: { server in
            try await server.client { client in
                let socket = client.socket()
                let heard = Box<String>()
                @Sendable func note(_ place: String) -> @Sendable (String, SocketArguments) -> Void {
                    { event, arguments in heard.add("\(place) \(event) \(arguments)") }
                }
                socket.onAny(note("in 2"))
                socket.prependAny(note("in 1"))
                let removed = socket.onAnyOutgoing(note("removed"))
                socket.onAnyOutgoing(note("out 2"))
                socket.prependAnyOutgoing(note("out 1"))
                socket.off(removed)
                // What waits for the connection is told when it is sent, and what is dropped never is.
                socket.emit("echo", 1)
                socket.volatile.emit("echo", 0)
                #expect(heard.values.isEmpty)
                try await socket.connect()
                try await eventually("the first") { heard.values.count == 4 }
                #expect(heard.values == ["out 1 echo 1", "out 2 echo 1", "in 1 count 1", "in 2 count 1"])
                socket.offAny()
                socket.offAnyOutgoing()
                let numbers = Box<Int>()
                socket.on(Chat.count) { numbers.add($0) }
                socket.emit("echo", 2)
                try await eventually("the second") { numbers.values == [2] }
                socket.off()
                #expect(try await socket.emitWithAck("echo", 3, as: Int?.self) == nil)
                #expect(numbers.values == [2])
                #expect(heard.values.count == 4)
            }
        }
    }

    @Test func anEventHasOneAnswer() async throws {
        let answers = Box<Int>()
        try await SocketServer.run { io in
            io.on("ask") { (socket: Socket) async throws -> Int in
                try await socket.emitWithAck("question", as: Int.self)
            }
        } _: { server in
            try await server.client { client in
                let errors = Box<String>()
                client.onError { errors.add("\($0)") }
                let socket = client.socket()
                socket.on("question") { () -> Int in 1 }
                socket.on("question") { () -> Int in
                    answers.add(2)
                    return 2
                }
                socket.on("question") { () throws -> Void in throw EventError(message: "late") }
                try await socket.connect()
                #expect(try await socket.emitWithAck("ask", as: Int.self) == 1)
                #expect(answers.values.isEmpty)
                #expect(errors.values.count == 2)
                #expect(errors.values.first?.contains("answers it") == true)
            }
        }
    }
}
