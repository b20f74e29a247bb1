// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEngine
import MartletEvents
import MartletTestSupport
import MartletTesting
import NIOCore
import NIOEmbedded
import SocketIOWire
import Testing

/// A server speaks another codec from its first packet to its last, and only the one who makes the server knows.
struct PacketCodecTests {
    private let io: SocketIOServer
    private let notes = Notes()

    init() {
        var configuration = SocketIOConfiguration()
        configuration.parser = Parser { _ in LengthCodec() }
        self.io = SocketIOServer(configuration: configuration)
    }

    private struct Point: Codable, Sendable {
        var x: Int
        var y: ByteBuffer
    }

    /// A client that has joined.
    private func client() throws -> LengthClient {
        let client = LengthClient(self.io)
        try client.send(.connect, nil, ["token": 7])
        #expect(client.received().map { $0.prefix(10) } == ["connect  ["])
        return client
    }

    @Test func aClientJoinsLeavesAndIsToldToLeave() throws {
        self.io.onConnection { [notes] socket in
            let auth: [String: Int]? = try? socket.handshake.auth.decode()
            notes.add("\(auth?["token"] ?? 0) \(socket.handshake.auth)")
            socket.onDisconnect { notes.add("\($0)") }
            socket.on("leave") { socket.disconnect() }
        }
        let client = try self.client()
        try client.send(.event, "leave")
        #expect(client.received() == ["disconnect  []"])
        try client.send(.connect)
        try client.send(.disconnect)
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
        try client.send(.event, ackID: 3, "point", Point(x: 1, y: ByteBuffer(string: "binary")))
        let point = #"{"x":1,"y":{"_placeholder":true,"num":0}}"#
        #expect(
            client.received()
                == ["event point [\(point),1.5]", "ack 3  [2]"])
        try client.send(.event, ackID: 4, "raw", Point(x: 2, y: ByteBuffer(string: "b")), "two", [3])
        let raw = point.replacing("1,", with: "2,")
        #expect(client.received() == [#"event raw [\#(raw),"two",[3]]"#, "ack 4  []"])
        try client.send(.event, ackID: 5, "wrong", "text")
        #expect(
            client.received() == [
                #"ack 5  [{"error":{"name":"EventError","message":"argument 0: Expected Int but found string instead.","code":"invalid_argument"}}]"#
            ])
        #expect(self.notes.all == ["1 binary -", #"\#(raw) 1 2 "two",[3]"#])
    }

    @Test func aQuestionIsAskedAndItsAnswerRead() throws {
        self.io.onConnection { [notes] socket in
            socket.emit("ask", 1, timeout: .seconds(1)) { (answer: Result<String, AcknowledgementError>) in
                notes.add("\((try? answer.get()) ?? "-")")
            }
        }
        let client = LengthClient(self.io)
        try client.send(.connect)
        #expect(client.received().last == "event 0 ask [1]")
        try client.send(.ack, ackID: 0, nil, "answer")
        #expect(self.notes.all == ["answer"])
    }

    @Test func aBroadcastIsOneMessageForAll() throws {
        let clients = [try self.client(), try self.client()]
        self.io.emit("all", "news", ByteBuffer(bytes: [1]))
        for client in clients {
            #expect(client.received() == [#"event all ["news",{"_placeholder":true,"num":0}]"#])
        }
    }

    @Test func aRefusalCarriesItsData() throws {
        self.io.use { _ in throw ConnectionRefused(message: "no", data: ["code": 4]) }
        let client = LengthClient(self.io)
        try client.send(.connect)
        #expect(client.received() == [#"connectError  ["no",{"code":4}]"#])
    }

    @Test func whatTheCodecRefusesClosesTheConnection() throws {
        let client = try self.client()
        client.send(text: "2[\"echo\"]")
        #expect(client.closeReason != nil)
        #expect(client.received().isEmpty)
    }

    @Test func argumentsGoFromOneCodecToTheOther() async throws {
        let json = SocketIOServer()
        let other = try await json.testClient()
        self.io.onConnection { socket in
            socket.emit("encoded", try? SocketArgument(encoding: ["a": [1, 2]]))
            socket.emit("constant", SocketArgument.null, SocketArgument.emptyObject, SocketArguments())
            socket.on("both") { (first: SocketArgument, rest: SocketArguments) in json.emit("both", first, rest) }
        }
        let client = LengthClient(self.io)
        try client.send(.connect)
        #expect(client.received().suffix(2) == [#"event encoded [{"a":[1,2]}]"#, "event constant [null,{}]"])
        try client.send(.event, "both", ByteBuffer(string: "one"), "two", Point(x: 3, y: ByteBuffer(string: "four")))
        await other.eventLoop.run()
        let first = #"{"_placeholder":true,"num":0}"#
        #expect(
            other.events == [#"both(\#(first),"two",{"x":3,"y":{"_placeholder":true,"num":1}})"#])
        #expect(other.received.last?.arguments.attachments.map { String(buffer: $0) } == ["one", "four"])
    }
}
