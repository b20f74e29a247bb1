// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletTestSupport
import NIOCore
import Testing
import WebSocketWire

@Suite struct WebSocketFrameTests {
    @Test func framesOfTheSpecification() {
        let hello = Array("Hello".utf8)
        #expect(frame(.text, hello, from: .server) == hex("81 05 48 65 6c 6c 6f"))
        #expect(frame(.text, hello, key: 0x3D21_FA37) == hex("81 85 37 fa 21 3d 7f 9f 4d 51 58"))
        #expect(frame(.text, Array("Hel".utf8), fin: false, from: .server) == hex("01 03 48 65 6c"))
        #expect(frame(.continuation, Array("lo".utf8), from: .server) == hex("80 02 6c 6f"))
        #expect(frame(.ping, hello, from: .server) == hex("89 05 48 65 6c 6c 6f"))
        #expect(frame(.binary, [UInt8](repeating: 0, count: 256), from: .server).starts(with: hex("82 7e 01 00 00")))
        let long = frame(.binary, [UInt8](repeating: 0, count: 65_536), from: .server)
        #expect(long.starts(with: hex("82 7f 00 00 00 00 00 01 00 00 00")))
    }

    @Test(arguments: [0, 1, 125, 126, 65_535, 65_536, 1 << 33])
    func headerSizeIsWhatIsWritten(length: Int) {
        for mask in [nil, WebSocketMask(key: 1)] {
            var buffer = ByteBuffer()
            WebSocketFrame.writeHeader(opcode: .binary, payloadLength: length, mask: mask, into: &buffer)
            #expect(buffer.readableBytes == WebSocketFrame.headerSize(payloadLength: length, isMasked: mask != nil))
        }
    }

    @Test func everyKindOfPayloadGivesTheSameFrame() {
        let payload = ByteBuffer(string: "payload")
        for mask in [nil, WebSocketMask(key: 0x0102_0304)] {
            var (one, two, three) = (ByteBuffer(), ByteBuffer(), ByteBuffer())
            WebSocketFrame.write(opcode: .text, rsv1: true, payload: payload, mask: mask, into: &one)
            WebSocketFrame.write(opcode: .text, rsv1: true, payload: payload.readableBytesView, mask: mask, into: &two)
            payload.withUnsafeReadableBytes {
                WebSocketFrame.write(opcode: .text, rsv1: true, payload: $0, mask: mask, into: &three)
            }
            #expect(one == two)
            #expect(one == three)
            #expect(one.getInteger(at: 0) == UInt8(0xC1))
        }
    }

    @Test func framesAreAppended() {
        var buffer = ByteBuffer()
        WebSocketFrame.writePing(into: &buffer)
        WebSocketFrame.writePong(ByteBuffer(bytes: [7]), into: &buffer)
        WebSocketFrame.writeClose(nil, into: &buffer)
        #expect(Array(buffer: buffer) == hex("89 00 8a 01 07 88 00"))
    }

    @Test func controlPayloadsAreCutTo125Bytes() {
        var buffer = ByteBuffer()
        WebSocketFrame.writePong(ByteBuffer(repeating: 1, count: 200), into: &buffer)
        #expect(buffer.readableBytes == 127)
    }

    @Test func closeReasonIsCutAtACharacter() {
        var buffer = ByteBuffer()
        let reason = String(repeating: "x", count: 121) + "é…"
        WebSocketFrame.writeClose(.goingAway, reason: reason, into: &buffer)
        let decoded = Decoded([Array(buffer: buffer)], role: .client)
        #expect(decoded.events == [.close(.goingAway, reason: String(repeating: "x", count: 121) + "é")])
    }

    @Test(arguments: [.noStatusReceived, .abnormalClosure, .tlsHandshake] as [WebSocketCloseCode])
    func codesThatMustNotBeSentAreNot(code: WebSocketCloseCode) {
        var buffer = ByteBuffer()
        WebSocketFrame.writeClose(code, reason: "gone", into: &buffer)
        #expect(Array(buffer: buffer) == hex("88 00"))
    }

    @Test func maskedCloseRoundTrips() {
        var buffer = ByteBuffer()
        WebSocketFrame.writeClose(.sessionUnknown, reason: "Session ID unknown", mask: .init(key: 99), into: &buffer)
        let decoded = decodeEverySplit(Array(buffer: buffer))
        #expect(decoded.events == [.close(.sessionUnknown, reason: "Session ID unknown")])
    }
}
