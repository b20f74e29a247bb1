// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import EngineIOWire
import MartletTestSupport
import NIOCore
import Testing

@Suite struct EnginePayloadIteratorTests {
    private func packets(_ body: ByteBuffer, resumable: Bool = false, maxPackets: Int = 100) throws -> [EnginePacket] {
        var iterator = try EnginePayloadIterator(body, resumable: resumable, maxPackets: maxPackets)
        var packets: [EnginePacket] = []
        while let packet = try iterator.next() { packets.append(packet) }
        return packets
    }

    @Test func everyVectorIsSplit() throws {
        for vector in EngineVectors.all.payloads {
            let packets = try packets(vector.encoded.buffer.asSlice, resumable: vector.resumable)
            #expect(packets == vector.packets.map(\.packet), "\(vector.name)")
        }
    }

    @Test func everyVectorIsWritten() {
        for vector in EngineVectors.all.payloads {
            var buffer = ByteBuffer()
            for (index, packet) in vector.packets.enumerated() {
                if index > 0 { EnginePacket.writeSeparator(into: &buffer) }
                packet.packet.writePolling(into: &buffer, resumable: vector.resumable)
            }
            #expect(buffer == vector.encoded.buffer, "\(vector.name)")
        }
    }

    @Test func everyInvalidVectorIsRefusedWithItsReason() {
        for vector in EngineVectors.all.invalidPayloads {
            #expect(throws: EngineIOError.parseError(vector.reason), "\(vector.name)") {
                try packets(vector.encoded.buffer)
            }
        }
    }

    @Test func onePacketTooManyIsRefused() throws {
        #expect(try packets(ByteBuffer("4\u{1e}4"), maxPackets: 2).count == 2)
        #expect(throws: EngineIOError.parseError("too many packets in a payload")) {
            try packets(ByteBuffer("4\u{1e}4\u{1e}4"), maxPackets: 2)
        }
    }

    @Test func nothingComesAfterAnError() throws {
        var iterator = try EnginePayloadIterator(ByteBuffer("x\u{1e}4a"), resumable: false)
        #expect(throws: EngineIOError.parseError("unknown packet type")) { try iterator.next() }
        #expect(try iterator.next() == nil)
    }

    @Test func whatIsLeftIsKeptWithoutTheMemoryItCameIn() throws {
        var network = ByteBufferAllocator().buffer(capacity: 64 << 10)
        network.writeString("4a\u{1e}4b\u{1e}4c")
        var iterator = try EnginePayloadIterator(network, resumable: false)
        #expect(try iterator.next() == .text(ByteBuffer("a")))
        iterator.retain()
        guard case .text(let text) = try iterator.next() else {
            Issue.record("no text")
            return
        }
        #expect(text == ByteBuffer("b"))
        #expect(text.storageCapacity < 1024)
        #expect(try iterator.next() == .text(ByteBuffer("c")))
        #expect(try iterator.next() == nil)
    }
}
