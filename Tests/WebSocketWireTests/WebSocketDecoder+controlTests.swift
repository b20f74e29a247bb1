// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletTestSupport
import NIOCore
import Testing
import WebSocketWire

/// Control frames: in the manner of Autobahn's groups 2 and 7.
@Suite struct WebSocketDecoderControlTests {
    @Test func pingsCarryUpTo125Bytes() {
        for count in [0, 1, 125] {
            let payload = [UInt8](repeating: 0xFE, count: count)
            #expect(decodeEverySplit(frame(.ping, payload)) == Decoded(events: [.ping(payload)]))
        }
        let tooLong = frame(.ping, [UInt8](repeating: 0xFE, count: 126))
        #expect(
            decodeEverySplit(tooLong) == Decoded(events: [], error: .init(.protocolError, "control frame too long")))
    }

    @Test(arguments: [WebSocketOpcode.ping, .pong, .close])
    func controlFramesAreNeverFragmented(opcode: WebSocketOpcode) {
        #expect(decodeEverySplit(frame(opcode, fin: false)).error?.closeCode == .protocolError)
    }

    @Test func closeWithoutPayload() {
        #expect(decodeEverySplit(frame(.close)) == Decoded(events: [.close(nil, reason: "")]))
    }

    @Test func closeOfOneByteIsRefused() {
        #expect(decodeEverySplit(frame(.close, [3])).error?.closeCode == .protocolError)
    }

    @Test func closeWithReason() {
        let reason = "Bye 😀" + String(repeating: ".", count: 115)
        let decoded = decodeEverySplit(frame(.close, [3, 232] + Array(reason.utf8)))
        #expect(decoded == Decoded(events: [.close(.normalClosure, reason: reason)]))
    }

    @Test func closeReasonMustBeUTF8() {
        #expect(decodeEverySplit(frame(.close, [3, 232, 0xCE])).error?.closeCode == .invalidPayloadData)
        #expect(decodeEverySplit(frame(.close, [3, 232] + hex("f4 90 80 80"))).error?.closeCode == .invalidPayloadData)
    }

    @Test(arguments: [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535] as [UInt16])
    func illegalCloseCodesAreRefused(code: UInt16) {
        let decoded = decodeEverySplit(frame(.close, [UInt8(code >> 8), UInt8(code & 0xFF)]))
        #expect(decoded.error?.closeCode == .protocolError)
    }

    @Test(
        arguments: [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1014, 3000, 3999, 4001, 4999]
            as [UInt16])
    func legalCloseCodesComeThrough(code: UInt16) {
        let decoded = decodeEverySplit(frame(.close, [UInt8(code >> 8), UInt8(code & 0xFF)]))
        #expect(decoded == Decoded(events: [.close(WebSocketCloseCode(rawValue: code), reason: "")]))
    }
}
