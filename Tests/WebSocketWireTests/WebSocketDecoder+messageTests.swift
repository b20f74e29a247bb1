// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletTestSupport
import NIOCore
import Testing
import WebSocketWire

/// Fragments, text and limits: in the manner of Autobahn's groups 1, 5, 6 and 9.
@Suite struct WebSocketDecoderMessageTests {
    @Test func fragmentsMakeOneMessage() {
        let bytes =
            frame(.binary, [1], fin: false) + frame(.continuation, [], fin: false)
            + frame(.continuation, [2, 3], fin: false) + frame(.continuation, [4])
        #expect(decodeEverySplit(bytes) == Decoded(events: [.binary([1, 2, 3, 4])]))
    }

    @Test func emptyFragmentsMakeAnEmptyMessage() {
        let bytes = frame(.text, fin: false) + frame(.continuation, fin: false) + frame(.continuation)
        #expect(decodeEverySplit(bytes) == Decoded(events: [.text("")]))
    }

    @Test func controlFramesComeBetweenFragments() {
        let bytes =
            frame(.text, "one ", fin: false) + frame(.ping, [9]) + frame(.continuation, "two", fin: false)
            + frame(.pong, [8]) + frame(.continuation, " three")
        #expect(decodeEverySplit(bytes).events == [.ping([9]), .pong([8]), .text("one two three")])
    }

    @Test func closeBetweenFragmentsEndsAll() {
        let bytes = frame(.text, "one", fin: false) + frame(.close, [3, 233]) + frame(.continuation, "two")
        #expect(decodeEverySplit(bytes) == Decoded(events: [.close(.goingAway, reason: "")]))
    }

    @Test func continuationNeedsABeginning() {
        for fin in [true, false] {
            let decoded = decodeEverySplit(frame(.continuation, "x", fin: fin) + frame(.text, "y"))
            #expect(decoded.error?.closeCode == .protocolError)
            #expect(decoded.events.isEmpty)
        }
        let twice = frame(.text, "a", fin: false) + frame(.continuation, "b") + frame(.continuation, "c")
        #expect(decodeEverySplit(twice).events == [.text("ab")])
        #expect(decodeEverySplit(twice).error?.closeCode == .protocolError)
    }

    @Test func messageInsideAMessageIsRefused() {
        for opcode in [WebSocketOpcode.text, .binary] {
            let decoded = decodeEverySplit(frame(.text, "a", fin: false) + frame(opcode, "b"))
            #expect(decoded.error?.closeCode == .protocolError)
        }
    }

    @Test func textMayBeCutInsideACharacter() {
        let bytes = Array("κόσμε 😀".utf8)
        for cut in 0...bytes.count {
            let fragments = frame(.text, Array(bytes[..<cut]), fin: false) + frame(.continuation, Array(bytes[cut...]))
            #expect(Decoded([fragments]) == Decoded(events: [.text("κόσμε 😀")]))
            #expect(Decoded(fragments.map { [$0] }) == Decoded(events: [.text("κόσμε 😀")]))
        }
    }

    @Test(arguments: ["ce ba e1 bd b9 cf 83 ce bc ce b5 f4 90 80 80 65", "ed a0 80", "c0 af", "fe", "80", "e2 82"])
    func invalidTextIsRefused(bytes: String) {
        for fin in [true, false] {
            let decoded = decodeEverySplit(frame(.text, hex(bytes), fin: fin) + (fin ? [] : frame(.continuation)))
            #expect(decoded.error?.closeCode == .invalidPayloadData)
            #expect(decoded.events.isEmpty)
        }
    }

    /// Autobahn 6.4: at once, not when the message ends.
    @Test func invalidTextIsRefusedAtItsFirstBadByte() throws {
        let fragment = frame(.text, hex("ce ba f4 90 80 80 65"), fin: false)
        let bad = fragment.count - 7 + 3
        let unfinished = Decoded(fragment[..<bad].map { [$0] })
        #expect(unfinished.error == nil)
        #expect(Decoded([Array(fragment[..<bad]), [fragment[bad]]]).error?.closeCode == .invalidPayloadData)

        let first = frame(.text, hex("ce ba f4"), fin: false)
        #expect(Decoded([first]).error == nil)
        #expect(Decoded([first, frame(.continuation, hex("90"), fin: false)]).error?.closeCode == .invalidPayloadData)
    }

    @Test func invalidBytesAreFineInBinary() {
        #expect(decodeEverySplit(frame(.binary, hex("ff fe ed a0 80"))).events == [.binary(hex("ff fe ed a0 80"))])
    }

    @Test func tooBigIsRefusedAtTheHeader() {
        let limits = WebSocketLimits(maxMessageBytes: 10)
        #expect(decodeEverySplit(frame(.text, "0123456789"), limits: limits) == Decoded(events: [.text("0123456789")]))
        let header = Array(frame(.text, "0123456789a").prefix(6))
        let decoded = decodeEverySplit(header, limits: limits)
        #expect(decoded.error?.closeCode == .messageTooBig)

        let sum = frame(.text, "012345", fin: false) + frame(.continuation, "6789a").prefix(6)
        #expect(decodeEverySplit(sum, limits: limits).error?.closeCode == .messageTooBig)
        let largest = hex("82 ff 7f ff ff ff ff ff ff ff 00 00 00 00")
        #expect(decodeEverySplit(largest).error?.closeCode == .messageTooBig)
    }

    @Test func tooManyFragmentsAreRefused() {
        let limits = WebSocketLimits(maxFragments: 3)
        let three = frame(.text, fin: false) + frame(.continuation, fin: false)
        #expect(decodeEverySplit(three + frame(.continuation), limits: limits) == Decoded(events: [.text("")]))
        let four = three + frame(.continuation, fin: false) + frame(.continuation)
        #expect(decodeEverySplit(four, limits: limits).error?.closeCode == .policyViolation)
    }

    @Test func manyFragmentsOfOneByteCostOneBuffer() {
        var bytes = frame(.binary, [0], fin: false)
        let fragment = frame(.continuation, [1], fin: false)
        for _ in 0..<65_535 { bytes += fragment }
        bytes += frame(.continuation, [2])
        guard case .binary(let message)? = Decoded([bytes]).events.first else {
            Issue.record("no message")
            return
        }
        #expect(message.readableBytes == 65_537)
        #expect(message.capacity <= 131_072)
    }

    @Test func largeFrameInManyChunksIsNotQuadratic() throws {
        var decoder = WebSocketDecoder(role: .server, limits: .init(maxMessageBytes: 1 << 24))
        var scratch = ByteBuffer()
        let bytes = frame(.binary, [UInt8](repeating: 7, count: 1 << 24))
        var event: WebSocketEvent?
        for start in stride(from: 0, to: bytes.count, by: 1024) {
            decoder.feed(ByteBuffer(bytes: bytes[start..<min(start + 1024, bytes.count)]))
            event = try decoder.next(into: &scratch)
        }
        #expect(event == .binary([UInt8](repeating: 7, count: 1 << 24)))
    }
}
