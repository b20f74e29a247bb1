// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEvents
import MartletMessagePack
import NIOCore
import SocketIOWire
import Testing

/// An argument is appended to a packet that has been encoded.
struct AppendingTests {
    @Test(arguments: [Parser.json, Parser.messagePack], ["/", "/chat"])
    func anArgumentIsAppended(_ parser: Parser, _ namespace: String) throws {
        let codec = makeCodec(parser)
        // Arrays of up to 15 elements have a shorter head than longer ones; the longest of that has 65,535.
        for count in [0, 1, 13, 14, 15, 16, 65_533, 65_534, 65_535] {
            let writer = codec.makeWriter()
            writer.begin(.event, of: namespace, ackID: nil, "event")
            for number in 0..<count { writer.encode(number) }
            writer.encode(ByteBuffer(bytes: [1, 2]))
            let packet = try writer.finish()
            let expected = codec.makeWriter()
            expected.begin(.event, of: namespace, ackID: nil, "event")
            for number in 0..<count { expected.encode(number) }
            expected.encode(ByteBuffer(bytes: [1, 2]))
            expected.encode("12-3")
            #expect(codec.appending("12-3", to: packet, of: namespace) == (try expected.finish()))
        }
    }

    @Test(arguments: [Parser.json, Parser.messagePack])
    func whatIsNoEventStaysAsItIs(_ parser: Parser) {
        let codec = makeCodec(parser)
        for bytes: [UInt8] in [[], [0x93], Array("2[\"a\"".utf8), [0xFF, 0x00]] {
            let packet = EncodedPacket(message: ByteBuffer(bytes: bytes), isBinary: codec.isBinary)
            #expect(codec.appending("1-1", to: packet, of: "/") == nil)
        }
    }
}
