// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import EngineIOWire
import MartletTestSupport
import NIOCore
import Testing

@Suite struct EnginePacketTests {
    @Test func everyVectorIsDecoded() throws {
        for vector in EngineVectors.all.packets where !vector.form.hasPrefix("sse") {
            let decoded: EnginePacket =
                if vector.form == "websocket" {
                    vector.encoded.isBinary
                        ? .binary(vector.encoded.buffer) : try .decode(text: vector.encoded.buffer.asSlice)
                } else {
                    try .decodePollingPacket(
                        vector.encoded.buffer.asSlice, resumable: vector.form.hasSuffix("resumable"))
                }
            #expect(decoded == vector.packet.packet, "\(vector.name)")
        }
    }

    @Test func everyVectorIsWritten() {
        for vector in EngineVectors.all.packets where vector.decodeOnly != true && !vector.encoded.isBinary {
            var buffer = ByteBuffer()
            let packet = vector.packet.packet
            let isResumable = vector.form.hasSuffix("resumable")
            if vector.form == "websocket" {
                packet.writeText(into: &buffer)
            } else if vector.form.hasPrefix("sse") {
                packet.writeEventStream(into: &buffer, resumable: isResumable)
            } else {
                packet.writePolling(into: &buffer, resumable: isResumable)
            }
            #expect(buffer == vector.encoded.buffer, "\(vector.name)")
        }
    }

    @Test func everyInvalidVectorIsRefusedWithItsReason() {
        for vector in EngineVectors.all.invalid {
            #expect(throws: EngineIOError.parseError(vector.reason), "\(vector.name)") {
                if vector.form == "websocket" {
                    try EnginePacket.decode(text: vector.encoded.buffer)
                } else {
                    try EnginePacket.decodePollingPacket(
                        vector.encoded.buffer, resumable: vector.form == "polling-resumable")
                }
            }
        }
    }

    @Test func whatIsWrittenIsDecodedAgain() throws {
        var random = SeededGenerator(seed: 1)
        for _ in 0..<2000 {
            let bytes = ByteBuffer(
                bytes: (0..<Int.random(in: 0..<40, using: &random)).map { _ in
                    UInt8.random(in: 0...127, using: &random)
                })
            for packet in [.text(bytes), .binary(bytes), .ping(bytes), .pong(bytes), .noop(bytes), .close(bytes)]
                as [EnginePacket]
            {
                var buffer = ByteBuffer()
                packet.writePolling(into: &buffer, resumable: true)
                #expect(try EnginePacket.decodePollingPacket(buffer, resumable: true) == packet)
                buffer.clear()
                packet.writeText(into: &buffer)
                #expect(try EnginePacket.decode(text: buffer) == packet)
            }
        }
    }

    @Test func randomBytesNeverTrap() {
        var random = SeededGenerator(seed: 2)
        for _ in 0..<20_000 {
            var bytes = (0..<Int.random(in: 0..<24, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            if let type = "0123456bt".utf8.randomElement(using: &random), !bytes.isEmpty { bytes[0] = type }
            _ = try? EnginePacket.decodePollingPacket(ByteBuffer(bytes: bytes), resumable: true)
        }
    }

    @Test func onlyMessagesAreMessages() {
        #expect(EnginePacket.text(ByteBuffer()).isMessage)
        #expect(EnginePacket.binary(ByteBuffer()).isMessage)
        for packet in [
            .ping(ByteBuffer()), .pong(ByteBuffer()), .noop(ByteBuffer()), .open(ByteBuffer()), .close(ByteBuffer()),
            .upgrade,
        ] as [EnginePacket] {
            #expect(!packet.isMessage)
        }
    }

    @Test func whatFollowsAnUpgradeIsIgnoredAsInTheReference() throws {
        #expect(try EnginePacket.decode(text: ByteBuffer("5x")) == .upgrade)
    }
}
