// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Logging
import MartletEngine
import MartletTestSupport
import MartletTesting
import NIOConcurrencyHelpers
import NIOCore
import Testing

@testable import MartletEvents

struct ClusterMessageTests {
    private let operation = ClusterOperation.broadcast(
        EncodedPacket(
            message: ByteBuffer(#"52-["x",{"_placeholder":true,"num":1},{"_placeholder":true,"num":0}]"#),
            isBinary: false, attachments: [ByteBuffer("one"), ByteBuffer("")]),
        BroadcastTarget()
    )

    private func written() throws -> ByteBuffer {
        try ClusterMessage(from: "node", self.operation).written()
    }

    @Test func aMessageIsAHeadAndItsParts() throws {
        let message = try self.written()
        #expect(Array(message.readableBytesView.prefix(2)) == [UInt8(ascii: "M"), 1])
        let read = try ClusterMessage<ClusterOperation>(reading: message)
        #expect(read.from == "node")
        guard case .broadcast(let packet, let target) = read.body, case .broadcast(let sent, _) = self.operation else {
            throw NothingHappened(what: "another operation")
        }
        #expect(packet == sent)
        #expect(target == BroadcastTarget())
    }

    @Test func noPartOfAMessageIsAMessage() throws {
        let message = try self.written()
        for length in 0..<message.readableBytes {
            #expect(throws: (any Error).self) {
                _ = try ClusterMessage<ClusterOperation>(reading: try #require(message.getSlice(at: 0, length: length)))
            }
        }
    }

    @Test func otherVersionsAreNotRead() throws {
        var message = try self.written()
        message.setInteger(UInt8(2), at: 1)
        #expect(throws: ClusterMessageError.self) { _ = try ClusterMessage<ClusterOperation>(reading: message) }
        message.setInteger(UInt8(1), at: 0)
        #expect(throws: ClusterMessageError.self) { _ = try ClusterMessage<ClusterOperation>(reading: message) }
    }

    /// Whatever comes from the bus, the server goes on, and its clients get no packet that they cannot read.
    @Test(arguments: [1, 2, 3])
    func garbageIsDropped(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let bus = InProcessBus()
        let io = SocketIOServer()
        let node = io.cluster(bus, clock: ManualClock()).nodeID
        let client = try await io.testClient()
        let channels = ["martlet", "martlet/", "martlet#\(node)"]
        var messages = [try self.written()]
        let target = BroadcastTarget()
        let question = EncodedPacket(message: ByteBuffer(#"["q",1]"#), isBinary: false)
        let operations: [ClusterOperation] = [
            .perform(.join(["a"]), target), .ask(question, target, milliseconds: .max, question: 1),
            .count(target, question: .max), .describe(target, question: -1),
            .serverSide(
                ServerSideEvent("x", try JSONArguments(1, using: JSONArgumentCoder())), question: 1),
        ]
        for operation in operations { messages.append(try ClusterMessage(from: "node", operation).written()) }
        let answers: [ClusterAnswer.Body] = [
            .count(.max), .sockets([]), .asking(sockets: ["a"]), .asked, .answered(socket: "a", .failure(.failed, "")),
        ]
        for body in answers {
            messages.append(try ClusterMessage(from: "node", ClusterAnswer(question: 1, body: body)).written())
        }
        messages.append(try ClusterMessage(from: "node", ClusterMembership.heartbeat(namespaces: ["/"])).written())
        for round in 0..<3000 {
            var message = messages[round % messages.count]
            for _ in 0..<Int.random(in: 0...3, using: &random) where message.readableBytes > 0 {
                let index = Int.random(in: 0..<message.readableBytes, using: &random)
                message.setInteger(UInt8.random(in: 0...255, using: &random), at: index)
            }
            if round % 5 == 0 { message = message.getSlice(at: 0, length: round % 50) ?? message }
            bus.publish(message, to: channels[round % channels.count])
        }
        io.emit("end")
        _ = try await client.next("end")
        #expect(!client.lines.contains { $0.contains("invalid") })
    }

    @Test(arguments: [
        #"2/other,["x"]"#, #"3["x"]"#, "0", "2", #"2["x""#, #"51-["x",{"_placeholder":true,"num":0}]"#, "2[\"\u{1}\"]",
    ])
    func whatIsNoPacketIsNotBroadcast(text: String) async throws {
        let bus = InProcessBus()
        let io = SocketIOServer()
        io.cluster(bus)
        let client = try await io.testClient()
        func publish(_ packet: EncodedPacket) throws {
            let operation = ClusterOperation.broadcast(packet, BroadcastTarget())
            bus.publish(try ClusterMessage(from: "node", operation).written(), to: "martlet/")
        }
        try publish(EncodedPacket(message: ByteBuffer(text), isBinary: false))
        let notUTF8 = ByteBuffer(bytes: Array(#"2["x"#.utf8) + [0xff] + Array(#""]"#.utf8))
        try publish(EncodedPacket(message: notUTF8, isBinary: false))
        try publish(EncodedPacket(message: ByteBuffer(#"2["x"]"#), isBinary: true))
        try publish(EncodedPacket(message: ByteBuffer(#"2["x"]"#), isBinary: false, attachments: [ByteBuffer("a")]))
        try publish(EncodedPacket(message: ByteBuffer(#"2["end"]"#), isBinary: false))
        _ = try await client.next("end")
        #expect(client.events == ["end()"])
    }

    @Test func nodesAreNotCountedWithoutEnd() {
        var nodes = ClusterNodes()
        var newNodes = 0
        for number in 0...ClusterNodes.limit where nodes.update("\(number)", namespaces: ["/"]) { newNodes += 1 }
        #expect(newNodes == ClusterNodes.limit)
        #expect(nodes.count == ClusterNodes.limit)
    }
}
