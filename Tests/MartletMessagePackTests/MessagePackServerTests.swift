// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEngine
import MartletEvents
import MartletMessagePack
import MartletTestSupport
import MartletTesting
import NIOCore
import NIOEmbedded
import Testing

/// A server that speaks MessagePack from its first packet to its last.
struct MessagePackServerTests {
    private let io: SocketIOServer
    private let notes = Notes()

    private struct Point: Codable, Sendable {
        var x: Int
        var y: ByteBuffer
    }

    init() {
        var configuration = SocketIOConfiguration()
        configuration.parser = .messagePack
        self.io = SocketIOServer(configuration: configuration)
    }

    /// A client that has joined.
    private func client() throws -> MessagePackClient {
        let client = MessagePackClient(self.io)
        try client.send(0, .object([.init(name: "token", value: .integer(7))]))
        #expect(try client.received().map { $0.prefix(33) } == [#"{"type":0,"nsp":"/","data":{"sid""#])
        return client
    }

    private static func point(_ x: Int64) -> ArgumentValue {
        .object([
            .init(name: "x", value: .integer(x)), .init(name: "y", value: .binary(ByteBuffer(string: "binary"))),
        ])
    }

    @Test func aClientJoinsLeavesAndIsToldToLeave() throws {
        self.io.onConnection { [notes] socket in
            let auth: [String: Int]? = try? socket.handshake.auth.decode()
            notes.add("\(auth?["token"] ?? 0) \(socket.handshake.auth)")
            socket.onDisconnect { notes.add("\($0)") }
            socket.on("leave") { socket.disconnect() }
        }
        let client = try self.client()
        try client.emit("leave")
        #expect(try client.received() == [#"{"type":1,"nsp":"/"}"#])
        try client.send(0)
        try client.send(1)
        #expect(
            self.notes.all == [
                #"7 {"token":7}"#, "\(DisconnectReason.serverNamespaceDisconnect)", "0 {}",
                "\(DisconnectReason.clientNamespaceDisconnect)",
            ])
        #expect(client.texts == 0)
    }

    @Test func eventsAreDecodedRelayedAndAnswered() throws {
        self.io.onConnection { [notes] socket in
            socket.on("point") { (point: Point, name: String?) in
                notes.add("\(point.x) \(String(buffer: point.y)) \(name ?? "-")")
                socket.emit("point", point, 1.5)
                return point.x + 1
            }
            socket.on("raw") { (first: SocketArgument, rest: SocketArguments) in
                notes.add("\(first) \(first.attachments.count) \(rest.count) \(rest)")
                socket.emit("raw", first, rest)
            }
            socket.on("wrong") { (_: Int) in }
        }
        let client = try self.client()
        try client.emit(id: 3, "point", Self.point(1))
        let point = #"{"x":1,"y":{"_placeholder":true,"num":0}}"#
        #expect(
            try client.received() == [
                #"{"type":2,"nsp":"/","data":["point",\#(point),1.5]}"#, #"{"type":3,"nsp":"/","id":3,"data":[2]}"#,
            ])
        try client.emit(id: 4, "raw", Self.point(2), .string("two"), .array([.integer(3)]))
        let raw = point.replacing("1,", with: "2,")
        #expect(
            try client.received() == [
                #"{"type":2,"nsp":"/","data":["raw",\#(raw),"two",[3]]}"#, #"{"type":3,"nsp":"/","id":4,"data":[]}"#,
            ])
        try client.emit(id: 5, "wrong", .string("text"))
        let error =
            #"{"error":{"name":"EventError","message":"argument 0: Expected Int but found string instead.","code":"invalid_argument"}}"#
        #expect(try client.received() == [#"{"type":3,"nsp":"/","id":5,"data":[\#(error)]}"#])
        #expect(self.notes.all == ["1 binary -", #"\#(raw) 1 2 "two",[3]"#])
    }

    @Test func aHandlerThatSuspendsGetsItsOwnCopy() async throws {
        self.io.onConnection { [notes] socket in
            socket.on("slow") { (text: SocketArgument, binary: ByteBuffer) async in
                await Task.yield()
                notes.add("\(text) \(String(buffer: binary))")
            }
        }
        let client = try self.client()
        for number in 1...3 {
            try client.emit("slow", .string("text \(number)"), .binary(ByteBuffer(string: "binary \(number)")))
        }
        let deadline = ContinuousClock.now + TestTime.limit
        while self.notes.all.count < 3, ContinuousClock.now < deadline {
            client.eventLoop.run()
            await Task.yield()
        }
        #expect(self.notes.all == (1...3).map { #""text \#($0)" binary \#($0)"# })
    }

    @Test func aQuestionIsAskedAndItsAnswerRead() throws {
        self.io.onConnection { [notes] socket in
            socket.emit("ask", 1, timeout: .seconds(1)) { (answer: Result<String, AcknowledgementError>) in
                notes.add("\((try? answer.get()) ?? "-")")
            }
        }
        let client = MessagePackClient(self.io)
        try client.send(0)
        #expect(try client.received().last == #"{"type":2,"nsp":"/","id":0,"data":["ask",1]}"#)
        try client.send(3, id: 0, .array([.string("answer")]))
        #expect(self.notes.all == ["answer"])
    }

    @Test func aBroadcastIsOneMessageForAll() throws {
        let clients = [try self.client(), try self.client()]
        self.io.emit("all", "news", ByteBuffer(bytes: [1]))
        for client in clients {
            #expect(
                try client.received() == [#"{"type":2,"nsp":"/","data":["all","news",{"_placeholder":true,"num":0}]}"#])
        }
    }

    @Test func aRefusalCarriesItsData() throws {
        self.io.of("/guarded").use { _ in throw ConnectionRefused(message: "no", data: ["code": 4]) }
        let client = MessagePackClient(self.io)
        try client.send(0, of: "/guarded")
        #expect(
            try client.received() == [#"{"type":4,"nsp":"/guarded","data":{"message":"no","data":{"code":4}}}"#])
    }

    @Test func aClientThatComesBackGetsWhatItMissed() throws {
        var configuration = SocketIOConfiguration()
        configuration.parser = .messagePack
        configuration.connectionStateRecovery = ConnectionStateRecovery()
        let io = SocketIOServer(configuration: configuration)
        io.onConnection { [notes] socket in notes.add("\(socket.recovered)") }
        let first = MessagePackClient(io)
        try first.send(0)
        let welcome = try #require(try first.received().first?.firstMatch(of: /"sid":"([^"]+)","pid":"([^"]+)"/))
        io.emit("news", 1)
        let event = try first.received().last
        let offset = try #require(event?.firstMatch(of: /"news",1,"([^"]+)"/)).1
        first.lose()
        io.emit("news", 2)
        let second = MessagePackClient(io, on: first.eventLoop)
        let claim = [("pid", String(welcome.2)), ("offset", String(offset))]
        try second.send(0, .object(claim.map { .init(name: $0.0, value: .string($0.1)) }))
        let received = try second.received()
        #expect(received.count == 2)
        // As in the reference server, what was missed comes first.
        #expect(received.first?.contains(#"["news",2,"#) == true)
        #expect(received.last?.contains(#""sid":"\#(welcome.1)""#) == true)
        #expect(self.notes.all == ["false", "true"])
    }

    @Test func whatTheParserRefusesClosesTheConnection() throws {
        let texting = try self.client()
        texting.send(text: "2[\"echo\"]")
        #expect(texting.closeReason != nil)
        let reserved = try self.client()
        try reserved.emit("disconnect")
        #expect(reserved.closeReason != nil)
        #expect(try texting.received().isEmpty && reserved.received().isEmpty)
    }

    @Test func argumentsGoFromOneParserToTheOther() async throws {
        let json = SocketIOServer()
        let other = try await json.testClient()
        self.io.onConnection { socket in
            socket.emit("encoded", try? SocketArgument(encoding: ["a": [1, 2]]))
            socket.emit("constant", SocketArgument.null, SocketArgument.emptyObject, SocketArguments())
            socket.on("both") { (first: SocketArgument, rest: SocketArguments) in json.emit("both", first, rest) }
        }
        let client = MessagePackClient(self.io)
        try client.send(0)
        #expect(
            try client.received().suffix(2) == [
                #"{"type":2,"nsp":"/","data":["encoded",{"a":[1,2]}]}"#,
                #"{"type":2,"nsp":"/","data":["constant",null,{}]}"#,
            ])
        try client.emit("both", .binary(ByteBuffer(string: "one")), .string("two"), Self.point(3))
        await other.eventLoop.run()
        let packet = try #require(other.received.last)
        #expect(
            packet.arguments.description
                == #"{"_placeholder":true,"num":0},"two",{"x":3,"y":{"_placeholder":true,"num":1}}"#)
        #expect(packet.arguments.attachments.map { String(buffer: $0) } == ["one", "binary"])
    }
}
