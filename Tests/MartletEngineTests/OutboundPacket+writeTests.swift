// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import EngineIOWire
import MartletEngine
import MartletEventStream
import MartletPolling
import NIOCore
import NIOEmbedded
import Testing

struct OutboundPacketWriteTests {
    private static let context = LoopContext(eventLoop: EmbeddedEventLoop())

    private static func shared(_ payload: ByteBuffer, isBinary: Bool = false) -> OutboundPacket {
        .shared(SharedMessage(payload: payload, isBinary: isBinary, on: self.context))
    }

    private static var forms: [(OutboundPacket, polling: String, eventStream: String)] {
        [
            (.text("hello"), "4hello", "data: 4hello\n\n"),
            (.binary(ByteBuffer(bytes: [1, 2, 3])), "bAQID", "data: bAQID\n\n"),
            (.control(.ping("")), "2", "data: 2\n\n"),
            (.control(.noop("")), "6", "data: 6\n\n"),
            (.control(.close("")), "1", "data: 1\n\n"),
            (Self.shared("a"), "4a", "data: 4a\n\n"),
            (Self.shared(ByteBuffer(bytes: [255]), isBinary: true), "b/w==", "data: b/w==\n\n"),
        ]
    }

    @Test func aPacketHasAFormOnEachTransportOfHTTPRequests() {
        for (packet, polling, eventStream) in Self.forms {
            for _ in 0..<2 {
                var buffer = ByteBuffer(string: ">")
                packet.writePolling(into: &buffer)
                #expect(String(buffer: buffer) == ">" + polling)
                buffer = ByteBuffer(string: ">")
                packet.writeEventStream(into: &buffer)
                #expect(String(buffer: buffer) == ">" + eventStream)
            }
        }
    }

    /// The same message in sessions of both kinds: what one cannot carry has a form in the other.
    @Test func aMessageForManyHasAFormOfItsOwnInLosslessSessions() {
        let packet = Self.shared("a\u{1e}b")
        for _ in 0..<2 {
            var plain = ByteBuffer()
            packet.writePolling(into: &plain)
            #expect(String(buffer: plain) == "4a\u{1e}b")
            var lossless = ByteBuffer()
            packet.writePolling(into: &lossless, lossless: true)
            #expect(String(buffer: lossless) == "tYR5i")
        }
    }

    @Test func aRetainedPacketDoesNotChangeWithTheMemoryItCameFrom() {
        var scratch = ByteBuffer(string: "hello")
        let slice = scratch
        for retained in [OutboundPacket.text(slice).retained(), .binary(slice).retained()] {
            guard case .text(let kept) = retained else {
                guard case .binary(let kept) = retained else { continue }
                #expect(kept.storageAddress != slice.storageAddress)
                continue
            }
            #expect(kept.storageAddress != slice.storageAddress)
            #expect(String(buffer: kept) == "hello")
        }
        scratch.clear()
    }
}

extension ByteBuffer {
    fileprivate var storageAddress: UnsafeRawPointer? {
        self.withUnsafeReadableBytes { $0.baseAddress }
    }
}
