// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletTestSupport
import NIOCore
import Testing
import WebSocketWire

/// Compressed messages through the decoder: the examples of RFC 7692, 7.2.3, and what attackers send.
@Suite struct InflaterTests {
    private static let plain = PerMessageDeflateParameters()
    private static let noTakeover = PerMessageDeflateParameters(clientNoContextTakeover: true)

    private func compressed(_ payload: String, fin: Bool = true) -> [UInt8] {
        frame(.text, hex(payload), fin: fin, rsv1: true)
    }

    @Test func oneCompressedBlock() {
        let decoded = decodeEverySplit(compressed("f2 48 cd c9 c9 07 00"), deflate: Self.plain)
        #expect(decoded == Decoded(events: [.text("Hello")]))
    }

    @Test func fragmentedCompressedMessage() {
        let bytes = compressed("f2 48 cd", fin: false) + frame(.ping) + frame(.continuation, hex("c9 c9 07 00"))
        #expect(decodeEverySplit(bytes, deflate: Self.plain) == Decoded(events: [.ping([]), .text("Hello")]))
    }

    @Test func sharedWindow() {
        let bytes = compressed("f2 48 cd c9 c9 07 00") + compressed("f2 00 11 00 00")
        #expect(decodeEverySplit(bytes, deflate: Self.plain) == Decoded(events: [.text("Hello"), .text("Hello")]))
        let decoded = decodeEverySplit(bytes, deflate: Self.noTakeover)
        #expect(
            decoded == Decoded(events: [.text("Hello")], error: .init(.invalidPayloadData, "invalid compressed data")))
    }

    @Test func blockWithoutCompression() {
        let bytes = compressed("00 05 00 fa ff 48 65 6c 6c 6f 00")
        #expect(decodeEverySplit(bytes, deflate: Self.plain) == Decoded(events: [.text("Hello")]))
    }

    @Test func blockMarkedAsTheLast() {
        let bytes = compressed("f3 48 cd c9 c9 07 00 00") + compressed("f2 00 11 00 00")
        #expect(decodeEverySplit(bytes, deflate: Self.plain) == Decoded(events: [.text("Hello"), .text("Hello")]))
    }

    @Test func twoBlocks() {
        let bytes = compressed("f2 48 05 00 00 00 ff ff ca c9 c9 07 00")
        #expect(decodeEverySplit(bytes, deflate: Self.plain) == Decoded(events: [.text("Hello")]))
    }

    @Test func blocksAfterTheLastReferBack() {
        // "Hello" in a block marked as the last, then "Hello" again as a reference into it.
        let bytes = compressed("f3 48 cd c9 c9 07 00 f2 00 11 00 00")
        #expect(decodeEverySplit(bytes, deflate: Self.noTakeover) == Decoded(events: [.text("HelloHello")]))
    }

    @Test func emptyMessages() {
        let bytes =
            compressed("00") + compressed("02 00") + compressed("") + frame(.text) + compressed("f2 48 cd c9 c9 07 00")
        for deflate in [Self.plain, Self.noTakeover] {
            let decoded = decodeEverySplit(bytes, deflate: deflate)
            #expect(decoded == Decoded(events: [.text(""), .text(""), .text(""), .text(""), .text("Hello")]))
        }
    }

    @Test func uncompressedMessagesComeBetween() {
        let bytes = compressed("f2 48 cd c9 c9 07 00") + frame(.text, "plain") + compressed("f2 00 11 00 00")
        let decoded = decodeEverySplit(bytes, deflate: Self.plain)
        #expect(decoded.events == [.text("Hello"), .text("plain"), .text("Hello")])
    }

    @Test(arguments: [
        "ff ff ff", "f2 48 cd c9", "06 00", "00 05 00 00 00 48", "f3 48 cd c9 c9 07 00", "00 05 00 fa ff 48 65",
    ])
    func damagedDataIsRefused(payload: String) {
        for deflate in [Self.plain, Self.noTakeover] {
            let decoded = decodeEverySplit(compressed(payload) + frame(.text, "late"), deflate: deflate)
            #expect(decoded.events.isEmpty)
            #expect(decoded.error?.closeCode == .invalidPayloadData)
        }
    }

    @Test func textIsCheckedAfterInflating() {
        // A stored block of ce ba f4 90 in two fragments: bad as soon as 90 is there.
        let bytes = compressed("00 04 00 fb ff ce ba f4", fin: false) + frame(.continuation, hex("90"), fin: false)
        #expect(decodeEverySplit(bytes, deflate: Self.plain).error == .init(.invalidPayloadData, "invalid UTF-8"))
    }

    @Test func bombsStopAtTheLimit() throws {
        let pool = DeflatePool()
        let deflater = Deflater(parameters: Self.plain, configuration: .init(level: 9), role: .client, pool: pool)
        var payload = ByteBuffer()
        try [UInt8](repeating: 0, count: 1 << 26).withUnsafeBytes { try deflater.compress($0, into: &payload) }
        #expect(payload.readableBytes < 70_000)

        let bytes = frame(.binary, Array(buffer: payload), rsv1: true)
        var decoder = WebSocketDecoder(
            role: .server, inflater: Inflater(parameters: Self.plain, role: .server, pool: pool))
        var scratch = ByteBuffer()
        decoder.feed(ByteBuffer(bytes: bytes))
        #expect(throws: WebSocketError(.messageTooBig, "message too big")) { _ = try decoder.next(into: &scratch) }
        #expect(scratch.capacity <= 1 << 20)
    }

    @Test func noLimitAtAllIsALimitToo() {
        let bytes = compressed("f2 48 cd c9 c9 07 00")
        let decoded = decodeEverySplit(bytes, limits: .init(maxMessageBytes: .max), deflate: Self.plain)
        #expect(decoded == Decoded(events: [.text("Hello")]))
    }

    @Test func limitIsExact() throws {
        let limits = WebSocketLimits(maxMessageBytes: 5)
        let five = compressed("f2 48 cd c9 c9 07 00")
        #expect(decodeEverySplit(five, limits: limits, deflate: Self.plain) == Decoded(events: [.text("Hello")]))
        let tight = WebSocketLimits(maxMessageBytes: 4)
        #expect(decodeEverySplit(five, limits: tight, deflate: Self.plain).error?.closeCode == .messageTooBig)
    }

    @Test func whatIsTooBigAndBrokenAfterwardsIsTooBigHoweverItIsCut() {
        // 101 letters, then a code that stands for nothing: zlib reports it together with the last letter.
        let bytes = compressed("4a a4 07 18 03")
        for (limit, code) in [(100, WebSocketCloseCode.messageTooBig), (101, .invalidPayloadData)] {
            let decoded = decodeEverySplit(bytes, limits: .init(maxMessageBytes: limit), deflate: Self.plain)
            #expect(decoded.error?.closeCode == code)
        }
    }

    @Test func emptyBlocksWithoutEndAreRefused() {
        // They inflate to nothing, so only the compressed size bounds them.
        let header = Array(frame(.binary, [UInt8](repeating: 0, count: 2000), rsv1: true).prefix(8))
        let decoded = decodeEverySplit(header, limits: .init(maxMessageBytes: 100), deflate: Self.plain)
        #expect(decoded.error?.closeCode == .messageTooBig)
    }

    @Test func incompressibleMessageOfFullSizeFits() throws {
        var generator = SeededGenerator(seed: 6)
        let message = generator.bytes(100_000)
        let pool = DeflatePool()
        let deflater = Deflater(parameters: Self.plain, configuration: .init(memLevel: 1), role: .client, pool: pool)
        var payload = ByteBuffer()
        try message.withUnsafeBytes { try deflater.compress($0, into: &payload) }
        #expect(payload.readableBytes > message.count)
        let bytes = frame(.binary, Array(buffer: payload), rsv1: true)
        let decoded = Decoded([bytes], limits: .init(maxMessageBytes: message.count), deflate: Self.plain)
        #expect(decoded == Decoded(events: [.binary(message)]))
    }

    @Test func releasedContextKeepsTheHistory() throws {
        let pool = DeflatePool()
        let inflater = Inflater(parameters: Self.plain, role: .server, pool: pool)
        var decoder = WebSocketDecoder(role: .server, inflater: inflater)
        var scratch = ByteBuffer()
        for payload in ["f2 48 cd c9 c9 07 00", "f2 00 11 00 00", "f2 00 11 00 00"] {
            decoder.feed(ByteBuffer(bytes: compressed(payload)))
            let event = try decoder.next(into: &scratch)
            #expect(event == .text("Hello"))
            inflater.releaseContext()
        }
    }

    @Test func connectionsWithoutTakeoverShareAContext() throws {
        let pool = DeflatePool()
        for _ in 0..<10 {
            let inflater = Inflater(parameters: Self.noTakeover, role: .server, pool: pool)
            var decoder = WebSocketDecoder(role: .server, inflater: inflater)
            var scratch = ByteBuffer()
            decoder.feed(ByteBuffer(bytes: compressed("f2 48 cd c9 c9 07 00")))
            _ = try decoder.next(into: &scratch)
            #expect(pool.idleCount == 1)
        }
    }
}
