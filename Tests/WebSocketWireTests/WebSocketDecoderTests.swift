// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletTestSupport
import NIOCore
import Testing
import WebSocketWire

/// RFC 6455, 5.7, and the shape of the stream.
@Suite struct WebSocketDecoderTests {
    @Test func singleMaskedTextFrame() {
        let decoded = decodeEverySplit(hex("81 85 37 fa 21 3d 7f 9f 4d 51 58"))
        #expect(decoded == Decoded(events: [.text("Hello")]))
    }

    @Test func singleUnmaskedTextFrameForAClient() {
        let decoded = decodeEverySplit(hex("81 05 48 65 6c 6c 6f"), role: .client)
        #expect(decoded == Decoded(events: [.text("Hello")]))
    }

    @Test func fragmentedUnmaskedTextForAClient() {
        let decoded = decodeEverySplit(hex("01 03 48 65 6c 80 02 6c 6f"), role: .client)
        #expect(decoded == Decoded(events: [.text("Hello")]))
    }

    @Test func unmaskedPingAndMaskedPong() {
        let ping = decodeEverySplit(hex("89 05 48 65 6c 6c 6f"), role: .client)
        #expect(ping == Decoded(events: [.ping(Array("Hello".utf8))]))
        let pong = decodeEverySplit(hex("8a 85 37 fa 21 3d 7f 9f 4d 51 58"))
        #expect(pong == Decoded(events: [.pong(Array("Hello".utf8))]))
    }

    @Test(arguments: [0, 1, 125, 126, 127, 128, 255, 256, 65_535, 65_536, 70_000])
    func binaryOfEveryLengthEncoding(length: Int) {
        let payload = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let expected = Decoded(events: [.binary(payload), .ping([])])
        let bytes = frame(.binary, payload) + frame(.ping)
        if length <= 256 {
            #expect(decodeEverySplit(bytes) == expected)
        } else {
            for cut in [1, 2, 3, 5, 9, 10, 13, 14, 15, 1000, length, bytes.count - 1] {
                #expect(Decoded([Array(bytes[..<cut]), Array(bytes[cut...])]) == expected)
            }
        }
    }

    @Test func lengthsNeedNotBeMinimal() {
        #expect(decodeEverySplit(hex("82 fe 00 01 00 00 00 00 2a")) == Decoded(events: [.binary([42])]))
        let longest = hex("82 ff 00 00 00 00 00 00 00 01 00 00 00 00 2a")
        #expect(decodeEverySplit(longest) == Decoded(events: [.binary([42])]))
    }

    @Test func manyFramesInOneChunkComeOutInOrder() {
        let bytes = frame(.text, "a") + frame(.binary, [1]) + frame(.ping, [2]) + frame(.pong, [3]) + frame(.text, "")
        let decoded = decodeEverySplit(bytes)
        #expect(decoded.events == [.text("a"), .binary([1]), .ping([2]), .pong([3]), .text("")])
    }

    @Test func severalFeedsBeforeOneRead() throws {
        var decoder = WebSocketDecoder(role: .server)
        var scratch = ByteBuffer()
        for byte in frame(.text, "slow") + frame(.text, "er") { decoder.feed(ByteBuffer(bytes: [byte])) }
        var events: [WebSocketEvent] = []
        while let event = try decoder.next(into: &scratch) { events.append(event) }
        #expect(events == [.text("slow"), .text("er")])
    }

    @Test func nothingIsDecodedAfterAClose() {
        let bytes = frame(.close, [3, 232]) + frame(.text, "late") + [0xFF, 0xFF]
        #expect(decodeEverySplit(bytes) == Decoded(events: [.close(.normalClosure, reason: "")]))
    }

    @Test func nothingIsDecodedAfterAnError() throws {
        var decoder = WebSocketDecoder(role: .server)
        var scratch = ByteBuffer()
        decoder.feed(ByteBuffer(bytes: [0x83, 0x80, 0, 0, 0, 0] + frame(.text, "late")))
        #expect(throws: WebSocketError.self) { _ = try decoder.next(into: &scratch) }
        let isFinished = decoder.isFinished
        #expect(isFinished)
        decoder.feed(ByteBuffer(bytes: frame(.text, "later")))
        let event = try decoder.next(into: &scratch)
        #expect(event == nil)
    }

    @Test func scratchIsReusedUnlessSomebodyKeepsASlice() throws {
        var decoder = WebSocketDecoder(role: .server)
        var scratch = ByteBufferAllocator().buffer(capacity: 4096)
        let storage = scratch.withVeryUnsafeBytes { $0.baseAddress }
        for _ in 0..<3 {
            decoder.feed(ByteBuffer(bytes: frame(.text, "one after the other")))
            _ = try decoder.next(into: &scratch)
            #expect(scratch.withVeryUnsafeBytes { $0.baseAddress } == storage)
        }
        decoder.feed(ByteBuffer(bytes: frame(.text, "kept") + frame(.text, "next")))
        let kept = try decoder.next(into: &scratch)
        let next = try decoder.next(into: &scratch)
        #expect(kept == .text("kept"))
        #expect(next == .text("next"))
        #expect(scratch.withVeryUnsafeBytes { $0.baseAddress } != storage)
    }

    @Test func claimedLengthAllocatesNothing() throws {
        let limits = WebSocketLimits(maxMessageBytes: 1 << 40)
        var decoder = WebSocketDecoder(role: .server, limits: limits)
        var scratch = ByteBuffer()
        // A terabyte announced, three bytes sent: were it believed, this would not come back.
        decoder.feed(ByteBuffer(bytes: hex("82 ff 00 00 00 ff ff ff ff ff 00 00 00 00 01 02 03")))
        let event = try decoder.next(into: &scratch)
        #expect(event == nil)
        let isFinished = decoder.isFinished
        #expect(!isFinished)
    }
}
