// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEvents
import MartletTestSupport
import MartletTesting
import NIOCore
import Testing

/// The forms of handlers that the documentation shows: that this compiles is half of the test.
struct HandlerTests {
    struct Message: Codable, Sendable, Equatable { var author: String, text: String }

    private func client(_ setUp: @escaping @Sendable (Socket) -> Void) async throws -> TestClient {
        let io = SocketIOServer()
        io.onConnection(setUp)
        return try await io.testClient()
    }

    @Test func aHandlerTakesAnyNumberOfValues() async throws {
        let client = try await self.client { socket in
            socket.on("none") { socket.emit("none") }
            socket.on("one") { (message: Message) in socket.emit("one", message.text) }
            socket.on("two") { (a: Int, b: String) in socket.emit("two", b, a) }
            socket.on("three") { (a: Int, b: String?, c: [Double]) in socket.emit("three", a, b, c) }
        }
        try await client.emit("none")
        try await client.emit("one", Message(author: "a", text: "t"))
        try await client.emit("two", 1, "x")
        try await client.emit("three", 1, "y", [0.5])
        #expect(client.events == ["none()", #"one("t")"#, #"two("x",1)"#, #"three(1,"y",[0.5])"#])
    }

    @Test func whatAHandlerReturnsIsTheAcknowledgement() async throws {
        let client = try await self.client { socket in
            socket.on("sum") { (numbers: [Int]) -> Int in numbers.reduce(0, +) }
            socket.on("implicit") { (number: Int) in number + 1 }
            socket.on("throwing") { (number: Int) throws -> Int in
                guard number > 0 else { throw EventError(message: "too small", data: number) }
                return number
            }
            socket.on("async") { (number: Int) async -> Int in
                await Task.yield()
                return number * 2
            }
            socket.on("save") { (message: Message) async throws -> Message in
                await suspendForAnotherThread()
                return Message(author: message.text, text: message.author)
            }
            socket.on("void") { (_: Int) in }
            socket.on("voidAsync") { (_: Int) async in await Task.yield() }
        }
        #expect(try await client.emitWithAck("sum", [1, 2, 3]).description == "6")
        #expect(try await client.emitWithAck("implicit", 1).description == "2")
        #expect(try await client.emitWithAck("throwing", 1).description == "1")
        #expect(
            try await client.emitWithAck("throwing", 0).description
                == #"{"error":{"name":"EventError","message":"too small","data":0}}"#
        )
        #expect(try await client.emitWithAck("async", 4).description == "8")
        let answer = try await client.emitWithAck("save", Message(author: "a", text: "t"))
        #expect(try answer[0]?.decode() == Message(author: "t", text: "a"))
        #expect(try await client.emitWithAck("void", 1).isEmpty)
        #expect(try await client.emitWithAck("voidAsync", 1).isEmpty)
    }

    @Test func missingArgumentsAreNilAndMoreAreIgnored() async throws {
        let client = try await self.client { socket in
            socket.on("a") { (number: Int, text: String?) in socket.emit("b", "\(number) \(text ?? "nil")") }
        }
        try await client.emit("a", 1)
        try await client.emit("a", 2, "x")
        try await client.emit("a", 3, "x", true, [1])
        #expect(client.events == [#"b("1 nil")"#, #"b("2 x")"#, #"b("3 x")"#])
    }

    @Test func aPayloadThatDoesNotDecodeIsTheSendersError() async throws {
        let io = SocketIOServer()
        let notes = Notes()
        io.onError { notes.add("\($0.event ?? "-"): \($0.error)") }
        io.onConnection { socket in
            socket.on("a") { (_: Message) in socket.emit("never") }
            socket.on("async") { (_: Int, _: Message) async in socket.emit("never") }
        }
        let client = try await io.testClient()
        let wrong = try await client.emitWithAck("a", ["author": "x"]).description
        #expect(wrong.hasPrefix(#"{"error":{"name":"EventError","message":"argument 0"#))
        #expect(wrong.contains("text"))
        let missing = try await client.emitWithAck("async", 1).description
        #expect(missing.hasPrefix(#"{"error":{"name":"EventError","message":"argument 1"#))
        try await client.emit("a", 5)
        #expect(notes.all.count == 3)
        #expect(notes.all.allSatisfy { $0.hasPrefix("a: argument 0") || $0.hasPrefix("async: argument 1") })
        #expect(client.events.isEmpty)
        #expect(try await !client.isClosed())
    }

    @Test func aHandlerThatThrowsTellsTheClientNothingOfItsOwn() async throws {
        struct Secret: Error {}
        let io = SocketIOServer()
        let notes = Notes()
        io.onError { notes.add("\($0.event ?? "-"): \($0.error)") }
        io.onConnection { socket in
            socket.on("sync") { throw Secret() }
            socket.on("async") { () async throws -> Int in
                await Task.yield()
                throw Secret()
            }
        }
        let client = try await io.testClient()
        let expected = #"{"error":{"name":"EventError","message":"Internal error","code":"internal_error"}}"#
        #expect(try await client.emitWithAck("sync").description == expected)
        #expect(try await client.emitWithAck("async").description == expected)
        #expect(notes.all == ["sync: Secret()", "async: Secret()"])
    }

    @Test func anEventHasOneHandlerThatAnswers() async throws {
        let io = SocketIOServer()
        let notes = Notes()
        io.onError { notes.add("\($0.event ?? "-") \($0.socket == nil): \($0.error)") }
        let refused = "the event has a handler already that answers it; this one was not added"
        io.on("shared") { (_: Socket) -> Int in 1 }
        io.on("shared") { (_: Socket) async -> Int in 2 }
        io.on("shared") { (_: Socket) in notes.add("heard") }
        #expect(notes.all == ["shared true: \(refused)"])
        io.onConnection { socket in
            socket.on("own") { () -> Int in 3 }
            socket.on("own") { () -> Int in 4 }
            socket.once("shared") { () -> Int in 5 }
            socket.on("own") { notes.add("heard") }
        }
        let client = try await io.testClient()
        #expect(notes.all.dropFirst() == ["own false: \(refused)", "shared false: \(refused)"])
        #expect(try await client.emitWithAck("shared").description == "1")
        #expect(try await client.emitWithAck("own").description == "3")
        #expect(notes.all.suffix(2) == ["heard", "heard"])
    }

    @Test func undecodedArgumentsAreRelayedAsTheyCame() async throws {
        let client = try await self.client { socket in
            socket.on("message") { (arguments: SocketArguments) in socket.emit("message-back", arguments) }
            socket.on("message-with-ack") { (arguments: SocketArguments) -> SocketArguments in arguments }
            socket.on("one") { (x: SocketArgument) in socket.emit("one", x, "more") }
            socket.on("mixed") { (n: Int, x: SocketArgument, rest: SocketArguments) in
                socket.emit("mixed", rest, n, x)
            }
        }
        try await client.send(text: #"2["message",1, "2",{"3":[true], "x":1.0}]"#)
        try await client.send(text: #"2["message"]"#)
        try await client.send(text: #"2["one",{"a":"/"}]"#)
        try await client.send(text: #"2["one"]"#)
        try await client.send(text: #"2["mixed",1,[2],3,"4"]"#)
        try await client.send(text: #"27["message-with-ack",1,"2"]"#)
        #expect(
            client.events == [
                #"message-back(1, "2",{"3":[true], "x":1.0})"#,
                "message-back()",
                #"one({"a":"/"},"more")"#,
                #"one(null,"more")"#,
                #"mixed(3,"4",1,[2])"#,
            ]
        )
        #expect(client.received.last?.description == #"/ acknowledgement(7) 1,"2""#)
    }

    @Test func binaryIsRelayedWithItsPlaceholdersRenumbered() async throws {
        let client = try await self.client { socket in
            socket.on("a") { (x: SocketArgument) in
                socket.emit("b", ByteBuffer(bytes: [9]), x)
            }
            socket.on("fake") { (x: SocketArgument) in socket.emit("b", x, ByteBuffer(bytes: [9])) }
        }
        try await client.emit("a", [ByteBuffer(bytes: [1, 2]), ByteBuffer(bytes: [3])])
        let relayed = try await client.next("b")
        #expect(try relayed.arguments[0]?.decode() == ByteBuffer(bytes: [9]))
        #expect(try relayed.arguments[1]?.decode() == [ByteBuffer(bytes: [1, 2]), ByteBuffer(bytes: [3])])
        // What only looks like a placeholder must not become one in a packet with attachments.
        try await client.send(text: #"2["fake",{"_placeholder":true,"num":0}]"#)
        #expect(try await client.next("b").arguments.description == #"null,{"_placeholder":true,"num":0}"#)
    }

    @Test func binaryMayStandAnywhereInAValue() async throws {
        struct File: Codable, Sendable, Equatable { var name: String, bytes: [UInt8], preview: ByteBuffer }
        let client = try await self.client { socket in
            socket.on("save") { (file: File) -> File in File(name: "\(file.name)2", bytes: [5], preview: file.preview) }
        }
        let file = File(name: "a", bytes: [1, 2, 3], preview: ByteBuffer(bytes: [4]))
        let answer = try await client.emitWithAck("save", file)
        #expect(try answer[0]?.decode() == File(name: "a2", bytes: [5], preview: ByteBuffer(bytes: [4])))
    }

    @Test func severalHandlersOfOneEventRunInOrder() async throws {
        let notes = Notes()
        let client = try await self.client { socket in
            socket.on("a") { notes.add("1") }
            socket.on("a") { () async in
                await Task.yield()
                notes.add("2")
            }
            socket.on("a") { () -> Int in
                notes.add("3")
                return 7
            }
        }
        #expect(try await client.emitWithAck("a").description == "7")
        #expect(notes.all == ["1", "2", "3"])
    }

    @Test func onceIsOnceAndOffIsOff() async throws {
        let notes = Notes()
        let client = try await self.client { socket in
            socket.once("a") { notes.add("once") }
            socket.on("a") { notes.add("on") }
            socket.on("b") { notes.add("b") }
            socket.on("off a") { socket.off("a") }
            socket.on("off") { socket.off() }
        }
        try await client.emit("a")
        try await client.emit("a")
        try await client.emit("off a")
        try await client.emit("a")
        try await client.emit("b")
        try await client.emit("off")
        try await client.emit("b")
        #expect(notes.all == ["once", "on", "on", "b"])
    }

    @Test func onAnySeesEveryEventBeforeItsHandlers() async throws {
        let notes = Notes()
        let client = try await self.client { socket in
            socket.onAny { event, arguments in notes.add("any \(event)(\(arguments))") }
            socket.on("a") { (n: Int) in notes.add("a \(n)") }
        }
        try await client.emit("a", 1)
        try await client.emit("unheard", "x", 2)
        #expect(notes.all == ["any a(1)", "a 1", #"any unheard("x",2)"#])
    }

    enum Chat {
        static let said = Event<Message>("said")
        static let moved = Event<Int, Int>("moved")
    }

    @Test func declaredEventsAreCheckedOnBothSides() async throws {
        let client = try await self.client { socket in
            socket.on(Chat.said) { message in socket.emit(Chat.said, message) }
            socket.on(Chat.moved) { x, y in x + y }
            socket.once(Event<String>("once")) { text async in socket.broadcast.emit(Chat.moved, 1, text.count) }
        }
        try await client.emit("said", Message(author: "a", text: "t"))
        #expect(try await client.next("said").decode() == Message(author: "a", text: "t"))
        #expect(try await client.emitWithAck("moved", 2, 3).description == "5")
    }

    @Test func reservedNamesAreNotSent() async throws {
        let io = SocketIOServer()
        let notes = Notes()
        io.onError { notes.add($0.event ?? "-") }
        io.onConnection { socket in
            socket.emit("connect")
            socket.broadcast.emit("disconnect")
        }
        let client = try await io.testClient()
        #expect(client.events.isEmpty)
        #expect(notes.all == ["connect", "disconnect"])
    }

    @Test func whatCannotBeEncodedIsReportedAndNotSent() async throws {
        let io = SocketIOServer()
        let notes = Notes()
        io.onError { notes.add($0.event ?? "-") }
        io.onConnection { socket in
            socket.emit("nan", Double.nan)
            socket.emit("fine", 1)
        }
        let client = try await io.testClient()
        #expect(client.events == ["fine(1)"])
        #expect(notes.all == ["nan"])
    }
}
