// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import SocketIOWire
import Testing

struct SocketPacketTests {
    @Test func aPacketOfAnotherFormIsFilledAndKept() {
        let packet = SocketPacket()
        var memory = ByteBuffer(string: "head|one|two!")
        memory.moveReaderIndex(forwardBy: 5)
        packet.fill(.event, namespace: "/a", ackID: 7, name: "say", payload: memory)
        packet.addArgument(0..<3)
        packet.addArgument(3..<8)
        let kept = packet.kept()
        packet.clear()
        memory.setString("spoilt, wholly", at: 0)

        #expect(kept.type == .event && kept.namespace == "/a" && kept.ackID == 7)
        #expect(kept.hasName && kept.eventName == "say")
        #expect(kept.arguments.map { String(buffer: $0) } == ["one", "|two!"])
        #expect(kept.argument(1).map { String(buffer: $0) } == "|two!")
        #expect(kept.copyOfArguments(from: 0) == Array("one|two!".utf8))
        #expect(kept.argument(2) == nil && kept.copyOfArguments(from: 2) == nil)
        #expect(packet.payload == nil && packet.arguments.isEmpty && !packet.hasName)
    }

    @Test func anAcknowledgementHasNoNameBeforeItsArguments() {
        let packet = SocketPacket()
        packet.fill(.ack, namespace: "/", ackID: 0, payload: ByteBuffer(string: "one"))
        packet.addArgument(0..<3)
        #expect(packet.eventName == nil)
        #expect(packet.argument(0) == ByteBuffer(string: "one") && packet.argument(1) == nil)
    }
}
