// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletTestSupport
import NIOCore
import Testing
import WebSocketWire

/// What a header alone can get wrong: in the manner of Autobahn's groups 3 and 4.
@Suite struct WebSocketFrameHeaderTests {
    @Test(arguments: [0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70] as [UInt8])
    func reservedBitsAreRefused(bits: UInt8) {
        for opcode in [WebSocketOpcode.text, .binary, .ping, .close] {
            var bytes = frame(.text, "before") + frame(opcode, "Hi")
            bytes[12] |= bits
            let decoded = decodeEverySplit(bytes)
            #expect(decoded.events == [.text("before")])
            #expect(decoded.error?.closeCode == .protocolError)
        }
    }

    @Test(arguments: [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] as [UInt8])
    func reservedOpcodesAreRefused(opcode: UInt8) {
        for payload in [[], [1]] as [[UInt8]] {
            var bytes = frame(.text, payload)
            bytes[0] = 0x80 | opcode
            #expect(decodeEverySplit(bytes).error?.closeCode == .protocolError)
        }
    }

    @Test func serverWantsMaskedFrames() {
        let decoded = decodeEverySplit(frame(.text, [65], from: .server), role: .server)
        #expect(decoded == Decoded(events: [], error: .init(.protocolError, "frame not masked")))
    }

    @Test func clientWantsUnmaskedFrames() {
        let decoded = decodeEverySplit(frame(.text, [65], from: .client), role: .client)
        #expect(decoded == Decoded(events: [], error: .init(.protocolError, "frame masked")))
    }

    @Test func lengthWithTheTopBitIsRefused() {
        let decoded = decodeEverySplit(hex("82 ff 80 00 00 00 00 00 00 00 00 00 00 00"))
        #expect(decoded == Decoded(events: [], error: .init(.protocolError, "length out of range")))
    }

    @Test func rsv1NeedsDeflate() {
        #expect(decodeEverySplit(frame(.text, [0], rsv1: true)).error?.closeCode == .protocolError)
    }

    @Test func rsv1StandsOnTheFirstFrameOnly() {
        let deflate = PerMessageDeflateParameters()
        let continuation = frame(.text, [65], fin: false) + frame(.continuation, [0], rsv1: true)
        #expect(decodeEverySplit(continuation, deflate: deflate).error?.closeCode == .protocolError)
        #expect(decodeEverySplit(frame(.ping, rsv1: true), deflate: deflate).error?.closeCode == .protocolError)
    }
}
